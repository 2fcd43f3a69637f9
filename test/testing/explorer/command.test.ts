import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { models } from '../../models/index.js';

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ['--import', 'tsx', 'test/commands/explore.ts', ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 60_000 });
}

describe('npm run explore', () => {
  it('prints one line of JSON and nothing else', { timeout: 60_000 }, () => {
    const { status, stdout } = run('two-phase-commit', '--json');
    expect(status).toBe(0);
    const line = JSON.parse(stdout) as Record<string, unknown>;
    expect(line).toMatchObject({
      model: 'two-phase-commit',
      distinct: 288,
      generated: 1146,
      depth: 11,
      complete: true,
    });
    expect(Object.keys(line).slice(5)).toEqual(['violation', 'statesPerSecond', 'bytesPerState', 'size']);
    expect(line['violation']).toBeNull();
  });

  it('ends with 1 and readable steps at a violation', { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = run('paxos', '--size', '3', '--bug', 'lowest', '--symmetry', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ violation: 'one value is chosen', complete: false });
    expect(stderr).toMatch(/violated: always one value is chosen\n 1\. start\n[^]*\n18\. acceptor/);
  });

  it('says that it stopped at a bound', { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = run('raft', '--max-states', '500', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ distinct: 500, complete: false, violation: null });
    expect(stderr).toContain('stopped at a bound (maxStates): not every state was seen');
  });

  it.each([
    [['nope'], 'unknown model "nope"; choose one of: two-phase-commit, transaction-commit, paxos,'],
    [[], 'which model? choose one of: two-phase-commit,'],
    [['paxos', '--size', '99'], '--size is 99; paxos takes at most 8 ballots'],
    [['paxos', '--size', 'x'], "option '--size <sizes>' argument 'x' is invalid."],
    [['paxos', '--size', '0..2'], "argument '0..2' is invalid."],
    [['paxos', '--size', '3..2'], 'It must be like 3, or like 3..5.'],
    [['paxos', '--size', '1..2..3'], 'It must be like 3, or like 3..5.'],
    [['raft', 'paxos', '--size', '7..9'], '--size is 9; paxos takes at most 8 ballots'],
    [['paxos', 'nope'], 'unknown model "nope";'],
    [['all', '--symmetry'], 'transaction-commit has no symmetry'],
    [['raft', '--bug', 'lowest'], '--bug is "lowest"; raft has none'],
    [['ping-pong', '--symmetry'], 'ping-pong has no symmetry'],
  ])('refuses %j with one line', { timeout: 60_000 }, (args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(message);
  });
});

function lines(stdout: string): { model: string; size: number; distinct: number; violation: string | null }[] {
  const texts = stdout.trim().split('\n');
  return texts.map((text) => JSON.parse(text) as { model: string; size: number; distinct: number; violation: null });
}

describe('npm run explore, several runs', () => {
  it('prints a line for each, in the order in which they were asked for', { timeout: 60_000 }, () => {
    const { status, stdout } = run('paxos', 'two-phase-commit', '--size', '1..2', '--json');
    expect(status).toBe(0);
    expect(lines(stdout).map(({ model, size, distinct }) => [model, size, distinct])).toEqual([
      ['paxos', 1, 73],
      ['paxos', 2, 3921],
      ['two-phase-commit', 1, 12],
      ['two-phase-commit', 2, 56],
    ]);
  });

  it('are of all models in their default sizes', { timeout: 60_000 }, () => {
    const { stdout } = run('all', '--max-states', '100', '--json');
    const sizes = lines(stdout).map(({ model, size }) => `${model} ${size}`);
    expect(sizes).toHaveLength(Object.keys(models).length);
    expect(sizes.slice(0, 3)).toEqual(['two-phase-commit 3', 'transaction-commit 3', 'paxos 2']);
  });

  it('end with 1 when one of them violates something', { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = run('paxos', '--size', '2..3', '--bug', 'lowest', '--symmetry', '--json');
    expect(status).toBe(1);
    expect(lines(stdout).map(({ violation }) => violation)).toEqual([null, 'one value is chosen']);
    expect(stderr).toMatch(/^paxos 3: violated: always one value is chosen\n 1\. start\n/m);
  });

  it('make a table for people', { timeout: 60_000 }, () => {
    const { stdout } = run('two-phase-commit', '--size', '2..3');
    expect(stdout).toMatch(/'two-phase-commit' . 2 +. 56 .*\n.*'two-phase-commit' . 3 +. 288 /);
    expect(stdout).toContain('two-phase-commit 3: holds     sometimes all commit\n');
  });
});

describe('npm run explore, interrupted', () => {
  /** Two runs that take long, of which the first has said that it searches. */
  async function searching(): Promise<ChildProcess> {
    const args = ['--import', 'tsx', 'test/commands/explore.ts', 'raft', 'two-phase-commit', '--size', '8'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    for await (const text of child.stderr.iterator({ destroyOnReturn: false })) {
      told += String(text);
      if (!/^raft 8: \d+ s, \d+ states, /m.test(told)) continue;
      child.stderr.resume();
      return child;
    }
    throw new Error(told);
  }

  // The pipe of standard error ends when the last process ends that writes to it: "close" says that none is left.
  it.each([
    ['SIGINT', 130, null],
    ['SIGTERM', 143, null],
    ['SIGKILL', null, 'SIGKILL'],
  ] as const)('by %s leaves no process behind', { timeout: 60_000 }, async (signal, ...expected) => {
    const child = await searching();
    child.kill(signal);
    expect(await once(child, 'close')).toEqual(expected);
  });
});
