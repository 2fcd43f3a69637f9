import { describe, expect, it } from 'vitest';
import { Told } from '../../src/transport/stream/told.js';

describe('what was told of those that were refused', () => {
  it('is news once for each reason, until the peer was connected', () => {
    const told = new Told();
    expect([told.isNews('a', 'cluster'), told.isNews('a', 'cluster')]).toEqual([true, false]);
    expect([told.isNews('a', 'version'), told.isNews('b', 'cluster')]).toEqual([true, true]);
    told.connected('a');
    expect([told.isNews('a', 'cluster'), told.isNews('b', 'cluster')]).toEqual([true, false]);
  });

  it('is forgotten of the one that has been remembered for longest when there are too many', () => {
    const told = new Told(2);
    for (const who of ['a', 'b', 'c']) told.isNews(who, 'cluster');
    expect(told.isNews('b', 'cluster')).toBe(false);
    expect(told.isNews('c', 'cluster')).toBe(false);
    expect(told.isNews('a', 'cluster')).toBe(true);
    expect(told.isNews('b', 'cluster')).toBe(true);
  });
});
