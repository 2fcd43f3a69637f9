import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EarliestDeadlineFirst, RoundRobin, StaticRoundRobin, type Balancer } from 'quorate/balancer';
import { followEndpoints, PriorityLevels, type FollowEndpointsOptions } from 'quorate/balancer/layers';
import { HealthChecks, type Endpoint } from 'quorate/health';

type List = readonly Endpoint[] | readonly string[];

/** A source that the test tells what to say, and that notes how it was ended. */
class Source implements AsyncIterable<List> {
  ended = 0;
  #asked: Deferred<IteratorResult<List>> | undefined;

  [Symbol.asyncIterator](): AsyncIterator<List> {
    return {
      next: () => (this.#asked = withResolvers()).promise,
      return: async () => {
        this.ended++;
        return { done: true, value: undefined };
      },
    };
  }

  /** Says something that need not be a list, and waits until that was dealt with. */
  async say(value: unknown): Promise<void> {
    this.#asked!.resolve({ done: false, value: value as List });
    await settle();
  }

  end(): void {
    this.#asked!.resolve({ done: true, value: undefined });
  }

  fail(error: unknown): void {
    this.#asked!.reject(error);
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function withResolvers<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

interface Following {
  readonly source: Source;
  readonly over: Promise<void>;
  readonly errors: unknown[];
}

async function follow(
  balancer: Pick<Balancer, 'nodes' | 'add' | 'remove'>,
  options: FollowEndpointsOptions = {},
): Promise<Following> {
  const source = new Source();
  const errors: unknown[] = [];
  const over = followEndpoints(balancer, source, { onError: (error) => errors.push(error), ...options });
  over.catch(() => {});
  await settle();
  return { source, over, errors };
}

function picks(balancer: Balancer, count: number): string {
  return Array.from({ length: count }, () => balancer.pick().node).join('');
}

const refused = expect.objectContaining({ code: 'endpoints-refused', outcome: 'failed' });

describe('followEndpoints', () => {
  it('adds nodes of the first list', async () => {
    const balancer = new RoundRobin();
    const { source } = await follow(balancer);
    await source.say(['a', 'b']);
    expect(balancer.nodes).toEqual(['a', 'b']);
  });

  it('adds who is new and removes who is missing, and those who stay keep their places', async () => {
    const balancer = new RoundRobin();
    const { source } = await follow(balancer);
    await source.say(['a', 'b', 'c']);
    await source.say(['d', 'c', 'a']);
    expect(balancer.nodes).toEqual(['a', 'c', 'd']);
  });

  it('gives weights, changes them, and takes them for 1 where none is said', async () => {
    const balancer = new EarliestDeadlineFirst([], { random: () => 0 });
    const { source } = await follow(balancer);
    await source.say([{ node: 'a', weight: 3 }, { node: 'b' }]);
    expect([...picks(balancer, 8)].sort().join('')).toBe('aaaaaabb');
    await source.say([{ node: 'a' }, { node: 'b', weight: 3 }]);
    picks(balancer, 4);
    expect([...picks(balancer, 8)].sort().join('')).toBe('aabbbbbb');
  });

  it('lets a removed node finish what it holds', async () => {
    const balancer = new RoundRobin();
    const { source } = await follow(balancer);
    await source.say(['a']);
    const lease = balancer.pick();
    await source.say(['b']);
    lease.done();
    expect(picks(balancer, 2)).toBe('bb');
  });

  it('does not make a node available that somebody has drained', async () => {
    const balancer = new RoundRobin();
    const { source } = await follow(balancer);
    await source.say(['a', 'b']);
    balancer.setAvailable('a', false);
    await source.say(['a', 'b', 'c']);
    expect([...new Set(picks(balancer, 6))]).toEqual(['b', 'c']);
  });

  it('tells of a list before its nodes are in the balancer, so that layers know of their priorities', async () => {
    const balancer = new RoundRobin();
    const told: unknown[] = [];
    const { source } = await follow(balancer, { onEndpoints: (list) => told.push([list, [...balancer.nodes]]) });
    const list = [{ node: 'a', weight: 2, priority: 1, zone: 'eu' }];
    await source.say(list);
    expect(told).toEqual([[list, []]]);
  });

  it('moves a node to another level when its priority changes, and its weight does not', async () => {
    const priorities = new Map<string, number>();
    const levels = new PriorityLevels({
      make: () => new RoundRobin(),
      priorityOf: (node) => priorities.get(node)!,
    });
    const { source } = await follow(levels, {
      onEndpoints: (list) => list.forEach(({ node, priority = 0 }) => priorities.set(node, priority)),
    });
    await source.say([
      { node: 'a', priority: 10 },
      { node: 'b', priority: 20 },
    ]);
    expect(picks(levels, 3)).toBe('aaa');
    await source.say([
      { node: 'a', priority: 30 },
      { node: 'b', priority: 20 },
    ]);
    expect(picks(levels, 3)).toBe('bbb');
  });

  it('follows with health checks as well, which have nodes, too', async () => {
    const checks = new HealthChecks({ check: () => {} });
    const { source } = await follow(checks);
    await source.say(['a', 'b']);
    await source.say(['b', 'c']);
    expect(checks.nodes).toEqual(['b', 'c']);
    await checks.close();
  });

  it('ends in whatever state a naive twin has that takes good lists as they are', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', '');
    const endpoint = fc.oneof(name, fc.record({ node: name, weight: fc.constantFrom(0, 1, 2, -1) }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(endpoint, { maxLength: 6 }), { maxLength: 8 }), async (lists) => {
        const balancer = new RoundRobin();
        const { source } = await follow(balancer);
        let twin = new Set<string>();
        for (const list of lists) {
          await source.say(list);
          const nodes = list.map((one) => (typeof one === 'string' ? one : one.node));
          const isGood = nodes.every(Boolean) && list.every((one) => typeof one === 'string' || one.weight >= 0);
          if (isGood && nodes.length > 0) twin = new Set(nodes);
          expect(new Set(balancer.nodes)).toEqual(twin);
        }
      }),
    );
  });
});

describe('lists that followEndpoints does not take', () => {
  const good = ['good'];

  it('an empty one: the last good one stays', async () => {
    const balancer = new RoundRobin();
    const { source, errors } = await follow(balancer);
    await source.say(good);
    await source.say([]);
    expect(balancer.nodes).toEqual(good);
    expect(errors).toEqual([refused]);
  });

  it('takes an empty one with allowEmpty', async () => {
    const balancer = new RoundRobin();
    const { source, errors } = await follow(balancer, { allowEmpty: true });
    await source.say(good);
    await source.say([]);
    expect(balancer.nodes).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('one longer than maxNodes, while one as long is taken', async () => {
    const balancer = new RoundRobin();
    const { source, errors } = await follow(balancer, { maxNodes: 2 });
    await source.say(['a', 'b']);
    await source.say(['a', 'b', 'c']);
    expect(balancer.nodes).toEqual(['a', 'b']);
    expect(errors).toEqual([refused]);
  });

  it('one of more than 65536 nodes by default', async () => {
    const balancer = new RoundRobin();
    const { source, errors } = await follow(balancer);
    const names = Array.from({ length: 65_537 }, (_, i) => `node-${i}`);
    await source.say(names);
    expect([balancer.nodes.length, errors]).toEqual([0, [refused]]);
    await source.say(names.slice(1));
    expect(balancer.nodes.length).toBe(65_536);
  });

  it.each([
    ['no array', 'a,b'],
    ['nothing', null],
    ['a null in it', ['a', null]],
    ['a hole in it', ['a'].concat(new Array<string>(1))],
    ['an empty name', ['a', '']],
    ['a name with a space', ['a', 'b c']],
    ['a name with a line break', ['a', 'b\n']],
    ['a name that is too long', ['a', 'b'.repeat(513)]],
    ['a name that is none', ['a', { node: 7 }]],
    ['a negative weight', ['a', { node: 'b', weight: -1 }]],
    ['an infinite weight', ['a', { node: 'b', weight: Infinity }]],
    ['a weight that is no number', ['a', { node: 'b', weight: '1' }]],
    ['a fraction of a priority', ['a', { node: 'b', priority: 0.5 }]],
    ['a negative priority', ['a', { node: 'b', priority: -1 }]],
    ['a zone that is no name', ['a', { node: 'b', zone: {} }]],
  ])('one with %s, as a whole; the next one is taken', async (_, list) => {
    const balancer = new RoundRobin();
    const { source, errors } = await follow(balancer);
    await source.say(good);
    await source.say(list);
    expect(balancer.nodes).toEqual(good);
    expect(errors).toEqual([refused]);
    await source.say(['next']);
    expect(balancer.nodes).toEqual(['next']);
  });

  it('one that the balancer refuses, of which it is told', async () => {
    const balancer = new StaticRoundRobin();
    const { source, errors } = await follow(balancer);
    await source.say([{ node: 'a', weight: 0.5 }]);
    expect(errors).toEqual([expect.objectContaining({ code: 'invalid-option' })]);
    await source.say(good);
    expect(balancer.nodes).toEqual(good);
  });

  it('one at which onEndpoints throws', async () => {
    const balancer = new RoundRobin();
    const error = new Error('no such zone');
    const { source, errors } = await follow(balancer, {
      onEndpoints: () => {
        throw error;
      },
    });
    await source.say(['a']);
    expect([balancer.nodes, errors]).toEqual([[], [error]]);
  });

  it('is silent about them without onError', async () => {
    const balancer = new RoundRobin();
    const source = new Source();
    const over = followEndpoints(balancer, source);
    await settle();
    await source.say([]);
    await source.say(good);
    expect(balancer.nodes).toEqual(good);
    source.end();
    await over;
  });
});

describe('the end of followEndpoints', () => {
  it('comes when the source ends, and the nodes stay', async () => {
    const balancer = new RoundRobin();
    const { source, over } = await follow(balancer);
    await source.say(['a']);
    source.end();
    await over;
    expect(balancer.nodes).toEqual(['a']);
  });

  it('comes with what the source throws, and the nodes stay', async () => {
    const balancer = new RoundRobin();
    const { source, over } = await follow(balancer);
    await source.say(['a']);
    const error = new Error('the registry is gone');
    source.fail(error);
    await expect(over).rejects.toBe(error);
    expect(balancer.nodes).toEqual(['a']);
  });

  it('comes at once when the signal aborts while the source does not answer, and the source is ended', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const balancer = new RoundRobin();
    const { source, over } = await follow(balancer, { signal: controller.signal });
    await source.say(['a']);
    controller.abort(reason);
    await expect(over).rejects.toBe(reason);
    expect(source.ended).toBe(1);
    expect(balancer.nodes).toEqual(['a']);
  });

  it('comes before a list that arrives in the same turn as the abort is taken', async () => {
    const controller = new AbortController();
    const balancer = new RoundRobin();
    const { source, over } = await follow(balancer, { signal: controller.signal });
    const said = source.say(['late']);
    controller.abort(new Error('enough'));
    await said;
    await expect(over).rejects.toThrow('enough');
    expect(balancer.nodes).toEqual([]);
  });

  it('comes before the source is asked when the signal has aborted already', async () => {
    const reason = new Error('too late');
    let asked = false;
    const source: AsyncIterable<string[]> = {
      [Symbol.asyncIterator]: () => {
        asked = true;
        throw new Error('not to be called');
      },
    };
    const over = followEndpoints(new RoundRobin(), source, { signal: AbortSignal.abort(reason) });
    await expect(over).rejects.toBe(reason);
    expect(asked).toBe(false);
  });

  it('comes when onError throws, and the source is ended', async () => {
    const error = new Error('unheard of');
    const { source, over } = await follow(new RoundRobin(), {
      onError: () => {
        throw error;
      },
    });
    await source.say([]);
    await expect(over).rejects.toBe(error);
    expect(source.ended).toBe(1);
  });

  it('does not wait for a generator that is stuck', async () => {
    const controller = new AbortController();
    async function* stuck(): AsyncGenerator<string[]> {
      yield ['a'];
      await new Promise(() => {});
    }
    const balancer = new RoundRobin();
    const over = followEndpoints(balancer, stuck(), { signal: controller.signal });
    over.catch(() => {});
    await settle();
    controller.abort(new Error('enough'));
    await expect(over).rejects.toThrow('enough');
  });

  it('leaves no listener at a signal that outlives it', async () => {
    const controller = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = controller.signal;
    const signal = Object.assign(controller.signal, {
      addEventListener: (...args: Parameters<typeof addEventListener>) => {
        listeners++;
        addEventListener.apply(controller.signal, args);
      },
      removeEventListener: (...args: Parameters<typeof removeEventListener>) => {
        listeners--;
        removeEventListener.apply(controller.signal, args);
      },
    });
    const { source, over } = await follow(new RoundRobin(), { signal });
    for (let i = 0; i < 20; i++) await source.say(['a']);
    expect(listeners).toBe(1);
    source.end();
    await over;
    expect(listeners).toBe(0);
  });

  it.each([0, 1.5, NaN])('refuses maxNodes %d', async (maxNodes) => {
    const over = followEndpoints(new RoundRobin(), new Source(), { maxNodes });
    await expect(over).rejects.toMatchObject({ code: 'invalid-option', option: 'maxNodes' });
  });
});
