import { describe, expect, it } from 'vitest';
import { checkLinearizability, keyValueModel } from '../../src/testing/index.js';
import { clientHistory } from './client-history.js';

const seeds = Array.from({ length: 100 }, (_, i) => i + 1);

function violations(options: { localReads?: boolean; forgetful?: boolean }): number {
  const verdicts = seeds.slice(0, 20).map((seed) => {
    return checkLinearizability(clientHistory({ seed, ...options }), keyValueModel()).verdict;
  });
  return verdicts.filter((verdict) => verdict === 'violation').length;
}

describe('what clients of a simulated replicated map see', () => {
  it('is linearizable, whatever crashes, is cut off or slow, and whoever is a member or leads', () => {
    const outcomes = { ok: 0, failed: 0, unknown: 0 };
    for (const seed of seeds) {
      const history = clientHistory({ seed });
      for (const { outcome } of history) outcomes[outcome]++;
      const { verdict } = checkLinearizability(history, keyValueModel());
      expect({ seed, verdict }).toEqual({ seed, verdict: 'ok' });
    }
    expect(outcomes.ok).toBeGreaterThan(10_000);
    expect(outcomes.failed).toBeGreaterThan(100);
    expect(outcomes.unknown).toBeGreaterThan(100);
  });

  it('is not where servers answer reads from what they have themselves', () => {
    expect(violations({ localReads: true })).toBeGreaterThan(10);
  });

  it('is not where a write that was repeated is applied again', () => {
    expect(violations({ forgetful: true })).toBeGreaterThan(10);
  });
});
