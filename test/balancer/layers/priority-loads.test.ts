import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priorityLoads } from 'quorate/balancer/layers';
import { InvalidOptionError } from 'quorate/core';

/** Shares from percentages. */
const loads = (...percent: number[]): readonly number[] => priorityLoads(percent.map((one) => one / 100));

describe('priorityLoads', () => {
  it.each([
    [100, [100, 0]],
    [72, [100, 0]],
    [71, [99, 1]],
    [50, [70, 30]],
    [25, [35, 65]],
    [0, [0, 100]],
  ])('overflows as Envoy documents it: %d %% of level 0 and all of level 1 are healthy', (percent, expected) => {
    expect(loads(percent, 100)).toEqual(expected);
  });

  it.each([
    [
      [71, 71, 100],
      [99, 1, 0],
    ],
    [
      [50, 50, 100],
      [70, 30, 0],
    ],
    [
      [25, 100, 100],
      [35, 65, 0],
    ],
    [
      [25, 25, 100],
      [35, 35, 30],
    ],
    [
      [25, 25, 20],
      [36, 36, 28],
    ],
    [
      [5, 65],
      [7, 93],
    ],
    [
      [25, 25],
      [50, 50],
    ],
    [
      [50, 60],
      [70, 30],
    ],
  ])('has the other numbers of its manual: %j %% are healthy', (percent, expected) => {
    expect(loads(...percent)).toEqual(expected);
  });

  it('divides by what there is when that is not enough: health of 20 and 30 is load of 40 and 60', () => {
    expect(priorityLoads([1 / 7, 3 / 14])).toEqual([40, 60]);
  });

  it('counts health in whole percent, down, and does not lose one to the rounding of numbers', () => {
    expect(priorityLoads([5 / 7, 1])).toEqual([100, 0]);
    expect(priorityLoads([0.7142, 1])).toEqual([99, 1]);
    expect(priorityLoads([0.29, 1], { overprovisioning: 1 })).toEqual([29, 71]); // 100 * 0.29 is 28.999999999999996
    expect(priorityLoads([1 / 1000, 1])).toEqual([0, 100]);
  });

  it('gives what rounding leaves to the first level that has any health', () => {
    expect(loads(0, 10, 10, 10)).toEqual([0, 34, 33, 33]);
  });

  it('gives nothing to anyone when nothing is healthy', () => {
    expect(loads(0, 0)).toEqual([0, 0]);
    expect(loads()).toEqual([]);
  });

  it('leaves no more than each level can take without overprovisioning', () => {
    expect(priorityLoads([0.5, 0.25, 1], { overprovisioning: 1 })).toEqual([50, 25, 25]);
  });

  it('is 100 together in whole numbers, gives nothing to who has no health, and overflows only what is above', () => {
    const share = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(share, { maxLength: 12 }), (shares) => {
        const found = priorityLoads(shares);
        const healths = shares.map((one) => Math.min(100, Math.floor(140 * one + 1e-9)));
        const total = healths.reduce((a, b) => a + b, 0);
        expect(found.reduce((a, b) => a + b, 0)).toBe(total > 0 ? 100 : 0);
        found.forEach((load, level) => {
          expect(load).toBe(Math.round(load));
          if (healths[level] === 0) expect(load).toBe(0);
          const above = healths.slice(0, level).reduce((a, b) => a + b, 0);
          if (total >= 100) expect(load).toBe(Math.max(0, Math.min(healths[level]!, 100 - above)));
          else expect(Math.abs(load - (100 * healths[level]!) / Math.max(1, total))).toBeLessThan(shares.length);
        });
      }),
    );
  });

  it.each([
    [[1.1], {}, 'healthShares[0] is 1.1'],
    [[1, NaN], {}, 'healthShares[1] is NaN'],
    [[1], { overprovisioning: 0.9 }, 'overprovisioning is 0.9'],
  ])('refuses what are no shares: %j with %j', (shares, options, message) => {
    expect(() => priorityLoads(shares, options)).toThrow(InvalidOptionError);
    expect(() => priorityLoads(shares, options)).toThrow(message);
  });
});
