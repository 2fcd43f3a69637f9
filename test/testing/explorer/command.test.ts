import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

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
    expect(Object.keys(line).slice(5)).toEqual(['violation', 'statesPerSecond', 'bytesPerState']);
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
    [['paxos', '--size', 'x'], "option '--size <number>' argument 'x' is invalid."],
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
