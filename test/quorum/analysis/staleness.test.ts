import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/index.js';
import {
  exponential,
  linkedInDisk,
  linkedInSsd,
  mixture,
  pareto,
  sampleStaleness,
  staleProbability,
  yammer,
  type Distribution,
} from '../../../src/quorum/analysis/index.js';

describe('staleProbability', () => {
  it.each([
    [1, 1, 1, 0.3333],
    [1, 1, 2, 0.5556],
    [1, 1, 3, 0.7037],
    [1, 1, 5, 0.8683],
    [1, 1, 10, 0.9827],
    [1, 2, 1, 0.6667],
    [1, 2, 2, 0.8889],
    [1, 2, 3, 0.963],
    [1, 2, 5, 0.9959],
    [2, 1, 1, 0.6667],
    [2, 1, 5, 0.9959],
  ])('published: N = 3, R = %i, W = %i is consistent within %i versions with %d', (read, write, versions, expected) => {
    expect(1 - staleProbability({ members: 3, read, write, versions })).toBeCloseTo(expected, 4);
  });

  it('is what counting all quorums gives', () => {
    const masks = Array.from({ length: 64 }, (_, mask) => mask);
    const size = (mask: number): number => [...mask.toString(2)].filter((bit) => bit === '1').length;
    for (const read of [1, 2, 3, 6])
      for (const write of [1, 3, 4]) {
        const reads = masks.filter((mask) => size(mask) === read);
        const missed = reads.filter((mask) => (mask & (2 ** write - 1)) === 0);
        expect(staleProbability({ members: 6, read, write })).toBeCloseTo(missed.length / reads.length, 12);
      }
  });

  it('is 0 where reads and writes meet', () => {
    expect(staleProbability({ members: 3, read: 2, write: 2 })).toBe(0);
  });

  it('refuses counts out of range', () => {
    expect(() => staleProbability({ members: 3, read: 4, write: 1 })).toThrow('read is 4');
    expect(() => staleProbability({ members: 3, read: 1, write: 0 })).toThrow('write is 0');
    expect(() => staleProbability({ members: 3, read: 1, write: 1, versions: 0 })).toThrow('versions is 0');
  });
});

describe('distributions', () => {
  /** How much of a large sample is at most `limit`. */
  function share(distribution: Distribution, limit: number): number {
    const random = seededRandom(1);
    return Array.from({ length: 100_000 }, () => distribution(random)).filter((ms) => ms <= limit).length / 100_000;
  }

  it('have the shares that their formulas say', () => {
    for (const ms of [1, 5, 20]) expect(share(exponential(0.2), ms)).toBeCloseTo(1 - Math.exp(-0.2 * ms), 2);
    for (const ms of [2, 3, 10]) expect(share(pareto(2, 1.5), ms)).toBeCloseTo(1 - (2 / ms) ** 1.5, 2);
    const mixed = mixture([
      [3, () => 1],
      [1, () => 2],
    ]);
    expect(share(mixed, 1)).toBeCloseTo(0.75, 2);
  });

  it('refuse what is none', () => {
    expect(() => exponential(0)).toThrow('rate is 0');
    expect(() => pareto(-1, 1)).toThrow('minMs is -1');
    expect(() => pareto(1, 0)).toThrow('shape is 0');
    expect(() => mixture([])).toThrow('parts is an array');
    expect(() => mixture([[-1, () => 1]])).toThrow('weight is -1');
  });
});

describe('sampleStaleness', () => {
  const one = { members: 3, read: 1, write: 1, trials: 200_000 };

  it.each([
    ['SSD', linkedInSsd(), 0, 97.4],
    ['disk', linkedInDisk(), 0, 43.8],
    ['disk', linkedInDisk(), 10, 92.55],
    ['YMMR', yammer(), 0, 89],
    ['YMMR', yammer(), 1364, 99.9],
  ])('published: with N = 3, R = W = 1, %s, %d ms after', (_name, delays, afterMs, percent) => {
    const staleness = sampleStaleness({ ...one, delays, random: seededRandom(1) });
    expect(Math.abs(100 * staleness.visibleProbability(afterMs) - percent)).toBeLessThan(0.7);
  });

  /** Delays that come from a list, in the order in which they are drawn: write, acknowledge, read, respond of each. */
  function listed(of: readonly (readonly number[])[]): {
    random: () => number;
    delays: Parameters<typeof sampleStaleness>[0]['delays'];
  } {
    let drawn = 0;
    const next = (): number => of.flat()[drawn++]!;
    return { random: () => 0, delays: { write: next, acknowledge: next, read: next, respond: next } };
  }

  // The write reaches the replicas at 10, 30 and 50; it is acknowledged at 11, 31 and 51. Reads are answered in the order
  // third, second, first, and reach them after 1, 2 and 3.
  const replicas = [
    [10, 1, 3, 30],
    [30, 1, 2, 20],
    [50, 1, 1, 10],
  ];

  it.each([
    [1, 1, 50 - 1 - 11],
    [2, 1, 30 - 2 - 11],
    [3, 1, 10 - 3 - 11],
    [1, 2, 50 - 1 - 31],
    [2, 2, 30 - 2 - 31],
    [1, 3, 50 - 1 - 51],
  ])('with R = %i and W = %i goes by the R-th answer and the W-th acknowledgement', (read, write, from) => {
    const staleness = sampleStaleness({ members: 3, read, write, trials: 1, ...listed(replicas) });
    expect(staleness.visibleProbability(from)).toBe(1);
    expect(staleness.visibleProbability(from - 0.001)).toBe(0);
    expect(staleness.visibleAfterMs(1)).toBe(Math.max(0, from));
  });

  it('has reads that never miss a write where R + W > N', () => {
    const random = seededRandom(3);
    const { visibleProbability } = sampleStaleness({
      members: 3,
      read: 2,
      write: 2,
      trials: 20_000,
      delays: yammer(),
      random,
    });
    expect(visibleProbability(0)).toBe(1);
  });

  it('tells how long to wait for a probability', () => {
    const staleness = sampleStaleness({ ...one, trials: 20_000, delays: linkedInDisk(), random: seededRandom(2) });
    for (const probability of [0.5, 0.9, 0.99]) {
      const ms = staleness.visibleAfterMs(probability);
      expect(staleness.visibleProbability(ms)).toBeGreaterThanOrEqual(probability);
      expect(staleness.visibleProbability(ms * 0.999)).toBeLessThan(probability);
    }
    expect(staleness.visibleAfterMs(0)).toBe(0);
    expect(() => staleness.visibleAfterMs(2)).toThrow('probability is 2');
  });

  it('is the same for the same seed', () => {
    const sample = (): number =>
      sampleStaleness({ ...one, trials: 1000, delays: yammer(), random: seededRandom(5) }).visibleAfterMs(0.95);
    expect(sample()).toBe(sample());
  });
});
