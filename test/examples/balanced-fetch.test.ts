import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDisplay } from '../../examples/balanced-fetch/display.js';
import { recordLoad } from '../../examples/balanced-fetch/load.js';
import { parseOptions } from '../../examples/balanced-fetch/options.js';
import { quantile, type Result } from '../../examples/balanced-fetch/result.js';
import { Run } from '../../examples/balanced-fetch/run.js';
import { serverNames, slowServer, type Ending, type Servers } from '../../examples/balanced-fetch/servers.js';
import { simulate } from '../../examples/balanced-fetch/simulation.js';
import { strategies, usualStrategies } from '../../examples/balanced-fetch/strategies.js';
import { RoundRobin } from '../../src/balancer/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { bundleExample } from '../process/bundle.js';
import { startDemo, type Running } from '../process/demo-process.js';

const TIMEOUT_MS = 90_000;

let work: string;
let started = 0;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'quorate-balanced-fetch-'));
  await bundleExample(work, 'balanced-fetch', 'server');
});

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

function start(...args: readonly string[]): Running {
  const temporary = join(work, `run-${++started}`);
  mkdirSync(temporary);
  return startDemo(work, temporary, args);
}

function parse(lines: string): Result[] {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Result);
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** Every request has one end, and one server unless there was none. */
function expectAllAccounted({ requests, answered, failed, errors, picked, ...latencies }: Result): void {
  expect(Object.keys(picked)).toEqual(serverNames);
  expect(answered + failed).toBe(requests);
  expect(sum({ ...errors })).toBe(failed);
  expect(sum(picked) + errors.unsent).toBe(requests);
  const { p50Ms, p99Ms, maxMs } = latencies;
  expect([p50Ms! > 0, p99Ms! >= p50Ms!, maxMs! >= p99Ms!]).toEqual([true, true, true]);
}

describe.concurrent('the example of balanced requests', () => {
  // `ended` resolves when all processes that hold its standard error have ended: that is, all its servers.
  it('accounts for all requests of each strategy, and leaves nothing behind', { timeout: TIMEOUT_MS }, async () => {
    const { ended } = start('--requests', '100', '--rate', '100', '--json');
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const results = parse(stdout);
    expect(results.map(({ strategy }) => strategy)).toEqual(usualStrategies);
    for (const result of results) {
      expect(result).toMatchObject({ simulated: false, seed: 1, rate: 100, requests: 100 });
      expectAllAccounted(result);
      expect(result.answered).toBeGreaterThan(0);
    }
  });

  it('tells people in lines, and ends at once by a signal', { timeout: TIMEOUT_MS }, async () => {
    const { child, ended } = start('--seconds', '3600', '--strategies', 'power-of-two');
    const running = new Promise<void>((resolve) => {
      let stdout = '';
      child.stdout!.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        if (/power-of-two: \d+ of 720000 ended; server-1 \d+ given/.test(stdout)) resolve();
      });
    });
    await Promise.race([running, ended]);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout).not.toContain('\u001b');
  });

  it('takes its servers along when it is killed', { timeout: TIMEOUT_MS }, async () => {
    const { child, ended } = start('--seconds', '3600');
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    child.kill('SIGKILL');
    expect((await ended).code).toBe('SIGKILL');
  });

  it('simulates, and says how each strategy did', { timeout: TIMEOUT_MS }, async () => {
    const { code, stdout, stderr } = await start('--simulate', '--seconds', '2', '--seed', '7').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('400 requests by each strategy, 200 a second, of seed 7; simulated');
    for (const strategy of usualStrategies) expect(stdout).toMatch(new RegExp(`${strategy} +│ +[\\d.]+ ms │`));
  });

  it('says what is wrong with its options', { timeout: TIMEOUT_MS }, async () => {
    const { code, stdout, stderr } = await start('--strategies', 'round-robin,best').ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^[^\n]*"best" is none of round-robin, [^\n]*\n$/);
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['--requests', '0'], /--requests.*whole number from 1 to 1000000/],
      [['--requests', '5', '--seconds', '5'], /'--requests <n>' cannot be used with.*'--seconds <n>'/],
      [['--rate', '301'], /--rate.*whole number from 1 to 300/],
      [['--speed', '3'], /unknown option '--speed'/],
      [['fast'], /too many arguments/],
    ];
    for (const [args, message] of wrong) expect(() => parseOptions(args), args.join(' ')).toThrow(message);
  });

  it('takes its options', () => {
    expect(parseOptions([])).toMatchObject({ requests: 1600, strategies: usualStrategies, simulate: false });
    expect(parseOptions(['--rate', '50', '--seconds', '3'])).toMatchObject({ requests: 150 });
    expect(parseOptions(['--requests', '7', '--strategies', 'peak-ewma'])).toMatchObject({
      requests: 7,
      strategies: ['peak-ewma'],
    });
  });
});

describe('the recorded load', () => {
  it('is the same for the same seed, comes at its rate, and takes as long as it is to', () => {
    const { requests, deathAtMs } = recordLoad(3, 200, 20_000);
    expect(recordLoad(3, 200, 20_000).requests).toEqual(requests);
    expect(recordLoad(4, 200, 1).requests).not.toEqual(requests.slice(0, 1));
    const lastAt = requests.at(-1)!.atMs;
    expect(lastAt / 100_000).toBeCloseTo(1, 1);
    expect(deathAtMs).toBe(lastAt / 2);
    expect(requests.reduce((total, { workMs }) => total + workMs, 0) / 20_000).toBeCloseTo(10, 0);
    expect(requests.every(({ atMs }, i) => i === 0 || atMs >= requests[i - 1]!.atMs)).toBe(true);
  });
});

describe('the simulation', () => {
  it('is exact, and accounts for all requests', () => {
    const load = recordLoad(1, 200, 1600);
    for (const strategy of Object.keys(strategies)) {
      const result = simulate(strategy, load);
      expect(simulate(strategy, load)).toEqual(result);
      expectAllAccounted(result);
      expect(result).toMatchObject({ strategy, simulated: true, sentLateP99Ms: expect.closeTo(0) });
    }
  });

  it.each([1, 2, 3, 4, 5])('shows with seed %d what it costs not to look at the servers', (seed) => {
    const load = recordLoad(seed, 200, 1600);
    const [roundRobin, ...others] = usualStrategies.map((strategy) => simulate(strategy, load));
    expect(roundRobin!.p99Ms).toBeGreaterThan(1000);
    for (const { p99Ms, picked } of others) {
      expect(p99Ms).toBeLessThan(roundRobin!.p99Ms! / 5);
      expect(picked[slowServer]).toBeLessThan(0.75 * roundRobin!.picked[slowServer]!);
    }
    const [leastOutstanding, powerOfTwo] = others;
    expect(leastOutstanding!.p50Ms).toBeLessThan(powerOfTwo!.p50Ms!);
    expect(powerOfTwo!.p50Ms).toBeLessThan(roundRobin!.p50Ms!);
  });
});

describe('a run', () => {
  /** Requests every 100 ms, which servers end as they are told. */
  function scripted(count: number, sent: (server: string, end: (ending: Ending) => void) => void) {
    const clock = new VirtualClock();
    const killed: string[] = [];
    const servers: Servers = {
      send: (server, _workMs, end) => void clock.after(10, () => sent(server, end)),
      kill: (server) => void killed.push(server),
    };
    const requests = Array.from({ length: count }, (_, i) => ({ atMs: 100 * (i + 1), workMs: 10 }));
    const load = { seed: 1, rate: 10, requests, deathAtMs: 50 * count };
    const run = new Run({ load, balancer: new RoundRobin(serverNames), servers, clock });
    void run.start();
    return { clock, run, killed };
  }

  it('sets a server aside for a second when it refuses a connection, not when it breaks one', () => {
    const asked: string[] = [];
    const { clock, run } = scripted(40, (server, end) => {
      asked.push(server);
      end(server === 'server-2' ? 'refused' : server === 'server-4' ? 'broken' : 'answered');
    });
    clock.advance(5000);
    expect(asked.slice(0, 5)).toEqual(serverNames);
    const refused = asked.flatMap((server, i) => (server === 'server-2' ? [i] : []));
    for (const [i, at] of refused.slice(1).entries()) expect(at - refused[i]!).toBeGreaterThan(9);
    expect(refused.length).toBeGreaterThan(2);
    expect(run.finished).toBe(true);
    const broken = asked.filter((server) => server === 'server-4').length;
    expect(run.errors).toEqual({ refused: refused.length, broken, late: 0, unsent: 0 });
    expect(run.servers.map(({ picked, answered, failed, inFlight }) => picked - answered - failed - inFlight)).toEqual(
      serverNames.map(() => 0),
    );
  });

  it('counts what it cannot send when all servers are set aside', () => {
    const { clock, run } = scripted(10, (_server, end) => end('refused'));
    clock.advance(2000);
    expect(run.errors).toEqual({ refused: 5, broken: 0, late: 0, unsent: 5 });
    expect([run.finished, run.latencies]).toEqual([true, []]);
  });

  it('counts latencies from when requests were to be sent, also when time stood still', () => {
    const { clock, run, killed } = scripted(10, (_server, end) => end('answered'));
    clock.advance(450);
    expect([run.sent, run.ended, killed]).toEqual([4, 4, []]);
    clock.advance(50);
    expect(killed).toEqual(['server-5']);
    clock.advance(1000);
    expect(run.latencies).toEqual(run.latencies.map(() => 10));

    // A client that stands still for 350 ms when the first request is due.
    let lost = 0;
    const late = new VirtualClock();
    const clockOfClient = { now: () => late.now() + lost, after: late.after.bind(late), wall: () => 0 };
    const requests = [100, 200, 300, 1000].map((atMs) => ({ atMs, workMs: 10 }));
    const servers: Servers = {
      send: (_server, _workMs, end) => void late.after(10, () => end('answered')),
      kill: () => {},
    };
    const balancer = new RoundRobin(serverNames);
    const load = { seed: 1, rate: 10, requests, deathAtMs: 0 };
    const behind = new Run({ load, balancer, servers, clock: clockOfClient });
    void behind.start();
    late.advance(99);
    lost = 350;
    late.advance(2000);
    expect(behind.delays).toEqual([350, 250, 150, 0]);
    expect(behind.latencies).toEqual([360, 260, 160, 10]);
  });
});

describe('the quantiles of the example', () => {
  it('are values that were measured', () => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i);
    expect([0, 0.5, 0.99, 1].map((part) => quantile(values, part))).toEqual([1, 100, 198, 200]);
    expect([quantile([1.23456], 0.5), quantile([], 0.5)]).toEqual([1.235, null]);
  });
});

describe('the table of the example', () => {
  it('is drawn over the one before, and leaves the terminal as it was', () => {
    const clock = new VirtualClock();
    let written = '';
    const stream = { isTTY: true, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
    const servers: Servers = {
      send: (_server, _workMs, end) => void clock.after(10, () => end('answered')),
      kill: () => {},
    };
    const requests = [10, 20, 30].map((atMs) => ({ atMs, workMs: 1 }));
    const load = { seed: 1, rate: 100, requests, deathAtMs: 15 };
    const run = new Run({ load, balancer: new RoundRobin(serverNames), servers, clock });
    const display = createDisplay(false, () => 4711, stream);
    display.say('hello');
    display.watch('round-robin', run, 3);
    void run.start();
    clock.advance(35);
    display.stop();
    display.stop();
    const [before, first, last, ...more] = written.split('\u001b[?7l');
    expect([before, more]).toEqual(['hello\n\u001b[?25l\r', []]);
    expect(first!.split('\n')).toHaveLength(12); // an empty line, the progress and a table of nine, each with its end
    expect(first).toContain('0 sent, 0 ended of 3');
    expect(first!.endsWith('\u001b[11A\r')).toBe(true);
    expect(last).toContain('3 sent, 2 ended of 3');
    expect(last).toMatch(/server-1 +│ +4711 │ +33 % │ +0 │ +10\.0 ms │ +1 │ +0 │ up /);
    expect(last).toMatch(/server-3 .* 1 │ .* up, 3 times slower/);
    expect(last).toMatch(/server-5 .* 0 % .* dead/);
    expect(last!.endsWith('\u001b[?7h\u001b[?7h\u001b[?25h')).toBe(true);
  });
});
