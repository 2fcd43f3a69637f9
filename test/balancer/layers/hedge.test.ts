import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from 'quorate/core';
import { LeastConnections, NoNodeError, RoundRobin } from 'quorate/balancer';
import { hedged, RetryBudget, type HedgeOptions } from 'quorate/balancer/layers';
import { VirtualClock } from 'quorate/testing';

const NODES = ['a', 'b', 'c'];

/** Attempts that answer, or fail, after a while of virtual time; notes when each began and how it ended. */
class Hedging {
  readonly clock = new VirtualClock();
  readonly balancer = new LeastConnections(NODES);
  readonly log: string[] = [];
  readonly budget = new RetryBudget({ now: () => this.clock.now() });

  request(
    plan: Readonly<Record<string, readonly ['answers' | 'fails', number]>>,
    options: Partial<HedgeOptions> = {},
  ): Promise<string> {
    const note = (what: string): void => void this.log.push(`${this.clock.now()} ${what}`);
    return hedged(
      this.balancer,
      undefined,
      (node, { signal }) =>
        new Promise<string>((resolve, reject) => {
          note(`begin ${node}`);
          const [how, ms] = plan[node]!;
          const cancel = this.clock.after(ms, () => {
            if (how === 'answers') resolve(node);
            else reject(new Error(`${node} failed`));
          });
          signal.addEventListener('abort', () => {
            cancel();
            note(`abort ${node}`);
            reject(new Error('aborted'));
          });
        }),
      { idempotent: true, budget: this.budget, delayMs: 100, clock: this.clock, ...options },
    );
  }

  /** Whether no node has a request. */
  idle(): boolean {
    const picks = Array.from({ length: 3 }, () => this.balancer.pick());
    for (const { done } of picks) done();
    return new Set(picks.map(({ node }) => node)).size === 3;
  }
}

describe('hedged', () => {
  it('makes one attempt when that answers in time', async () => {
    const hedging = new Hedging();
    const answer = hedging.request({ a: ['answers', 99] });
    await hedging.clock.run(1000);
    expect(await answer).toBe('a');
    expect(hedging.log).toEqual(['0 begin a']);
    expect(hedging.idle()).toBe(true);
  });

  it('makes another one beside it after the delay; the first answer counts and the other is aborted', async () => {
    const hedging = new Hedging();
    const answer = hedging.request({ a: ['answers', 5000], b: ['answers', 10] });
    await hedging.clock.run(1000);
    expect(await answer).toBe('b');
    expect(hedging.log).toEqual(['0 begin a', '100 begin b', '110 abort a']);
    expect(hedging.idle()).toBe(true);
  });

  it('takes the answer of the first when that comes first all the same', async () => {
    const hedging = new Hedging();
    const answer = hedging.request({ a: ['answers', 150], b: ['answers', 500] });
    await hedging.clock.run(1000);
    expect(await answer).toBe('a');
    expect(hedging.log).toContain('150 abort b');
  });

  it('makes the next attempt at once when one fails, and ends with the last error when all have', async () => {
    const hedging = new Hedging();
    const answer = hedging.request({ a: ['fails', 20], b: ['fails', 30], c: ['answers', 1] });
    answer.catch(() => {});
    await hedging.clock.run(1000);
    await expect(answer).rejects.toThrow('b failed');
    expect(hedging.log).toEqual(['0 begin a', '20 begin b']);
    expect(hedging.idle()).toBe(true);
  });

  it('waits for an attempt that is under way when another one has failed', async () => {
    const hedging = new Hedging();
    const answer = hedging.request({ a: ['answers', 500], b: ['fails', 10] });
    await hedging.clock.run(1000);
    expect(await answer).toBe('a');
  });

  it('makes as many attempts as it may, each after the delay', async () => {
    const hedging = new Hedging();
    const slow = ['answers', 900] as const;
    const answer = hedging.request({ a: slow, b: slow, c: slow }, { maxAttempts: 3 });
    await hedging.clock.run(2000);
    expect(await answer).toBe('a');
    expect(hedging.log.slice(0, 3)).toEqual(['0 begin a', '100 begin b', '200 begin c']);
  });

  it('does without when the budget is spent', async () => {
    const hedging = new Hedging();
    const budget = new RetryBudget({ now: () => 0, minPerSecond: 0, ratio: 0 });
    const answer = hedging.request({ a: ['answers', 500], b: ['answers', 1] }, { budget });
    await hedging.clock.run(1000);
    expect(await answer).toBe('a');
  });

  it('ends with the reason when the caller gives up, and aborts all', async () => {
    const hedging = new Hedging();
    const controller = new AbortController();
    const slow = ['answers', 5000] as const;
    const answer = hedging.request({ a: slow, b: slow }, { signal: controller.signal });
    answer.catch(() => {});
    await hedging.clock.run(200);
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    expect(hedging.log.filter((line) => line.includes('abort'))).toEqual(['200 abort a', '200 abort b']);
    await hedging.clock.run(10_000);
    expect(hedging.log).toHaveLength(4);
    expect(hedging.idle()).toBe(true);
  });

  it('is refused when there is no node, and when it is given no delay', async () => {
    const options = { idempotent: true, budget: new RetryBudget(), delayMs: 10, maxAttempts: 1 } as const;
    await expect(hedged(new RoundRobin([]), undefined, () => 1, options)).rejects.toThrow(NoNodeError);
    const wrong = { ...options, delayMs: NaN };
    await expect(hedged(new RoundRobin([]), undefined, () => 1, wrong)).rejects.toThrow(InvalidOptionError);
  });
});
