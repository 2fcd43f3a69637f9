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
  /** Runs it and returns entries a second. */
  run(flags: readonly string[]): Promise<number>;
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
    return { name: `etcd/raft@${version.split(/[+-]/)[0]}`, run: (flags) => entriesPerSecond(entries, flags) };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    process.stderr.write(`without etcd/raft (install golang-go and golang-etcd-server-dev for it): ${reason}\n`);
    return null;
  }
}

async function entriesPerSecond(entries: number, flags: readonly string[]): Promise<number> {
  const { stdout } = await run(binary, ['-n', String(entries), ...flags]);
  const rate = Number(/entries\/s=(\d+)/.exec(stdout)?.[1]);
  if (!(rate > 0)) throw new Error(`the peer printed no rate: ${stdout}`);
  return rate;
}
