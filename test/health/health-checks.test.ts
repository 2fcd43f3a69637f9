import { describe, expect, it, onTestFinished } from 'vitest';
import { ClosedError, InvalidOptionError, OverloadedError, seededRandom, TimeoutError } from 'quorate/core';
import { HealthChecks, type HealthChecksOptions } from 'quorate/health';
import { VirtualClock } from 'quorate/testing';
import { CountingClock } from '../host/counting-clock.js';

/** Checks whose results are given; notes when they were made, and what changed when. */
class Probe {
  readonly clock = new VirtualClock();
  readonly timers = new CountingClock(this.clock);
  readonly made: number[] = [];
  readonly changes: string[] = [];
  /** Of each check in turn: whether it succeeds, or `hang`. Success when there are no more. */
  results: (boolean | 'hang')[] = [];
  underWay = 0;
  mostUnderWay = 0;
  readonly aborted: unknown[] = [];
  readonly checks: HealthChecks;

  constructor(options: Partial<HealthChecksOptions> = {}) {
    this.checks = new HealthChecks({
      clock: this.timers,
      jitter: 0,
      random: () => 0,
      check: async (_, { signal }) => {
        this.made.push(this.clock.now());
        const result = this.results.shift() ?? true;
        this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
        signal.addEventListener('abort', () => this.aborted.push(signal.reason));
        try {
          if (result === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve));
          if (result === false) throw new Error('refused');
        } finally {
          this.underWay--;
        }
      },
      ...options,
    });
    this.checks.subscribe((node, healthy) =>
      this.changes.push(`${this.clock.now()} ${node} ${healthy ? 'up' : 'down'}`),
    );
  }
}

describe('HealthChecks', () => {
  it('takes a node down after three failures in a row and up after two successes, each two seconds', async () => {
    const probe = new Probe();
    probe.results = [true, false, false, true, false, false, false, true, true];
    probe.checks.add('a');
    await probe.clock.run(20_000);
    expect(probe.made).toEqual([0, 2000, 4000, 6000, 8000, 10_000, 12_000, 14_000, 16_000, 18_000, 20_000]);
    expect(probe.changes).toEqual(['12000 a down', '16000 a up']);
  });

  it('says so when it is asked from within a listener', async () => {
    const probe = new Probe();
    const seen: boolean[] = [];
    probe.checks.subscribe((node) => seen.push(probe.checks.isHealthy(node)));
    probe.results = [false, false, false];
    probe.checks.add('a');
    await probe.clock.run(10_000);
    expect(seen).toEqual([false, true]);
  });

  it('goes on when a listener throws, which surfaces as an uncaught error', async () => {
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    });
    const probe = new Probe();
    const heard: string[] = [];
    probe.checks.subscribe(() => {
      throw new Error('mine');
    });
    probe.checks.subscribe((node, healthy) => heard.push(`${node} ${healthy}`));
    probe.results = [false, false, false];
    probe.checks.add('a');
    await probe.clock.run(10_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual(['a false', 'a true']);
    expect(uncaught).toMatchObject([{ message: 'mine' }, { message: 'mine' }]);
  });

  it('tells all listeners of changes in their order, also of those that a listener makes', async () => {
    const probe = new Probe();
    const heard: string[] = [];
    probe.checks.subscribe((node, healthy) => {
      if (!healthy) probe.checks.remove(node);
    });
    probe.checks.subscribe((node, healthy) => heard.push(`${node} ${healthy}`));
    probe.results = [false, false, false];
    probe.checks.add('a');
    await probe.clock.run(10_000);
    expect(heard).toEqual(['a false', 'a true']);
  });

  it('tells nothing more to a listener that another one has taken away just before', async () => {
    const probe = new Probe();
    const heard: string[] = [];
    probe.checks.subscribe(() => unsubscribe());
    const unsubscribe = probe.checks.subscribe((node) => heard.push(node));
    probe.results = [false, false, false];
    probe.checks.add('a');
    await probe.clock.run(10_000);
    expect(heard).toEqual([]);
  });

  it('tells a listener nothing more once it has unsubscribed, twice too', async () => {
    const probe = new Probe();
    const heard: string[] = [];
    const unsubscribe = probe.checks.subscribe((node) => heard.push(node));
    unsubscribe();
    unsubscribe();
    probe.results = [false, false, false];
    probe.checks.add('a');
    await probe.clock.run(10_000);
    expect(heard).toEqual([]);
  });

  it('checks faster while results begin to change its mind, and at its own pace while a node is down', async () => {
    const probe = new Probe({ intervalMs: 2000, fastIntervalMs: 500, downIntervalMs: 5000 });
    probe.results = [true, false, false, false, false, true, true, true];
    probe.checks.add('a');
    await probe.clock.run(16_000);
    // Up: 2000; then 500 after each failure until it is down: 5000 after each failure; 500 after the first success.
    expect(probe.made.slice(0, 8)).toEqual([0, 2000, 2500, 3000, 8000, 13_000, 13_500, 15_500]);
    expect(probe.changes).toEqual(['3000 a down', '13500 a up']);
  });

  it('counts a check that does not end in time as failed, aborts it, and ignores what it answers then', async () => {
    const probe = new Probe({ unhealthyThreshold: 1, timeoutMs: 1500 });
    probe.results = ['hang'];
    probe.checks.add('a');
    await probe.clock.run(1600);
    expect(probe.changes).toEqual(['1500 a down']);
    expect(probe.aborted[0]).toBeInstanceOf(TimeoutError);
    expect(probe.checks.status()[0]).toMatchObject({ checks: 1, failures: 1, checkedAt: 1500 });
    expect(probe.checks.status()[0]!.error).toBeInstanceOf(TimeoutError);
  });

  it.each([
    ['succeeds', true],
    ['fails', false],
  ])('knows no more of a check that %s when it has timed out', async (_, late) => {
    const clock = new VirtualClock();
    const check = (): Promise<void> =>
      new Promise((resolve, reject) => clock.after(1800, () => (late ? resolve() : reject(new Error('late')))));
    const probe = new Probe({ clock, check, timeoutMs: 1500, intervalMs: 10_000 });
    probe.checks.add('a');
    await clock.run(5000);
    expect(probe.checks.status()).toMatchObject([{ successes: 0, failures: 1, checks: 1, checkedAt: 1500 }]);
    expect(probe.checks.status()[0]!.error).toBeInstanceOf(TimeoutError);
  });

  it('takes a node neither down nor up that flaps, for as long as no row is long enough', async () => {
    const probe = new Probe({ intervalMs: 100 });
    probe.results = Array.from({ length: 300 }, (_, i) => i % 3 === 2);
    probe.checks.add('a');
    await probe.clock.run(29_900);
    expect(probe.changes).toEqual([]);
    probe.results = [false, false, false, ...Array.from({ length: 300 }, (_, i) => i % 2 === 0)];
    await probe.clock.run(30_000);
    expect(probe.changes).toEqual(['30200 a down']);
  });

  it('never checks a node twice at a time, however much longer than an interval a check takes', async () => {
    const probe = new Probe({ intervalMs: 1000, timeoutMs: 3500 });
    probe.results = ['hang', 'hang', 'hang'];
    probe.checks.add('a');
    await probe.clock.run(10_000);
    expect(probe.mostUnderWay).toBe(1);
    expect(probe.made.slice(0, 3)).toEqual([0, 3500, 7000]);
  });

  it('counts what a check throws at once as failed', async () => {
    const probe = new Probe({
      unhealthyThreshold: 1,
      check: () => {
        throw new Error('at once');
      },
    });
    probe.checks.add('a');
    await probe.clock.run(1);
    expect(probe.checks.isHealthy('a')).toBe(false);
    expect(probe.checks.status()[0]!.error).toMatchObject({ message: 'at once' });
  });

  it.each([undefined, null, 0])('counts a rejection with %s as failed', async (reason) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const probe = new Probe({ unhealthyThreshold: 1, check: () => Promise.reject(reason) });
    probe.checks.add('a');
    await probe.clock.run(1);
    expect(probe.checks.isHealthy('a')).toBe(false);
  });

  it.each([1, 2, 3])(
    'seed %d: begins at a random moment of the interval, and keeps within its jitter',
    async (seed) => {
      const probe = new Probe({ random: seededRandom(seed), jitter: 0.2, intervalMs: 1000 });
      const firsts = new Set<number>();
      for (let i = 0; i < 20; i++) probe.checks.add(`n${i}`);
      await probe.clock.run(999);
      for (const at of probe.made) firsts.add(Math.floor(at / 100));
      expect(firsts.size).toBeGreaterThan(5);
      for (const node of probe.checks.nodes.slice(1)) probe.checks.remove(node);
      await probe.clock.run(60_000);
      const gaps = probe.made.slice(21).map((at, i) => at - probe.made[20 + i]!);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(800);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(1200);
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(200);
    },
  );

  it('begins within as long as it is told to', async () => {
    const probe = new Probe({ random: seededRandom(1), firstCheckWithinMs: 100, intervalMs: 60_000 });
    for (let i = 0; i < 20; i++) probe.checks.add(`n${i}`);
    await probe.clock.run(100);
    expect(probe.made).toHaveLength(20);
    expect(new Set(probe.made).size).toBe(20);
  });

  it('thinks of nodes what it is told to until they were checked, and says so', async () => {
    const probe = new Probe({ initiallyHealthy: false });
    probe.checks.add('a');
    expect(probe.checks.isHealthy('a')).toBe(false);
    await probe.clock.run(2000);
    expect(probe.changes).toEqual(['0 a down', '2000 a up']);
  });

  it('knows nothing bad any more of a node that is removed, and says so', async () => {
    const probe = new Probe({ unhealthyThreshold: 1 });
    probe.results = [false];
    for (const node of ['a', 'b']) probe.checks.add(node);
    await probe.clock.run(10);
    for (const node of ['a', 'b']) probe.checks.remove(node);
    expect(probe.checks.isHealthy('a')).toBe(true);
    expect(probe.changes).toEqual(['0 a down', '10 a up']);
  });

  it('lets the first result of a node decide when it is told to', async () => {
    const probe = new Probe({ firstDecides: true });
    probe.results = [false, true];
    probe.checks.add('a');
    await probe.clock.run(2000);
    expect(probe.changes).toEqual(['0 a down']);
    await probe.clock.run(2000);
    expect(probe.changes).toEqual(['0 a down', '4000 a up']);
  });

  it('knows nothing bad of nodes that it does not check', () => {
    expect(new Probe().checks.isHealthy('x')).toBe(true);
  });

  it('has no more checks under way than it may, and makes the others in the order in which they are due', async () => {
    const order: string[] = [];
    const probe = new Probe({
      maxConcurrent: 2,
      timeoutMs: 1000,
      check: (node, { signal }) => {
        order.push(node);
        return new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    for (const node of ['a', 'b', 'c', 'd', 'e']) probe.checks.add(node);
    await probe.clock.run(999);
    expect(order).toEqual(['a', 'b']);
    await probe.clock.run(1000);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  it('aborts the check of a node that is removed, hears nothing of it any more, and lets the next one begin', async () => {
    const probe = new Probe({ maxConcurrent: 1, unhealthyThreshold: 1 });
    probe.results = ['hang', false];
    probe.checks.add('a');
    probe.checks.add('b');
    await probe.clock.run(10);
    expect(probe.checks.remove('a')).toBe(true);
    expect(probe.checks.remove('a')).toBe(false);
    await probe.clock.run(0);
    expect(probe.aborted).toHaveLength(1);
    expect(probe.aborted[0]).toBeInstanceOf(ClosedError);
    expect(probe.changes).toEqual(['10 b down']);
    expect(probe.checks.nodes).toEqual(['b']);
    expect(probe.timers.armed).toBe(1); // that of b
  });

  it('begins anew with a node that is removed and added while it is checked', async () => {
    const probe = new Probe({ unhealthyThreshold: 1 });
    probe.results = ['hang', true];
    probe.checks.add('a');
    await probe.clock.run(100);
    probe.checks.remove('a');
    probe.checks.add('a');
    await probe.clock.run(1000);
    expect(probe.checks.status()).toEqual([
      { node: 'a', healthy: true, successes: 1, failures: 0, checks: 1, checkedAt: 100, error: null },
    ]);
  });

  it('ends with all checks aborted, no timer left and no check begun any more, and closing twice is harmless', async () => {
    const probe = new Probe({ maxConcurrent: 1 });
    probe.results = [true, 'hang'];
    for (const node of ['a', 'b', 'c']) probe.checks.add(node);
    await probe.clock.run(10);
    await probe.checks.close();
    await probe.checks[Symbol.asyncDispose]();
    expect(probe.timers.armed).toBe(0);
    expect(probe.aborted).toHaveLength(1);
    await probe.clock.run(100_000);
    expect(probe.made).toEqual([0, 0]);
    expect(probe.underWay).toBe(0);
  });

  it('says what it knew, once it is closed, and takes no more nodes', async () => {
    const probe = new Probe({ unhealthyThreshold: 1 });
    probe.results = [false, 'hang'];
    for (const node of ['a', 'b']) probe.checks.add(node);
    await probe.clock.run(10);
    await probe.checks.close();
    expect([probe.checks.isHealthy('a'), probe.checks.isHealthy('b')]).toEqual([false, true]);
    expect(probe.changes).toEqual(['0 a down']);
    expect(() => probe.checks.add('c')).toThrow(ClosedError);
  });

  it('arms one timer a node, and one a check', async () => {
    const probe = new Probe({ maxConcurrent: 2 });
    probe.results = ['hang', 'hang'];
    for (const node of ['a', 'b', 'c']) probe.checks.add(node);
    expect(probe.timers.armed).toBe(3);
    await probe.clock.run(10);
    expect(probe.timers.armed).toBe(2); // the third waits for its turn, without one
    await probe.clock.run(60_000);
    expect(probe.timers.armed).toBe(3);
  });

  it('can be ended by the check itself, and from within a listener', async () => {
    let made = 0;
    const probe = new Probe({
      unhealthyThreshold: 1,
      check: (node) => {
        made++;
        if (node === 'a') return void probe.checks.remove('a');
        throw new Error('refused');
      },
    });
    probe.checks.subscribe(() => void probe.checks.close());
    for (const node of ['a', 'b', 'c']) probe.checks.add(node);
    await probe.clock.run(60_000);
    expect(probe.changes).toHaveLength(1);
    expect(probe.checks.nodes).toEqual(['b', 'c']);
    expect(made).toBe(2);
    expect(probe.timers.armed).toBe(0);
  });

  it('checks a node once that is added twice, and no more nodes than it may', () => {
    const probe = new Probe({ maxNodes: 2 });
    for (const node of ['a', 'b', 'a']) probe.checks.add(node);
    expect(() => probe.checks.add('c')).toThrow(OverloadedError);
    probe.checks.remove('a');
    probe.checks.add('c');
    expect(probe.checks.nodes).toEqual(['b', 'c']);
  });

  it.each([undefined, '', 7])('refuses a node named %s', (node) => {
    expect(() => new Probe().checks.add(node as string)).toThrow(InvalidOptionError);
  });

  it.each([
    ['check', undefined, 'check is undefined; it must be a function such as httpCheck() of quorate/health/node'],
    ['intervalMs', 0, 'intervalMs is 0; it must be a whole number from 1 to 86400000'],
    ['intervalMs', 86_400_001, 'intervalMs is 86400001'],
    ['fastIntervalMs', 0, 'fastIntervalMs is 0'],
    ['downIntervalMs', Infinity, 'downIntervalMs is Infinity'],
    ['firstCheckWithinMs', -1, 'firstCheckWithinMs is -1; it must be a whole number from 0'],
    ['timeoutMs', -1, 'timeoutMs is -1'],
    ['healthyThreshold', 0, 'healthyThreshold is 0'],
    ['unhealthyThreshold', 1.5, 'unhealthyThreshold is 1.5'],
    ['jitter', 0.6, 'jitter is 0.6; it must be a number from 0 to 0.5'],
    ['maxConcurrent', 0, 'maxConcurrent is 0'],
    ['maxNodes', NaN, 'maxNodes is NaN'],
  ])('refuses %s of %s', (option, value, message) => {
    const options = { check: () => {}, [option]: value } as HealthChecksOptions;
    expect(() => new HealthChecks(options)).toThrow(InvalidOptionError);
    expect(() => new HealthChecks(options)).toThrow(message);
  });
});
