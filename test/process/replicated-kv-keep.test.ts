import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../../examples/replicated-kv/certificates.js';
import { askControl } from '../../examples/replicated-kv/control.js';
import { CLUSTER } from '../../examples/replicated-kv/protocol.js';
import type { QuorateError } from '../../src/core/index.js';
import { openTcpTransport, type ConnectionRefusedError } from '../../src/transport/tcp.js';
import { Authority } from '../transport/certificates.js';
import { bundleExample } from './bundle.js';
import { startDemo, type Ended, type Running } from './demo-process.js';

const TIMEOUT_MS = 120_000;
const STAYS = 'in another terminal';

let work: string;
let folders = 0;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'quorate-kept-'));
  await bundleExample(work, 'replicated-kv', 'server');
});

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

/** A folder for temporary files, in which there is one cluster that stays at most. */
function newFolder(): string {
  const folder = join(work, `${++folders}`);
  mkdirSync(folder);
  return folder;
}

function start(folder: string, ...args: readonly string[]): Running {
  return startDemo(work, folder, args);
}

/** Runs the demo to its end, as somebody in another terminal. */
function demo(folder: string, ...args: readonly string[]): Promise<Ended> {
  return start(folder, ...args).ended;
}

/** A line of `status --json`. */
interface ServerLine {
  readonly node: string;
  readonly pid: number;
  readonly address: string;
  readonly role: string | null;
}

async function statusOf(folder: string): Promise<ServerLine[]> {
  const { stdout } = await demo(folder, 'status', '--json');
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as ServerLine); // prettier-ignore
}

/** The place where other terminals look. */
function placeIn(folder: string): string {
  const place = readdirSync(folder).find((name) => name.startsWith('quorate-demo-'));
  return join(folder, place ?? 'nowhere');
}

async function listenSomewhere(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

// Each cluster has a folder of its own, so all of them can be there at a time.
describe.concurrent('a cluster that stays', () => {
  let folder: string;
  let cluster: Running;

  beforeAll(async () => {
    folder = newFolder();
    cluster = start(folder, '--keep', '--ops', '20', '--json');
    await cluster.said(STAYS);
  }, TIMEOUT_MS);

  afterAll(async () => {
    cluster.child.kill('SIGTERM');
    await cluster.ended;
  }, TIMEOUT_MS);

  it.sequential('stores values of other terminals and finds them', { timeout: TIMEOUT_MS }, async () => {
    const put = await demo(folder, 'put', 'a', '{"b":[1]}', '--json');
    expect(put).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(put.stdout)).toEqual({ key: 'a', node: expect.any(String), term: expect.any(Number) });
    const found = await demo(folder, 'get', 'a', '--json');
    expect(found).toEqual({ code: 0, stdout: '{"key":"a","found":true,"value":{"b":[1]}}\n', stderr: '' });
    expect(await demo(folder, 'get', 'a')).toMatchObject({ code: 0, stdout: '{"b":[1]}\n' });
  });

  it.sequential('takes what is no JSON as a text', { timeout: TIMEOUT_MS }, async () => {
    expect(await demo(folder, 'put', 'text', 'a word')).toMatchObject({ code: 0 });
    expect(await demo(folder, 'get', 'text')).toMatchObject({ code: 0, stdout: 'a word\n' });
  });

  it.sequential(
    'has nothing under a key that nobody stored, and get exits with 1',
    { timeout: TIMEOUT_MS },
    async () => {
      expect(await demo(folder, 'get', 'none')).toEqual({ code: 1, stdout: '', stderr: 'there is no "none"\n' });
      const json = await demo(folder, 'get', 'none', '--json');
      expect(json).toEqual({ code: 1, stdout: '{"key":"none","found":false,"value":null}\n', stderr: '' });
    },
  );

  it.sequential('says where its servers stand', { timeout: TIMEOUT_MS }, async () => {
    const servers = await statusOf(folder);
    expect(servers.map(({ node }) => node)).toEqual(['n1', 'n2', 'n3']);
    expect(servers.filter(({ role }) => role === 'leader')).toHaveLength(1);
    expect(await demo(folder, 'status')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/n3 .*127\.0\.0\.1:/),
    });
  });

  it.sequential('is the only one: a second one is refused', { timeout: TIMEOUT_MS }, async () => {
    const stderr = `a cluster stays already, that of process ${cluster.child.pid}; use it, or end it by npm run demo -- stop\n`;
    expect(await demo(folder, '--keep', '--ops', '10')).toEqual({ code: 2, stdout: '', stderr });
  });

  it.sequential('lets nobody but its user in', () => {
    const place = placeIn(folder);
    expect(statSync(place).mode & 0o777).toBe(0o700);
    expect(statSync(join(place, 'cluster.json')).mode & 0o777).toBe(0o600);
  });

  it.sequential('goes on when its leader is killed, and starts it again', { timeout: TIMEOUT_MS }, async () => {
    const leader = (await statusOf(folder)).find(({ role }) => role === 'leader')!;
    const back = cluster.said(`${leader.node} is back, as process`);
    process.kill(leader.pid, 'SIGKILL');
    expect(await demo(folder, 'put', 'after', '1')).toMatchObject({ code: 0, stderr: '' });
    expect(await demo(folder, 'get', 'after')).toMatchObject({ code: 0, stdout: '1\n' });
    await back;
    const again = (await statusOf(folder)).find(({ node }) => node === leader.node)!;
    expect(again).toMatchObject({ address: leader.address, role: expect.any(String) });
    expect(again.pid).not.toBe(leader.pid);
  });

  it.sequential('ends with all that belongs to it when it is stopped', { timeout: TIMEOUT_MS }, async () => {
    const servers = await statusOf(folder);
    expect(await demo(folder, 'stop')).toEqual({ code: 0, stdout: 'the cluster has ended\n', stderr: '' });
    expect(readdirSync(folder)).toEqual([]);
    const { code, stdout } = await cluster.ended;
    expect({ code, result: JSON.parse(stdout) as object }).toMatchObject({ code: 0, result: { lost: 0 } });
    for (const { address } of servers) await expect(dialed(address)).rejects.toThrow('ECONNREFUSED');
  });
});

async function dialed(address: string): Promise<void> {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  await once(socket, 'connect').finally(() => socket.destroy());
}

describe.concurrent('a cluster that is to stay', () => {
  it('listens on the ports that are wished, and ends by Ctrl-C', { timeout: TIMEOUT_MS }, async () => {
    const folder = newFolder();
    const { server, port } = await listenSomewhere();
    server.close();
    await once(server, 'close');
    const { child, said, ended } = start(folder, '--keep', '--nodes', '1', '--ops', '10', '--port', `${port}`);
    await said(`n1 at 127.0.0.1:${port}`);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/replicas equal +│ yes/) });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names the port that is in use, and what to do', { timeout: TIMEOUT_MS }, async () => {
    const folder = newFolder();
    const { server, port } = await listenSomewhere();
    const { code, stderr } = await demo(folder, '--keep', '--nodes', '1', '--ops', '10', '--port', `${port}`);
    server.close();
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`port ${port} of 127.0.0.1 is in use; give another --port, or none to`),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('cannot be used before its run is over, but stopped', { timeout: TIMEOUT_MS }, async () => {
    const folder = newFolder();
    const { said, ended, child } = start(folder, '--keep', '--ops', '1000000');
    await said('are up');
    const early = `the cluster of process ${child.pid} is still busy with its run\n`;
    expect(await demo(folder, 'get', 'a')).toEqual({ code: 1, stdout: '', stderr: early });
    expect(await demo(folder, 'stop', '--json')).toMatchObject({ code: 0, stdout: '{"stopped":true}\n' });
    expect(await ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('stopped before its run'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves what is recognised and removed when it is killed', { timeout: TIMEOUT_MS }, async () => {
    const folder = newFolder();
    const { said, ended, child } = start(folder, '--keep', '--nodes', '1', '--ops', '10');
    await said(STAYS);
    child.kill('SIGKILL');
    await ended; // the servers too
    const died = `the cluster of process ${child.pid} died and left ${placeIn(folder)} behind; npm run demo -- stop removes it\n`;
    expect(await demo(folder, 'get', 'a')).toEqual({ code: 1, stdout: '', stderr: died });
    expect(await demo(folder, '--keep', '--ops', '10')).toEqual({ code: 2, stdout: '', stderr: died });
    expect(await demo(folder, 'stop')).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.concurrent('a cluster with certificates', () => {
  it('serves who has one, and nobody else', { timeout: TIMEOUT_MS }, async () => {
    const folder = newFolder();
    const { said, ended } = start(folder, '--keep', '--secure', '--ops', '20', '--json');
    await said(STAYS);
    expect(await demo(folder, 'put', 'a', '1')).toMatchObject({ code: 0, stderr: '' });
    expect(await demo(folder, 'get', 'a')).toMatchObject({ code: 0, stdout: '1\n' });
    const [{ node, address }] = (await statusOf(folder)) as [ServerLine];
    const place = join(placeIn(folder), 'control');
    const { ok: own } = (await askControl(place, { op: 'certificate', id: 'x' })) as { ok: Identity };
    const foreign = await (await Authority.create('another authority')).issue('x');
    expect(await meeting(node, address, own)).toBe('connected');
    expect(await meeting(node, address, { ...foreign, ca: own.ca })).toBe('refused-by-peer');
    expect(await demo(folder, 'stop')).toMatchObject({ code: 0 });
    expect(await ended).toMatchObject({ code: 0 });
    expect(readdirSync(folder)).toEqual([]);
  });

  /** How it ends when a client with that certificate dials a server: connected, or why not. */
  async function meeting(node: string, address: string, tls: Identity): Promise<string> {
    const options = { id: 'x', cluster: CLUSTER, listen: null, addresses: { [node]: address }, tls };
    let refuse: (reason: string) => void;
    const refused = new Promise<string>((resolve) => (refuse = resolve));
    const onRefused = (error: QuorateError): void => refuse((error as ConnectionRefusedError).reason);
    await using client = await openTcpTransport({ ...options, onRefused });
    return await Promise.race([client.connected(node).then(() => 'connected'), refused]);
  }
});

describe.concurrent('another terminal', () => {
  it.each([['get', 'a'], ['put', 'a', '1'], ['status'], ['stop']])(
    'learns from %s that there is no cluster',
    { timeout: TIMEOUT_MS },
    async (...args) => {
      const stderr = 'no cluster is there; npm run demo -- --keep starts one that stays\n';
      expect(await demo(newFolder(), ...args)).toEqual({ code: 2, stdout: '', stderr });
    },
  );

  it('does not trust a place that others can change', { timeout: TIMEOUT_MS }, async () => {
    const folder = newFolder();
    const place = join(folder, `quorate-demo-${process.getuid!()}`);
    mkdirSync(place, { mode: 0o755 });
    writeFileSync(join(place, 'cluster.json'), '{}');
    const stderr = `${place} is no folder of yours alone; remove it, or set TMPDIR to a folder of your own\n`;
    expect(await demo(folder, 'stop')).toEqual({ code: 2, stdout: '', stderr });
    expect(await demo(folder, '--keep', '--ops', '10')).toEqual({ code: 2, stdout: '', stderr });
    expect(readdirSync(place)).toEqual(['cluster.json']);
  });

  it('is told what is wrong with a call', { timeout: TIMEOUT_MS }, async () => {
    const [missing, option] = await Promise.all([
      demo(newFolder(), 'put', 'a'),
      demo(newFolder(), 'get', 'a', '--nodes', '3'),
    ]);
    expect(missing).toMatchObject({
      code: 2,
      stderr: "missing required argument 'value' (--help lists the options)\n",
    });
    expect(option).toMatchObject({ code: 2, stderr: "unknown option '--nodes' (--help lists the options)\n" });
  });
});
