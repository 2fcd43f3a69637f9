import { describe, expect, it } from 'vitest';
import { ClosedError, InvalidOptionError, TimeoutError } from 'quorate/core';
import {
  ConsistentHashing,
  LeastConnections,
  NoNodeError,
  RoundRobin,
  type Balancer,
  type Lease,
} from 'quorate/balancer';
import { ConnectionLimits, Layer, RetryBudget, retrying, type RetryOptions } from 'quorate/balancer/layers';
import { VirtualClock } from 'quorate/testing';

const NODES = ['a', 'b', 'c'];
const failed = new ClosedError('the connection'); // outcome failed
const unknown = new TimeoutError('the request', 1000); // outcome unknown

/** Tells of each lease how it ended. */
class Watched extends Layer {
  readonly ends: string[] = [];

  constructor() {
    super(new RoundRobin());
    for (const node of NODES) this.add(node);
  }

  protected override given({ node, done }: Lease): Lease {
    return {
      node,
      done: (result) => {
        this.ends.push(`${node} ${result?.failed}`);
        done(result);
      },
    };
  }
}

/** Sends by what each attempt is to do; returns where they went. */
async function run(
  outcomes: readonly (Error | string)[],
  options: Partial<RetryOptions> = {},
  balancer: Balancer = new RoundRobin(NODES),
): Promise<{ nodes: string[]; answer?: unknown; error?: unknown }> {
  const nodes: string[] = [];
  const send = (node: string, { attempt }: { attempt: number }): string => {
    nodes.push(node);
    const outcome = outcomes[attempt - 1]!;
    if (typeof outcome !== 'string') throw outcome;
    return outcome;
  };
  const budget = new RetryBudget({ now: () => 0 });
  try {
    return { nodes, answer: await retrying(balancer, undefined, send, { budget, ...options }) };
  } catch (error) {
    return { nodes, error };
  }
}

describe('retrying', () => {
  it('makes one attempt when that succeeds', async () => {
    expect(await run(['yes'])).toEqual({ nodes: ['a'], answer: 'yes' });
  });

  it('goes on to other nodes while nothing has happened, and each only once', async () => {
    expect(await run([failed, failed, 'yes'])).toEqual({ nodes: ['a', 'b', 'c'], answer: 'yes' });
    const hashing = new ConsistentHashing(NODES, { key: () => 'k' }) as unknown as Balancer;
    const { nodes } = await run([failed, failed, 'yes'], {}, hashing);
    expect([...nodes].sort()).toEqual(NODES);
  });

  it('ends with the last error after maxAttempts', async () => {
    const last = new ClosedError('the last one');
    expect(await run([failed, failed, last])).toEqual({ nodes: NODES, error: last });
    expect((await run([failed, failed], { maxAttempts: 1 })).nodes).toEqual(['a']);
  });

  it('does not repeat what may have happened, unless that is as good as once', async () => {
    expect(await run([unknown, 'yes'])).toEqual({ nodes: ['a'], error: unknown });
    expect(await run([new Error('anything'), 'yes'])).toMatchObject({ nodes: ['a'] });
    expect(await run([unknown, 'yes'], { idempotent: true })).toMatchObject({ answer: 'yes' });
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(await run([refused, 'yes'], { wasNotDone: (error) => error === refused })).toMatchObject({ answer: 'yes' });
  });

  it('does not repeat what others would answer, too', async () => {
    const { nodes } = await run([failed, 'yes'], { isRetryable: () => false });
    expect(nodes).toEqual(['a']);
  });

  it('tries a node again when there is no other', async () => {
    expect(await run([failed, 'yes'], {}, new RoundRobin(['a']))).toEqual({ nodes: ['a', 'a'], answer: 'yes' });
  });

  it('is refused when there is no node', async () => {
    expect((await run([], {}, new RoundRobin([]))).error).toBeInstanceOf(NoNodeError);
  });

  it('ends when the budget is spent, which all requests share', async () => {
    const budget = new RetryBudget({ now: () => 0, minPerSecond: 0, ratio: 0.5 });
    const attempts = [];
    for (let i = 0; i < 20; i++) attempts.push((await run([failed, failed, failed], { budget })).nodes.length);
    expect(attempts.reduce((a, b) => a + b)).toBe(20 + 10);
  });

  it('says of each lease how it ended, in order', async () => {
    const balancer = new Watched();
    await run([failed, 'yes'], {}, balancer);
    expect(balancer.ends).toEqual(['a true', 'b false']);
  });

  it('leaves nothing in flight', async () => {
    const balancer = new LeastConnections(NODES);
    await run([failed, failed, failed], {}, balancer);
    await run(['yes'], {}, balancer);
    const picks = Array.from({ length: 3 }, () => balancer.pick().node);
    expect(picks.sort()).toEqual(NODES);
  });

  it('waits between attempts for a random part of what doubles up to a limit', async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    const budget = new RetryBudget({ now: () => clock.now() });
    const send = (): never => {
      times.push(clock.now());
      throw failed;
    };
    const options = { budget, clock, maxAttempts: 5, backoffMs: 100, maxBackoffMs: 300, random: () => 0.5 };
    const ended = retrying(new RoundRobin(NODES), undefined, send, options).catch(() => {});
    await clock.run(10_000);
    await ended;
    expect(times).toEqual([0, 50, 150, 300, 450]);
  });

  it('ends with the reason when the caller gives up, which is no fault of the node', async () => {
    const balancer = new Watched();
    const controller = new AbortController();
    const reason = new Error('enough');
    const budget = new RetryBudget({ now: () => 0 });
    const send = (_: string, { signal }: { signal: AbortSignal }): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(failed));
      });
    const ended = retrying(balancer, undefined, send, { budget, signal: controller.signal });
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    controller.abort(reason);
    await expect(ended).rejects.toBe(reason);
    expect(balancer.ends).toEqual(['a false']);
    await expect(retrying(balancer, undefined, send, { budget, signal: controller.signal })).rejects.toBe(reason);
    expect(balancer.ends).toHaveLength(1);
  });

  it('ends with the reason while it waits for its next attempt', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const budget = new RetryBudget({ now: () => 0 });
    const options = { budget, clock, backoffMs: 1000, random: () => 0.9, signal: controller.signal };
    const ended = retrying(new RoundRobin(NODES), undefined, () => Promise.reject(failed), options);
    ended.catch(() => {});
    await clock.run(100);
    controller.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
  });

  it('waits for its turn where there is a queue', async () => {
    const clock = new VirtualClock();
    const limits = new ConnectionLimits(new RoundRobin(), { maxPerNode: 1, clock });
    limits.add('a');
    const { done } = limits.pick();
    const ended = run(['yes'], {}, limits);
    await clock.run(100);
    expect(limits.queued).toBe(1);
    done();
    expect(await ended).toEqual({ nodes: ['a'], answer: 'yes' });
    expect(limits.inFlight('a')).toBe(0);
  });

  it.each([
    ['maxAttempts', 0],
    ['backoffMs', -1],
    ['maxBackoffMs', NaN],
  ])('refuses %s of %d', async (option, value) => {
    expect((await run(['yes'], { [option]: value })).error).toBeInstanceOf(InvalidOptionError);
  });
});
