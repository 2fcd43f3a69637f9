import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../storage/temporary-place.js';
import { bundledForTests } from './bundle.js';
import type { CutReport } from './cut-run.js';
import { isolation } from './network.js';

const place = isolation();
const skipped = 'reason' in place ? ` (skipped: this machine allows no network namespaces: ${place.reason})` : '';

/** In a namespace of its own a server is to be reached from others. */
const [LISTEN, EVERYWHERE] = ['listen: { host: HOST, port }', "listen: { host: '0.0.0.0', port }"];

const program = bundledForTests(['test/process/cut-run.ts', 'examples/replicated-kv/server.ts'], {
  change: (source, path) => {
    if (!path.endsWith('/replicated-kv/server.ts')) return source;
    expect(source.split(LISTEN)).toHaveLength(2);
    return source.replace(LISTEN, EVERYWHERE);
  },
});

/** Starts the run in a namespace. `close` comes when it has ended and so have its servers: all hold its standard error. */
async function start(): Promise<{ child: ChildProcess; said: { output: string; errors: string } }> {
  const [command, ...args] = 'command' in place ? place.command : [];
  const child = spawn(command!, [...args, process.execPath, program('cut-run'), await temporaryDirectory()]);
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const said = { output: '', errors: '' };
  child.stdout.on('data', (data: Buffer) => (said.output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.errors += data.toString()));
  return { child, said };
}

describe.skipIf(skipped)(`three servers, each in a network namespace${skipped}`, { timeout: 60_000 }, () => {
  it('replace a leader that is cut off from them, or from clients too, and clients see one history', async () => {
    const { child, said } = await start();
    await once(child, 'close');
    expect(said.errors).toBe('');
    const { leaders, linearizable, checked } = JSON.parse(said.output.split('\n')[1]!) as CutReport;
    expect({ linearizable, enough: checked > 200 }).toEqual({ linearizable: true, enough: true });
    expect(leaders[1]).not.toBe(leaders[0]);
    expect(leaders[2]).not.toBe(leaders[1]);
  });

  // The namespaces have no names, so they are gone when the last process in them is.
  it.each(['SIGINT', 'SIGKILL'] as const)('end with the run when %s ends it', async (signal) => {
    const { child } = await start();
    await once(child.stdout!, 'data');
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([null, signal]);
  });
});
