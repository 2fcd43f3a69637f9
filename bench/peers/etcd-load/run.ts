import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Load } from '../../raft-cluster/client.js';
import type { LoadOptions } from '../../raft-cluster/cluster.js';
import { Scratch } from '../../raft-cluster/scratch.js';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.', import.meta.url));
const binary = `${folder}etcd-load`;

/** How long three members may take to elect a leader. */
const START_MS = 20_000;

/** A cluster of etcd in three processes, and the Go program beside this file, which loads it. */
export class Etcd {
  /** `name@version`. */
  readonly name: string;
  readonly #scratch = new Scratch('etcd');
  #leader = '';

  private constructor(name: string) {
    this.name = name;
  }

  /** `null`, with a word on standard error, where etcd, Go or the sources of its client are missing. */
  static async start(): Promise<Etcd | null> {
    let etcd: Etcd | null = null;
    try {
      await build();
      const { stdout } = await run('etcd', ['--version']);
      etcd = new Etcd(`etcd@${/Version: (\S+)/.exec(stdout)![1]}`);
      await etcd.#start();
      return etcd;
    } catch (error) {
      await etcd?.stop();
      const reason = (error as Error).message.split('\n')[0];
      const packages = 'etcd-server, golang-go and golang-etcd-server-dev';
      process.stderr.write(`without etcd (install ${packages} for it): ${reason}\n`);
      return null;
    }
  }

  /** Puts the leader under load. */
  async load({ clients, connections, valueBytes, seconds }: LoadOptions): Promise<Load> {
    const flags = { endpoints: this.#leader, clients, conns: connections, size: valueBytes, duration: `${seconds}s` };
    const { stdout } = await run(
      binary,
      Object.entries(flags).map(([name, value]) => `-${name}=${value}`),
    );
    const [, rate, p50, p99] = /puts\/s=(\d+) p50=(\S+) p99=(\S+)/.exec(stdout) ?? [];
    if (rate === undefined) throw new Error(`the peer printed no rate: ${stdout}`);
    return { opsPerSecond: Number(rate), p50Ms: milliseconds(p50!), p99Ms: milliseconds(p99!) };
  }

  /** Ends all processes and removes what they stored. */
  async stop(): Promise<void> {
    await this.#scratch.end();
  }

  async #start(): Promise<void> {
    const ports = await freePorts(6);
    const urls = [0, 1, 2].map((i) => ({
      peer: `http://127.0.0.1:${ports[2 * i]}`,
      client: `127.0.0.1:${ports[2 * i + 1]}`,
    }));
    const all = urls.map(({ peer }, i) => `m${i}=${peer}`).join();
    for (const [i, { peer, client }] of urls.entries()) {
      const flags = [
        ...['--name', `m${i}`, '--data-dir', join(this.#scratch.directory, `m${i}`), '--log-level', 'error'],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', all],
        ...['--listen-client-urls', `http://${client}`, '--advertise-client-urls', `http://${client}`],
      ];
      this.#scratch.watch(spawn('etcd', flags, { stdio: 'ignore' }));
    }
    this.#leader = await leaderOf(urls.map(({ client }) => client));
  }
}

async function build(): Promise<void> {
  const { stdout: files } = await run('dpkg', ['-L', 'golang-etcd-server-dev'], { maxBuffer: 1 << 26 });
  const sources = files.split('\n').find((line) => line.endsWith('/gocode'));
  if (sources === undefined) throw new Error('the sources of its client were not found');
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: sources };
  await run('go', ['build', '-o', binary, 'main.go'], { cwd: folder, env });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** The client address of whoever leads: clients of a follower would pay for a detour. */
async function leaderOf(addresses: readonly string[]): Promise<string> {
  for (const deadline = performance.now() + START_MS; performance.now() < deadline;) {
    for (const address of addresses) {
      const status = await statusOf(address);
      if (status?.leader !== undefined && status.leader === status.header?.member_id) return address;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no leader within ${START_MS / 1000} s`);
}

async function statusOf(address: string): Promise<{ leader?: string; header?: { member_id?: string } } | null> {
  try {
    const answer = await fetch(`http://${address}/v3/maintenance/status`, { method: 'POST', body: '{}' });
    return (await answer.json()) as { leader?: string; header?: { member_id?: string } };
  } catch {
    return null; // it is not up yet
  }
}

/** Of a duration as Go prints it, such as `1.25ms`. */
function milliseconds(duration: string): number {
  const [, value, unit] = /^([\d.]+)(µs|ms|s)$/.exec(duration) ?? [];
  if (value === undefined) throw new Error(`the peer printed no duration but ${duration}`);
  return Number(value) * { µs: 0.001, ms: 1, s: 1000 }[unit as 'µs' | 'ms' | 's'];
}
