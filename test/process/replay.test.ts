import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTcpTransport, type TcpTransport } from '../../src/transport/tcp.js';
import { bundledForTests } from './bundle.js';

const program = bundledForTests(['test/commands/replay.ts']);
const SCRIPT = `{"recording":1,"node":"a"}
{"type":"receive","channel":"c","peer":"b","message":{"ask":1}}
{"type":"send","channel":"c","peer":"b","message":{"answer":1,"run":0}}
{"type":"receive","channel":"c","peer":"x","message":{"ask":2}}
{"type":"send","channel":"c","peer":"x","message":{"answer":2,"run":0}}
`;

let work: string;
let node: TcpTransport;
let script: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'quorate-replay-'));
  script = join(work, 'script.jsonl');
  writeFileSync(script, SCRIPT);
  node = await openTcpTransport({ id: 'a', cluster: 'test', listen: { host: '127.0.0.1', port: 0 } });
  let answers = 0;
  node.channel('c').listen({
    message(from, message) {
      const { ask } = message as { ask: number };
      node.channel('c').send(from, { answer: ask, run: ++answers });
    },
  });
});

afterAll(async () => {
  await node.close();
  rmSync(work, { recursive: true, force: true });
});

/** Runs the command and returns its exit code and what it said. */
function replay(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program('replay'), ...args]);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()));
  return new Promise((done) => child.on('close', (code) => done({ code, ...said })));
}

describe('npm run replay', () => {
  it('plays the peers of a script against a node and compares its answers', async () => {
    const good = await replay(script, '--connect', node.address!, '--ignore', 'run', '--json');
    const bad = await replay(script, '--connect', node.address!);
    expect(good).toMatchObject({ code: 0 });
    expect(JSON.parse(good.stdout)).toEqual({ node: 'a', events: 4, mismatch: null, compared: 2, played: 2 });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(
      'message 1 to b on channel c (at 0 ms): expected {answer: 1, run: 0}, got {answer: 1, run: 3}',
    );
  });

  it('takes from a module what may differ', async () => {
    const rules = join(work, 'rules.mjs');
    const empty = join(work, 'empty.mjs');
    writeFileSync(rules, 'export const normalise = ({ answer }) => answer;\n');
    writeFileSync(empty, 'export const normalize = 1;\n');
    const [good, none, missing] = await Promise.all([
      replay(script, '--connect', node.address!, '--rules', rules),
      replay(script, '--rules', empty),
      replay(script, '--rules', join(work, 'nowhere.mjs')),
    ]);
    expect(good).toMatchObject({ code: 0, stdout: 'a did the same: 2 messages as recorded\n' });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('exports none of the functions normalise') });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot load') });
  });

  it('explains itself, and what is wrong with a call', async () => {
    const broken = join(work, 'broken.jsonl');
    writeFileSync(broken, 'hello\n');
    const [help, none, missing, malformed, listen, taken] = await Promise.all([
      replay('--help'),
      replay(),
      replay(join(work, 'nowhere')),
      replay(broken),
      replay(script, '--listen', 'nonsense'),
      replay(script, '--listen', `b=${node.address!}`),
    ]);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit codes: 0') });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('missing required argument') });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot read') });
    expect(malformed).toMatchObject({ code: 2, stderr: 'line 1 is no JSON\n' });
    expect(listen).toMatchObject({ code: 2, stderr: expect.stringContaining('PEER=HOST:PORT') });
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('is in use') });
  });
});
