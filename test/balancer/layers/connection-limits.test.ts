import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClosedError, InvalidOptionError, OverloadedError, TimeoutError } from 'quorate/core';
import { ConsistentHashing, LeastConnections, NoNodeError, RoundRobin, type Lease } from 'quorate/balancer';
import { ConnectionLimits, LayerOrderError, SlowStart, type ConnectionLimitsOptions } from 'quorate/balancer/layers';
import { VirtualClock } from 'quorate/testing';

function limitsOf(
  nodes: readonly string[],
  options: Partial<ConnectionLimitsOptions> = {},
): { clock: VirtualClock; limits: ConnectionLimits } {
  const clock = new VirtualClock();
  const limits = new ConnectionLimits(new LeastConnections(), { maxPerNode: 1, clock, ...options });
  for (const node of nodes) limits.add(node);
  return { clock, limits };
}

/** What a promise has come to by now. */
async function outcome(promise: Promise<Lease>): Promise<unknown> {
  const pending = Symbol('pending');
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  const first: unknown = await Promise.race([promise, Promise.resolve(pending)]).catch((error: unknown) => error);
  return first === pending ? 'waits' : first instanceof Error ? first : (first as Lease).node;
}

describe('ConnectionLimits', () => {
  it('gives no node more than it may have, and refuses what is more', () => {
    const { limits } = limitsOf(['a', 'b'], { maxPerNode: 2 });
    const nodes = Array.from({ length: 4 }, () => limits.pick().node);
    expect(nodes.sort()).toEqual(['a', 'a', 'b', 'b']);
    expect(() => limits.pick()).toThrow(OverloadedError);
    expect(() => limits.pick()).toThrow('every node reached its limit of 2');
  });

  it('says that no node is there when none is, full or not', () => {
    const { limits } = limitsOf(['a']);
    limits.pick();
    limits.setAvailable('a', false);
    expect(() => limits.pick()).toThrow(NoNodeError);
  });

  it('passes over full nodes when it hashes, so that no request fails while others are free (haproxy #2893)', () => {
    const limits = new ConnectionLimits(new ConsistentHashing<string>([], { key: (key) => key }), { maxPerNode: 10 });
    for (let i = 0; i < 10; i++) limits.add(`n${i}`);
    const nodes = Array.from({ length: 100 }, () => limits.pick('the same key').node);
    expect(new Set(nodes).size).toBe(10);
    expect(() => limits.pick('the same key')).toThrow(OverloadedError);
  });

  it('gives a freed place to whom has been waiting for longest', async () => {
    const { limits } = limitsOf(['a']);
    const { done } = await limits.acquire();
    const waiting = [limits.acquire(), limits.acquire()];
    expect(limits.queued).toBe(2);
    done();
    done(); // twice is harmless
    expect(await Promise.all(waiting.map(outcome))).toEqual(['a', 'waits']);
    (await waiting[0]!).done();
    expect(await outcome(waiting[1]!)).toBe('a');
  });

  it('serves the more important first, and lets nobody overtake who waits', async () => {
    const { limits } = limitsOf(['a']);
    const { done } = limits.pick();
    const low = limits.acquire(undefined, { priority: 3 });
    const high = limits.acquire(undefined, { priority: 0 });
    done();
    const newcomer = limits.acquire(undefined, { priority: 0 });
    expect(await Promise.all([low, high, newcomer].map(outcome))).toEqual(['waits', 'a', 'waits']);
  });

  it('refuses what does not fit into the queue, the newest of the least important first', async () => {
    const { limits } = limitsOf(['a'], { maxQueued: 2 });
    limits.pick();
    const [low, lower] = [limits.acquire(undefined, { priority: 1 }), limits.acquire(undefined, { priority: 2 })];
    const equal = limits.acquire(undefined, { priority: 2 });
    const high = limits.acquire(undefined, { priority: 0 });
    expect(await outcome(lower)).toBeInstanceOf(OverloadedError);
    expect(await outcome(equal)).toBeInstanceOf(OverloadedError);
    expect(await Promise.all([low, high].map(outcome))).toEqual(['waits', 'waits']);
    expect(limits.queued).toBe(2);
  });

  it('gives up at the deadline, with an outcome that says that nothing was sent', async () => {
    const { clock, limits } = limitsOf(['a'], { queueTimeoutMs: 300 });
    limits.pick();
    const [usual, own] = [limits.acquire(), limits.acquire(undefined, { timeoutMs: 100 })];
    await clock.run(100);
    const error = await outcome(own);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ outcome: 'failed' });
    expect(await outcome(usual)).toBe('waits');
    await clock.run(200);
    expect(await outcome(usual)).toBeInstanceOf(TimeoutError);
    expect(limits.queued).toBe(0);
  });

  it('leaves nothing behind when whoever waits gives up', async () => {
    const { limits } = limitsOf(['a']);
    const { done } = limits.pick();
    const controller = new AbortController();
    const waiting = limits.acquire(undefined, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await outcome(waiting)).toBe(reason);
    expect(limits.queued).toBe(0);
    await expect(limits.acquire(undefined, { signal: controller.signal })).rejects.toBe(reason);
    done();
    expect(limits.inFlight('a')).toBe(0);
  });

  it('serves those that wait when a node comes, or comes back', async () => {
    const { limits } = limitsOf(['a', 'b']);
    limits.setAvailable('b', false);
    limits.pick();
    const waiting = [limits.acquire(), limits.acquire()];
    limits.setAvailable('b', true);
    expect(await Promise.all(waiting.map(outcome))).toEqual(['b', 'waits']);
    limits.add('c');
    expect(await outcome(waiting[1]!)).toBe('c');
  });

  it('counts nothing for a node that was removed and is there anew', () => {
    const { limits } = limitsOf(['a']);
    const { done } = limits.pick();
    limits.remove('a');
    limits.add('a');
    const second = limits.pick();
    done();
    expect(limits.inFlight('a')).toBe(1);
    expect(() => limits.pick()).toThrow(OverloadedError);
    second.done();
    expect(limits.inFlight('a')).toBe(0);
  });

  it('refuses all that wait when it is closed, twice too', async () => {
    const { limits } = limitsOf(['a']);
    limits.pick();
    const waiting = limits.acquire();
    await limits.close();
    await limits[Symbol.asyncDispose]();
    expect(await outcome(waiting)).toBeInstanceOf(ClosedError);
  });

  it('serves everybody once, in order, and never gives a node too much, whatever happens', async () => {
    const event = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ type: fc.constant('acquire' as const), priority: fc.integer({ min: 0, max: 2 }) }),
      },
      { weight: 4, arbitrary: fc.record({ type: fc.constant('done' as const), which: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('abort' as const), which: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('toggle' as const), node: fc.constantFrom('a', 'b') }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (list) => {
        const { limits } = limitsOf(['a', 'b'], { maxPerNode: 2, maxQueued: 1000 });
        const down = new Set<string>();
        const held: Lease[] = [];
        interface Waiting {
          readonly priority: number;
          readonly number: number;
          readonly controller: AbortController;
        }
        let waiting: Waiting[] = [];
        let number = 0;
        const served: number[] = [];
        for (const one of list) {
          const waitedBefore = [...waiting].sort((x, y) => x.priority - y.priority || x.number - y.number);
          served.length = 0;
          if (one.type === 'acquire') {
            const me = { priority: one.priority, number: number++, controller: new AbortController() };
            waiting.push(me);
            void limits.acquire(undefined, { priority: one.priority, signal: me.controller.signal }).then(
              (lease) => {
                served.push(me.number);
                waiting = waiting.filter((other) => other !== me);
                held.push(lease);
              },
              () => (waiting = waiting.filter((other) => other !== me)), // aborted, or no node is available
            );
          } else if (one.type === 'done') held.splice(one.which % Math.max(1, held.length), 1)[0]?.done();
          else if (one.type === 'abort') waiting[one.which % Math.max(1, waiting.length)]?.controller.abort();
          else {
            if (!down.delete(one.node)) down.add(one.node);
            limits.setAvailable(one.node, !down.has(one.node));
          }
          for (let turn = 0; turn < 10; turn++) await Promise.resolve();
          expect(limits.queued).toBe(waiting.length);
          for (const node of ['a', 'b']) {
            const count = held.filter((lease) => lease.node === node).length;
            expect(count).toBeLessThanOrEqual(2);
            expect(limits.inFlight(node)).toBe(count);
            if (!down.has(node) && waiting.length > 0) expect(count).toBe(2); // nobody waits for what is free
          }
          if (one.type !== 'acquire')
            expect(served).toEqual(waitedBefore.slice(0, served.length).map((who) => who.number));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('refuses another one inside, and slow starts, which would see nodes that are full as gone', () => {
    const inner = new ConnectionLimits(new RoundRobin(), { maxPerNode: 1 });
    expect(() => new ConnectionLimits(inner, { maxPerNode: 2 })).toThrow(LayerOrderError);
    expect(() => new ConnectionLimits(new SlowStart(new LeastConnections()), { maxPerNode: 2 })).toThrow(
      LayerOrderError,
    );
  });

  it.each([
    ['maxPerNode', 0],
    ['maxQueued', -1],
    ['queueTimeoutMs', NaN],
  ])('refuses %s of %d', (option, value) => {
    expect(() => limitsOf([], { [option]: value })).toThrow(InvalidOptionError);
  });
});
