import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.', import.meta.url));
const binary = `${folder}etcd-raft`;

/** The Go program beside this file, built. */
export interface EtcdRaft {
  /** `name@version`. */
  readonly name: string;
  run(flags: readonly string[]): Promise<EtcdRaftRun>;
}

/** What it printed. */
export interface EtcdRaftRun {
  readonly entriesPerSecond: number;
  /** Allocated, by all three nodes and for the payload. */
  readonly bytesPerEntry: number;
}

/** Builds the peer; `null`, with a word on standard error, where Go or the package `golang-etcd-server-dev` is missing. */
export async function etcdRaft(entries: number): Promise<EtcdRaft | null> {
  try {
    const { stdout: files } = await run('dpkg', ['-L', 'golang-etcd-server-dev'], { maxBuffer: 1 << 26 });
    const sources = files.split('\n').find((line) => line.endsWith('/gocode'));
    if (sources === undefined) throw new Error('its sources were not found');
    const env = { ...process.env, GO111MODULE: 'off', GOPATH: sources };
    await run('go', ['build', '-o', binary, 'main.go'], { cwd: dirname(binary), env });
    const { stdout: version } = await run('dpkg-query', ['-W', '-f', '${Version}', 'golang-etcd-server-dev']);
    return { name: `etcd/raft@${version.split(/[+-]/)[0]}`, run: (flags) => runWith(entries, flags) };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    process.stderr.write(`without etcd/raft (install golang-go and golang-etcd-server-dev for it): ${reason}\n`);
    return null;
  }
}

async function runWith(entries: number, flags: readonly string[]): Promise<EtcdRaftRun> {
  const { stdout } = await run(binary, ['-n', String(entries), ...flags]);
  const [, rate, bytes] = /entries\/s=(\d+) .*bytes\/entry=(\d+)/.exec(stdout) ?? [];
  if (!(Number(rate) > 0)) throw new Error(`the peer printed no rate: ${stdout}`);
  return { entriesPerSecond: Number(rate), bytesPerEntry: Number(bytes) };
}
