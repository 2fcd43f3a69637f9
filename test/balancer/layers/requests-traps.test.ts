import { describe, expect, it } from 'vitest';
import { ClosedError, InvalidOptionError, OverloadedError, TimeoutError } from 'quorate/core';
import { ConsistentHashing, NoNodeError, RoundRobin, type Lease } from 'quorate/balancer';
import {
  ConnectionLimits,
  HealthGate,
  hedged,
  PriorityLevels,
  RequestScheduler,
  RetryBudget,
  retrying,
  type ConnectionLimitsOptions,
} from 'quorate/balancer/layers';
import { VirtualClock } from 'quorate/testing';

const NODES = ['a', 'b', 'c'];

function limited(nodes: readonly string[], options: Partial<ConnectionLimitsOptions> = {}): ConnectionLimits {
  const limits = new ConnectionLimits(new RoundRobin(), { maxPerNode: 1, clock: new VirtualClock(), ...options });
  for (const node of nodes) limits.add(node);
  return limits;
}

/** What became of a request that waits, as far as is known after promises have settled. */
async function outcome(waiting: Promise<Lease>): Promise<unknown> {
  let known: unknown = 'waits';
  waiting.then(
    ({ node }) => (known = node),
    (error: unknown) => (known = error),
  );
  await new VirtualClock().run(0);
  return known;
}

describe('traps of ConnectionLimits', () => {
  it('serves those that wait when a node is well again by a layer inside, with the next that comes', async () => {
    const gate = new HealthGate(new RoundRobin());
    const limits = new ConnectionLimits(gate, { maxPerNode: 1, clock: new VirtualClock() });
    for (const node of ['a', 'b', 'c']) limits.add(node);
    gate.setHealthy('b', false);
    gate.setHealthy('c', false);
    limits.pick();
    const first = limits.acquire();
    gate.setHealthy('b', true);
    gate.setHealthy('c', true);
    const second = limits.acquire();
    expect([await outcome(first), await outcome(second)]).toEqual(['b', 'c']);
  });

  it('gives a place to the first that can use it, when another that waits cannot', async () => {
    class Picky extends ConsistentHashing<string> {
      override pick(context: string): Lease {
        if (context === 'never') throw new OverloadedError('what it asks for', 0);
        return super.pick(context);
      }
    }
    const limits = new ConnectionLimits(new Picky([], { key: (key) => key }), {
      maxPerNode: 1,
      clock: new VirtualClock(),
    });
    limits.add('a');
    const { done } = limits.pick('x');
    const [never, other] = [limits.acquire('never'), limits.acquire('x')];
    done();
    expect([await outcome(never), await outcome(other)]).toEqual(['waits', 'a']);
  });

  it('gives no place to a request whose signal has aborted but has not told it yet', async () => {
    const limits = limited(['a']);
    const { done } = limits.pick();
    const controller = new AbortController();
    controller.signal.addEventListener('abort', () => done()); // hears of it first
    const [gone, next] = [limits.acquire(undefined, { signal: controller.signal }), limits.acquire()];
    const reason = new Error('enough');
    controller.abort(reason);
    expect([await outcome(gone), await outcome(next)]).toEqual([reason, 'a']);
    expect(limits.inFlight('a')).toBe(1);
  });

  it('refuses all that wait when it is closed, and who would wait after that; leases go on', async () => {
    const limits = limited(['a']);
    const { done } = limits.pick();
    const waiting = limits.acquire();
    await limits.close();
    await limits.close();
    expect(await outcome(waiting)).toBeInstanceOf(ClosedError);
    expect(await outcome(limits.acquire())).toBeInstanceOf(ClosedError);
    done();
    expect(limits.inFlight('a')).toBe(0);
  });

  it('refuses a newcomer when the queue is full of those that are as important', async () => {
    const limits = limited(['a'], { maxQueued: 2 });
    limits.pick();
    const waiting = [limits.acquire(), limits.acquire()];
    expect(await outcome(limits.acquire())).toMatchObject({ code: 'overloaded', outcome: 'failed' });
    expect(await Promise.all(waiting.map(outcome))).toEqual(['waits', 'waits']);
  });

  it('gives no node more than the limit when what is inside panics', () => {
    const levels = new PriorityLevels({ make: () => new RoundRobin(), priorityOf: () => 0 });
    const limits = new ConnectionLimits(levels, { maxPerNode: 1, clock: new VirtualClock() });
    for (const node of NODES) limits.add(node);
    const leases = NODES.map(() => limits.pick());
    expect(leases.map(({ node }) => node).sort()).toEqual(NODES);
    expect(() => limits.pick()).toThrow(OverloadedError);
    leases[0]!.done();
    expect(limits.pick().node).toBe(leases[0]!.node);
  });
});

describe('traps of RequestScheduler', () => {
  it('serves those for whom there is a place before it refuses anybody', async () => {
    const clock = new VirtualClock();
    const scheduler = new RequestScheduler({ maxConcurrent: 1, targetDelayMs: 10, intervalMs: 20, clock });
    const done = await scheduler.acquire();
    const next = scheduler.acquire();
    await clock.run(50);
    const last = scheduler.acquire(); // finds that the next one has waited for too long
    last.catch(() => {});
    await clock.run(50);
    done();
    (await next)();
    await expect(last).rejects.toThrow(OverloadedError);
    expect(scheduler.underWay).toBe(0);
  });

  it('refuses all that wait when it is closed, and who would wait after that', async () => {
    const scheduler = new RequestScheduler({ maxConcurrent: 1, clock: new VirtualClock() });
    const done = await scheduler.acquire();
    const waiting = scheduler.acquire();
    await scheduler.close();
    await expect(waiting).rejects.toThrow(ClosedError);
    await expect(scheduler.acquire()).rejects.toThrow(ClosedError);
    done();
    done();
    expect(scheduler.underWay).toBe(0);
  });
});

describe('traps of retrying', () => {
  it('ends with the error of its attempt when there is no node for another one', async () => {
    const unknown = new TimeoutError('the request', 1000);
    const balancer = new RoundRobin(['a']);
    const send = (): never => {
      balancer.remove('a');
      throw unknown;
    };
    const options = { budget: new RetryBudget({ now: () => 0 }), idempotent: true };
    await expect(retrying(balancer, undefined, send, options)).rejects.toBe(unknown);
  });

  it('does not wait for its next attempt when the caller has given up meanwhile', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const budget = new RetryBudget({ now: () => 0 });
    const onRetry = (): void => controller.abort(new Error('enough'));
    const options = { budget, clock, backoffMs: 1000, random: () => 0.9, signal: controller.signal, onRetry };
    const ended = retrying(
      new RoundRobin(NODES),
      undefined,
      () => Promise.reject(new ClosedError('the connection')),
      options,
    );
    await expect(ended).rejects.toThrow('enough'); // without the clock
  });

  it('does not repeat what an option makes impossible', async () => {
    const nodes: string[] = [];
    const send = (node: string): never => {
      nodes.push(node);
      throw new InvalidOptionError('path', '', 'a path');
    };
    const options = { budget: new RetryBudget({ now: () => 0 }) };
    await expect(retrying(new RoundRobin(NODES), undefined, send, options)).rejects.toThrow(InvalidOptionError);
    expect(nodes).toEqual(['a']);
  });
});

describe('traps of hedged', () => {
  it('leaves the signal of the attempt that has answered alone: its body may still be read', async () => {
    const clock = new VirtualClock();
    const budget = new RetryBudget({ now: () => clock.now() });
    const signals: AbortSignal[] = [];
    const send = (_: string, { signal }: { signal: AbortSignal }): Promise<string> => {
      signals.push(signal);
      return new Promise((resolve) => void clock.after(150, () => resolve('answer')));
    };
    const options = { idempotent: true, budget, delayMs: 100, clock } as const;
    const answer = hedged(new RoundRobin(NODES), undefined, send, options);
    await clock.run(1000);
    expect(await answer).toBe('answer');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  });

  it('waits for its turn once, and counts the delay from when it is sent', async () => {
    const clock = new VirtualClock();
    const budget = new RetryBudget({ now: () => clock.now() });
    const limits = new ConnectionLimits(new RoundRobin(), { maxPerNode: 1, clock });
    limits.add('a');
    const { done } = limits.pick();
    const options = { idempotent: true, budget, delayMs: 100, clock } as const;
    const answer = hedged(limits, undefined, (node) => node, options);
    await clock.run(200);
    expect(limits.queued).toBe(1);
    done();
    await clock.run(0);
    expect(await answer).toBe('a');
    expect([limits.queued, limits.inFlight('a'), budget.balance]).toEqual([0, 0, 100]);
  });

  it('rejects, and does not throw, when the caller has given up before', async () => {
    const reason = new Error('enough');
    const options = {
      idempotent: true,
      budget: new RetryBudget(),
      delayMs: 10,
      signal: AbortSignal.abort(reason),
    } as const;
    await expect(hedged(new RoundRobin(NODES), undefined, () => 1, options)).rejects.toBe(reason);
  });

  it('makes no second attempt beside the first on the only node, and pays for none', async () => {
    const clock = new VirtualClock();
    const budget = new RetryBudget({ now: () => 0 });
    const nodes: string[] = [];
    const send = (node: string): Promise<string> => {
      nodes.push(node);
      return new Promise((resolve) => void clock.after(500, () => resolve(node)));
    };
    const answer = hedged(new RoundRobin(['a']), undefined, send, { idempotent: true, budget, delayMs: 100, clock });
    await clock.run(1000);
    expect(await answer).toBe('a');
    expect([nodes, budget.balance]).toEqual([['a'], 100]);
  });

  it('pays once for an attempt beside the first', async () => {
    const clock = new VirtualClock();
    const budget = new RetryBudget({ now: () => 0, ratio: 0 });
    const send = (node: string): Promise<string> =>
      new Promise((resolve) => void clock.after(node === 'a' ? 500 : 1, () => resolve(node)));
    const answer = hedged(new RoundRobin(['a', 'b']), undefined, send, {
      idempotent: true,
      budget,
      delayMs: 100,
      clock,
    });
    await clock.run(1000);
    expect([await answer, budget.balance]).toEqual(['b', 99]);
  });

  it('pays for nothing when there is no node', async () => {
    const budget = new RetryBudget({ now: () => 0 });
    const answer = hedged(new RoundRobin(), undefined, () => 1, { idempotent: true, budget, delayMs: 100 });
    await expect(answer).rejects.toThrow(NoNodeError);
    expect(budget.balance).toBe(100);
  });
});
