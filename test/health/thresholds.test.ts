import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countResult, type ThresholdState } from 'quorate/health';

/** What is thought of a node after each result: `+` and `-`, as `U` and `D`. */
function transitions(results: string, rise: number, fall: number, healthy = true): string {
  const state: ThresholdState = { healthy, successes: 0, failures: 0 };
  return [...results]
    .map((result) => {
      countResult(state, result === '+', { healthyThreshold: rise, unhealthyThreshold: fall });
      return state.healthy ? 'U' : 'D';
    })
    .join('');
}

describe('thresholds of results in a row', () => {
  // As a HAProxy with `rise 2 fall 3` sees the same results.
  it.each([
    ['---', 'UUD'],
    ['--+---', 'UUUUUD'],
    ['--+--+--+', 'UUUUUUUUU'],
    ['---+', 'UUDD'],
    ['---++', 'UUDDU'],
    ['---+-+-+-++', 'UUDDDDDDDDU'],
    ['---++---', 'UUDDUUUD'],
    ['+-+-+-', 'UUUUUU'],
    ['-----+++++', 'UUDDDDUUUU'],
  ])('%s with rise 2 and fall 3 is %s', (results, expected) => {
    expect(transitions(results, 2, 3)).toBe(expected);
  });

  it.each([
    ['-+-+', 1, 1, 'DUDU'],
    ['----------', 2, 10, 'UUUUUUUUUD'],
    ['-++++++++++', 10, 1, 'DDDDDDDDDDU'],
  ])('%s with rise %d and fall %d is %s', (results, rise, fall, expected) => {
    expect(transitions(results, rise, fall)).toBe(expected);
  });

  it('changes when the last so many results all say the other, by plain looking back', () => {
    const rule = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), rule, rule, (results, rise, fall) => {
        let healthy = true;
        const expected = results.map((_, i) => {
          const row = results.slice(0, i + 1).slice(healthy ? -fall : -rise);
          if (row.length === (healthy ? fall : rise) && row.every((result) => result !== healthy)) healthy = !healthy;
          return healthy ? 'U' : 'D';
        });
        expect(transitions(results.map((result) => (result ? '+' : '-')).join(''), rise, fall)).toBe(expected.join(''));
      }),
    );
  });
});
