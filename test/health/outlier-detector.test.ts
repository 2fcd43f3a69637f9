import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from 'quorate/core';
import { OutlierDetector, type OutlierDetectorOptions } from 'quorate/health';
import { NaiveOutliers, type NaiveOptions } from './naive-outliers.js';

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`);

/** A detector, a clock that is set by hand, and what listeners heard. */
function setUp(nodes: number, options: OutlierDetectorOptions = {}) {
  const time = { now: 0 };
  const told: string[] = [];
  const detector = new OutlierDetector({
    now: () => time.now,
    onEjection: (node, reason, forMs) => told.push(`${node} ${reason} ${forMs}`),
    onReturn: (node) => told.push(`${node} returns`),
    ...options,
  });
  for (const node of names(nodes)) detector.add(node);
  /** Requests that end at once; the failures are the first of them. */
  const send = (node: string, requests: number, failures: number): void => {
    for (let i = 0; i < requests; i++) detector.begin(node)(i < failures);
  };
  const passTo = (now: number): void => {
    time.now = now;
    detector.update();
  };
  const ejected = (): string[] => names(nodes).filter((node) => detector.isEjected(node));
  return { time, told, detector, send, passTo, ejected };
}

const off = { consecutiveFailures: false, successRate: false, failurePercentage: false } as const;

describe('OutlierDetector: consecutive failures', () => {
  it('ejects at once after five in a row, for 30 s', () => {
    const { send, told, passTo, ejected } = setUp(3);
    passTo(1);
    send('n1', 4, 4);
    expect(ejected()).toEqual([]);
    send('n1', 1, 1);
    expect(told).toEqual(['n1 consecutive-failures 30000']);
    passTo(30_000);
    expect(ejected()).toEqual(['n1']);
    passTo(30_001);
    expect(ejected()).toEqual([]);
    expect(told[1]).toBe('n1 returns');
  });

  it('forgets failures with one success, and not with an interval', () => {
    const { detector, send, passTo, ejected } = setUp(3);
    for (let i = 0; i < 10; i++) {
      send('n0', 4, 4);
      send('n0', 1, 0);
    }
    send('n0', 4, 4);
    expect(ejected()).toEqual([]);
    expect(detector.status()[0]).toMatchObject({ requests: 54, failures: 44, consecutiveFailures: 4 });
    passTo(10_000);
    send('n0', 1, 1);
    expect(ejected()).toEqual(['n0']);
  });

  it('asks again after as many failures when as many are ejected as may be', () => {
    const { send, ejected, passTo } = setUp(10);
    for (const node of ['n0', 'n1']) send(node, 5, 5);
    expect(ejected()).toEqual(['n0']);
    passTo(30_000);
    send('n1', 4, 4);
    expect(ejected()).toEqual([]);
    send('n1', 1, 1);
    expect(ejected()).toEqual(['n1']);
  });

  it('can be turned off', () => {
    const { send, ejected } = setUp(3, { consecutiveFailures: false });
    send('n0', 1000, 1000);
    expect(ejected()).toEqual([]);
  });
});

describe('OutlierDetector: success rate', () => {
  /** Failures of so many requests of each node in one interval. */
  const after = (failures: readonly number[], requests = 100, options: OutlierDetectorOptions = {}): string[] => {
    const test = setUp(failures.length, { ...off, successRate: {}, maxEjected: 1, ...options });
    failures.forEach((failed, i) => test.send(`n${i}`, requests, failed));
    test.passTo(10_000);
    return test.ejected();
  };

  // Worked out by hand: mean and standard deviation of the population, times 1.9.
  it.each([
    { failures: [0, 0, 0, 0, 10], found: ['n4'], why: '0.98 - 1.9 * 0.04 = 0.904, and 0.9 is below' },
    { failures: [0, 0, 0, 0, 1], found: ['n4'], why: '0.998 - 1.9 * 0.004 = 0.9904, and 0.99 is below' },
    { failures: [0, 0, 0, 0, 0, 0, 0, 0, 10, 10], found: ['n8', 'n9'], why: '0.98 - 1.9 * 0.04 = 0.904 again' },
    { failures: [0, 0, 0, 0, 0, 0, 0, 10, 10, 10], found: [], why: '0.97 - 1.9 * 0.0458 = 0.883' },
    { failures: [0, 0, 0, 5, 10], found: [], why: '0.97 - 1.9 * 0.04 = 0.894' },
    { failures: [100, 100, 100, 100, 90], found: [], why: 'who is better than the others is none' },
  ])('of $failures failures in 100 finds $found: $why', ({ failures, found }) => {
    expect(after(failures)).toEqual(found);
  });

  it('divides by the number of nodes, not by one less, or one of five could never be found', () => {
    expect(after([0, 0, 0, 0, 100])).toEqual(['n4']);
  });

  it.each([
    { nodes: 4, requests: 100, found: 0 },
    { nodes: 5, requests: 99, found: 0 },
    { nodes: 5, requests: 100, found: 1 },
  ])('finds $found of $nodes nodes with $requests requests', ({ nodes, requests, found }) => {
    const failures = Array.from({ length: nodes }, (_, i) => (i === 0 ? 50 : 0));
    expect(after(failures, requests, { successRate: { stdevFactor: 1.5 } })).toHaveLength(found);
  });

  it('leaves those with few requests out, of the mean and of what is found', () => {
    const { send, passTo, ejected } = setUp(7, { ...off, successRate: {}, maxEjected: 1 });
    for (const node of names(5)) send(node, 100, node === 'n0' ? 10 : 0);
    for (const node of ['n5', 'n6']) send(node, 99, 99);
    passTo(10_000);
    expect(ejected()).toEqual(['n0']);
  });

  it('counts in each interval anew', () => {
    const { send, passTo, ejected } = setUp(5, { ...off, successRate: {} });
    const half = (): void => {
      for (const node of names(5)) send(node, 50, node === 'n0' ? 25 : 0);
    };
    half();
    passTo(10_000);
    half();
    passTo(20_000);
    expect(ejected()).toEqual([]);
  });

  it('leaves out who is ejected already', () => {
    const { send, passTo, ejected } = setUp(5, { failurePercentage: false, maxEjected: 1 });
    for (const node of names(5)) send(node, 100, 0);
    send('n0', 5, 5); // ejected; four are left, too few
    send('n1', 100, 4);
    passTo(10_000);
    expect(ejected()).toEqual(['n0']);
  });

  it('never finds an outlier among equals, whatever is rounded', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 40 }), fc.integer({ min: 1, max: 99 }), (nodes, failures) => {
        const factors = { successRate: { stdevFactor: 0 }, maxEjected: 1 };
        expect(after(Array<number>(nodes).fill(failures), 100, factors)).toEqual([]);
      }),
    );
  });
});

describe('OutlierDetector: failure percentage', () => {
  const after = (requests: number, failures: number, nodes = 5, threshold = 0.85): string[] => {
    const { send, passTo, ejected } = setUp(nodes, { ...off, failurePercentage: { threshold } });
    for (const node of names(nodes)) send(node, requests, node === 'n2' ? failures : 0);
    passTo(10_000);
    return ejected();
  };

  it.each([
    { requests: 100, failures: 85, nodes: 5, found: [] },
    { requests: 100, failures: 86, nodes: 5, found: ['n2'] },
    { requests: 50, failures: 43, nodes: 5, found: ['n2'] },
    { requests: 49, failures: 49, nodes: 5, found: [] },
    { requests: 100, failures: 100, nodes: 4, found: [] },
  ])('of $failures failures in $requests, with $nodes nodes, finds $found', ({ requests, failures, nodes, found }) => {
    expect(after(requests, failures, nodes)).toEqual(found);
  });

  it('takes exactly the threshold for good, whatever is rounded', () => {
    for (let percent = 1; percent < 100; percent++) expect(after(100, percent, 5, percent / 100)).toEqual([]);
  });
});

describe('OutlierDetector: ejections', () => {
  it.each([
    { nodes: 1, maxEjected: 0.1, most: 0 },
    { nodes: 2, maxEjected: 0.1, most: 1 },
    { nodes: 10, maxEjected: 0.1, most: 1 },
    { nodes: 11, maxEjected: 0.1, most: 2 },
    { nodes: 15, maxEjected: 0.1, most: 2 },
    { nodes: 100, maxEjected: 0.1, most: 10 },
    { nodes: 100, maxEjected: 0, most: 0 },
    { nodes: 4, maxEjected: 1, most: 3 },
  ])('are at most $most of $nodes nodes with a limit of $maxEjected', ({ nodes, maxEjected, most }) => {
    const { send, ejected } = setUp(nodes, { maxEjected });
    for (const node of names(nodes)) send(node, 5, 5);
    expect(ejected()).toEqual(names(most));
  });

  it('last 30 s longer each time, to 300 s', () => {
    const { send, told, time, passTo } = setUp(3);
    const lengths = [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300].map((seconds) => seconds * 1000);
    for (const ms of lengths) {
      send('n0', 5, 5);
      passTo(time.now + ms);
    }
    expect(told).toEqual(lengths.flatMap((ms) => [`n0 consecutive-failures ${ms}`, 'n0 returns']));
  });

  it('get shorter by 30 s for each whole interval without, once the node is back', () => {
    const { detector, send, passTo } = setUp(3);
    const multiplierAt = (now: number): number => {
      passTo(now);
      return detector.status()[0]!.multiplier;
    };
    send('n0', 5, 5);
    passTo(30_000);
    send('n0', 5, 5);
    passTo(90_000);
    passTo(95_000);
    send('n0', 5, 5); // 3 * 30 s, to 185 s
    expect([185_000, 190_000, 199_999, 200_000, 209_999, 210_000].map(multiplierAt)).toEqual([3, 3, 3, 2, 2, 1]);
    expect(multiplierAt(1_000_000)).toBe(0);
  });

  it('remember no more than the longest one: five minutes of it are forgiven in 100 s', () => {
    const { detector, send, time, passTo } = setUp(3);
    for (let i = 0; i < 50; i++) {
      send('n0', 5, 5);
      passTo(detector.status()[0]!.ejectedUntil!);
    }
    expect(detector.status()[0]!.multiplier).toBe(10);
    passTo(time.now + 100_000);
    expect(detector.status()[0]!.multiplier).toBe(0);
  });

  it('last at least as long as the first one, whatever the longest is said to be', () => {
    const { send, told } = setUp(3, { baseEjectionMs: 5000, maxEjectionMs: 1000 });
    send('n0', 5, 5);
    expect(told).toEqual(['n0 consecutive-failures 5000']);
  });

  it('make results of requests from before them count for nothing, even after them', () => {
    const { detector, send, passTo, ejected } = setUp(3);
    const late = Array.from({ length: 10 }, () => detector.begin('n0'));
    send('n0', 5, 5);
    for (const ended of late.slice(5)) ended(true);
    passTo(30_000);
    for (const ended of late.slice(0, 5)) ended(true);
    expect(ejected()).toEqual([]);
    expect(detector.status()[0]).toMatchObject({ requests: 0, failures: 0, consecutiveFailures: 0 });
  });

  it('end with the node; one of the same name begins anew, and late results are not its own', () => {
    const { detector, send, ejected, told, passTo } = setUp(3);
    const late = Array.from({ length: 10 }, () => detector.begin('n0'));
    send('n0', 5, 5);
    expect([detector.remove('n0'), detector.remove('n0')]).toEqual([true, false]);
    late[0]!(true);
    detector.add('n0');
    for (const ended of late) ended(true);
    expect(ejected()).toEqual([]);
    expect(detector.status().at(-1)).toMatchObject({ node: 'n0', multiplier: 0, requests: 0 });
    passTo(40_000);
    expect(told).toEqual(['n0 consecutive-failures 30000']);
    send('n1', 5, 5); // its place was freed
    expect(ejected()).toEqual(['n1']);
  });

  it('are not made of nodes that were removed, whatever fails late, and take no place of others', () => {
    const { detector, told, send, ejected } = setUp(4);
    const late = Array.from({ length: 10 }, () => detector.begin('n0'));
    detector.remove('n0');
    for (const ended of late) ended(true);
    expect(told).toEqual([]);
    send('n1', 5, 5);
    expect(ejected()).toEqual(['n1']);
  });

  it('count a request once, however often it is said to have ended', () => {
    const { detector, ejected } = setUp(3);
    const ended = detector.begin('n0');
    for (let i = 0; i < 10; i++) ended(true);
    expect(ejected()).toEqual([]);
    expect(detector.status()[0]!.requests).toBe(1);
  });

  it('are not made of nodes that are not there', () => {
    const { detector } = setUp(0);
    for (let i = 0; i < 10; i++) detector.begin('nobody')(true);
    expect([detector.status(), detector.isEjected('nobody')]).toEqual([[], false]);
  });

  it('begin with the end of the interval, and may be over when somebody looks', () => {
    const { send, told, passTo, ejected } = setUp(5, { ...off, successRate: {} });
    for (const node of names(5)) send(node, 100, node === 'n0' ? 50 : 0);
    passTo(39_999);
    expect(ejected()).toEqual(['n0']);
    passTo(40_000);
    expect(told).toEqual(['n0 success-rate 30000', 'n0 returns']);
  });

  it('hold, whatever listeners throw', () => {
    const { send, ejected, passTo } = setUp(3, {
      onEjection: () => {
        throw new Error('listener');
      },
      onReturn: () => {
        throw new Error('listener');
      },
    });
    send('n0', 5, 5);
    expect(ejected()).toEqual(['n0']);
    passTo(30_000);
    expect(ejected()).toEqual([]);
  });
});

describe('OutlierDetector', () => {
  it('looks without changing anything', () => {
    const { detector, send, time, told } = setUp(3);
    send('n0', 5, 5);
    time.now = 100_000;
    expect(detector.isEjected('n0')).toBe(true);
    expect(detector.status()[0]).toMatchObject({ ejectedUntil: 30_000, multiplier: 1 });
    expect(told).toHaveLength(1);
  });

  it('is the same as with timers that fire each millisecond, however rarely it is asked', () => {
    const options: NaiveOptions = {
      intervalMs: 10,
      baseEjectionMs: 7,
      maxEjectionMs: 30,
      maxEjected: 0.4,
      consecutiveFailures: 3,
      stdevFactor: 1.2,
      threshold: 0.6,
      minNodes: 3,
      minRequests: 2,
    };
    const node = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const event = fc.record({
      node,
      what: fc.oneof(
        { weight: 1, arbitrary: fc.constantFrom('add', 'remove') },
        { weight: 12, arbitrary: fc.constantFrom('begin', 'end', 'end') },
      ),
      which: fc.nat(),
      failed: fc.boolean(),
      ms: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(0, 0, 1) }, { weight: 1, arbitrary: fc.nat({ max: 45 }) }),
    });
    const reasons = new Set<string>();
    fc.assert(
      fc.property(fc.array(event, { minLength: 20, maxLength: 250 }), (events) => {
        const { minNodes, minRequests, stdevFactor, threshold, ...others } = options;
        const counted = { minNodes, minRequests };
        const successRate = { ...counted, stdevFactor };
        const failurePercentage = { ...counted, threshold };
        const { detector, time, told } = setUp(0, { ...others, successRate, failurePercentage });
        const naive = new NaiveOutliers(options);
        const open: [(failed: boolean) => void, (failed: boolean) => void][] = [];
        for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
          detector.add(name);
          naive.add(name);
        }
        for (const { node, what, which, failed, ms } of events) {
          time.now += ms;
          naive.pass(ms);
          if (what === 'add' || what === 'remove') {
            detector[what](node);
            naive[what](node);
          } else if (what === 'begin' || open.length === 0) {
            detector.update();
            open.push([detector.begin(node), naive.begin(node)]);
          } else {
            const [ended] = open.splice(which % open.length, 1);
            for (const end of ended!) end(failed && which % 3 < 2);
          }
          detector.update();
          const known = detector.status();
          expect(known).toEqual(
            naive.nodes.map(({ name, results, inARow, multiplier, ejectedUntil }) => ({
              node: name,
              requests: results.length,
              failures: results.filter((failed) => failed).length,
              consecutiveFailures: inARow,
              multiplier,
              ejectedUntil,
            })),
          );
          // Of several returns within one jump the order is not promised.
          expect([...told].sort()).toEqual([...naive.told].sort());
        }
        for (const line of told) reasons.add(line.split(' ')[1]!);
      }),
      { numRuns: 1000 },
    );
    expect([...reasons].sort()).toEqual(['consecutive-failures', 'failure-percentage', 'returns', 'success-rate']);
  });

  it.each<[string, OutlierDetectorOptions]>([
    ['intervalMs', { intervalMs: 0 }],
    ['baseEjectionMs', { baseEjectionMs: 0 }],
    ['maxEjectionMs', { maxEjectionMs: NaN }],
    ['maxEjected', { maxEjected: 10 }],
    ['consecutiveFailures', { consecutiveFailures: 0 }],
    ['successRate.stdevFactor', { successRate: { stdevFactor: -1 } }],
    ['successRate.minNodes', { successRate: { minNodes: 0 } }],
    ['successRate.minRequests', { successRate: { minRequests: 0 } }],
    ['failurePercentage.threshold', { failurePercentage: { threshold: 85 } }],
    ['failurePercentage.minNodes', { failurePercentage: { minNodes: 0 } }],
    ['failurePercentage.minRequests', { failurePercentage: { minRequests: 0 } }],
  ])('refuses a wrong %s', (option, options) => {
    const make = () => new OutlierDetector(options);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(option);
  });
});
