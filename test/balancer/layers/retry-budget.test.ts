import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from 'quorate/core';
import { RetryBudget } from 'quorate/balancer/layers';

describe('RetryBudget', () => {
  it('allows some retries a second, and a fifth of the requests', () => {
    const budget = new RetryBudget({ now: () => 0 });
    expect(budget.balance).toBe(100);
    for (let i = 0; i < 100; i++) expect(budget.withdraw()).toBe(true);
    expect(budget.withdraw()).toBe(false);
    for (let i = 0; i < 5; i++) budget.deposit();
    expect([budget.withdraw(), budget.withdraw()]).toEqual([true, false]);
  });

  it('forgets what requests paid, and what retries cost, after the window', () => {
    let now = 0;
    const budget = new RetryBudget({ now: () => now, minPerSecond: 0 });
    for (let i = 0; i < 50; i++) budget.deposit();
    now = 9999;
    expect(budget.balance).toBe(10);
    now = 10_000;
    expect(budget.balance).toBe(0);
    budget.deposit();
    now = 1e9; // far more than the window later
    expect(budget.balance).toBe(0);
  });

  it('never lets through more than it may within a window, by plain counting, whatever happens', () => {
    const events = fc.array(
      fc.oneof(fc.constant('request' as const), fc.constant('retry' as const), fc.integer({ min: 0, max: 3000 })),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(events, fc.integer({ min: 0, max: 5 }), (list, minPerSecond) => {
        let now = 12_345;
        const budget = new RetryBudget({ now: () => now, minPerSecond, ratio: 0.5 });
        const requests: number[] = [];
        const retries: number[] = [];
        // Parts of a second are forgotten as a whole.
        const remembered = (at: number): boolean => Math.floor(at / 1000) > Math.floor(now / 1000) - 10;
        for (const event of list) {
          if (typeof event === 'number') now += event;
          else if (event === 'request') {
            budget.deposit();
            requests.push(now);
          } else {
            const left =
              10 * minPerSecond + 0.5 * requests.filter(remembered).length - retries.filter(remembered).length;
            expect(budget.withdraw()).toBe(left >= 1);
            if (left >= 1) retries.push(now);
          }
        }
      }),
    );
  });

  it.each([
    ['ratio', -1],
    ['minPerSecond', NaN],
    ['windowMs', 0],
  ])('refuses %s of %d', (option, value) => {
    expect(() => new RetryBudget({ [option]: value })).toThrow(InvalidOptionError);
  });
});
