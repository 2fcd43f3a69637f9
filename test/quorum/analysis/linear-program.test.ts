import { describe, expect, it } from 'vitest';
import { minimizeCost, type Column } from '../../../src/quorum/analysis/linear-program.js';

const column = (cost: number, ...coefficients: [number, number][]): Column => ({ cost, coefficients, atMost: 1 });

describe('minimizeCost', () => {
  it('shares what must add up to 1 such that it costs least', async () => {
    // One of two; the cheap one is limited to a quarter.
    const columns = [column(1, [0, 1], [1, 4]), column(3, [0, 1])];
    const values = await minimizeCost(columns, [{ equal: 1 }, { max: 1 }]);
    expect(values![0]).toBeCloseTo(0.25, 6);
    expect(values![1]).toBeCloseTo(0.75, 6);
  });

  it('finds null where the rows contradict each other', async () => {
    expect(await minimizeCost([column(1, [0, 1], [1, 4])], [{ equal: 1 }, { max: 1 }])).toBeNull();
  });

  it('finds what costs nothing', async () => {
    expect(await minimizeCost([column(0, [0, 1])], [{ equal: 1 }])).toEqual([1]);
  });
});
