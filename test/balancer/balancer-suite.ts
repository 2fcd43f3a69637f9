import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorateError, seededRandom } from 'quorate/core';
import { NoNodeError, type Balancer, type Lease, type Nodes } from 'quorate/balancer';

/** What a strategy promises beyond what all do. */
export interface BalancerTraits<Context> {
  /** Equal seeds, equal balancers. */
  make(nodes: Nodes, random: () => number): Balancer<Context>;
  /** The context of the i-th request. */
  context(i: number): Context;
  /** Whether shares are in proportion to weights when requests end at once, or equal; or what they are. */
  readonly weighted: boolean | ((weight: number, weights: readonly number[]) => number);
  /**
   * How many picks a node may be away from its share, in any number of them, after whatever has happened, once all requests
   * are done.
   */
  readonly lag: (picks: number, share: number) => number;
}

/** Something that happens to a balancer. */
type Event =
  | { readonly type: 'add'; readonly node: string; readonly weight: number }
  | { readonly type: 'remove'; readonly node: string }
  | { readonly type: 'setAvailable'; readonly node: string; readonly available: boolean }
  | { readonly type: 'pick' }
  | { readonly type: 'done'; readonly which: number };

const node = fc.constantFrom('a', 'b', 'c', 'd', 'e');
export const events: fc.Arbitrary<readonly Event[]> = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('add' as const), node, weight: fc.integer({ min: 0, max: 5 }) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), node }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('setAvailable' as const), node, available: fc.boolean() }) },
    { weight: 10, arbitrary: fc.record({ type: fc.constant('pick' as const) }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('done' as const), which: fc.nat() }) },
  ),
  { maxLength: 80 },
);

/** Plays events; what was picked, `null` for a refusal. Leaves in `open` what is not done. */
export function play<Context>(
  balancer: Balancer<Context>,
  list: readonly Event[],
  context: (i: number) => Context,
  open: Lease[] = [],
): (string | null)[] {
  const picks: (string | null)[] = [];
  for (const event of list)
    switch (event.type) {
      case 'add':
        balancer.add(event.node, event.weight);
        break;
      case 'remove':
        balancer.remove(event.node);
        break;
      case 'setAvailable':
        balancer.setAvailable(event.node, event.available);
        break;
      case 'done':
        for (const { done } of open.splice(event.which % Math.max(1, open.length), 1)) {
          done();
          done({ failed: true }); // once more is harmless
        }
        break;
      case 'pick':
        picks.push(pickOrNull(balancer, context(picks.length), open));
    }
  return picks;
}

function pickOrNull<Context>(balancer: Balancer<Context>, context: Context, open: Lease[]): string | null {
  try {
    const lease = balancer.pick(context);
    open.push(lease);
    return lease.node;
  } catch (error) {
    if (error instanceof NoNodeError) return null;
    throw error;
  }
}

/** The nodes that could be picked at each pick, by a plain list. */
export function pickable(list: readonly Event[]): string[][] {
  return list.flatMap((event, i) => (event.type === 'pick' ? [[...weightsAfter(list.slice(0, i)).keys()]] : []));
}

/** The weights of those that can be picked. */
function weightsAfter(list: readonly Event[]): Map<string, number> {
  const nodes = new Map<string, { weight: number; available: boolean }>();
  for (const event of list)
    if (event.type === 'add')
      nodes.set(event.node, { available: true, ...nodes.get(event.node), weight: event.weight });
    else if (event.type === 'remove') nodes.delete(event.node);
    else if (event.type === 'setAvailable' && nodes.has(event.node)) nodes.get(event.node)!.available = event.available;
  const can = [...nodes].filter(([, { weight, available }]) => available && weight > 0);
  return new Map(can.map(([name, { weight }]) => [name, weight]));
}

function shareOf(weighted: BalancerTraits<unknown>['weighted'], weight: number, weights: readonly number[]): number {
  if (typeof weighted === 'function') return weighted(weight, weights);
  return weighted ? weight / weights.reduce((a, b) => a + b, 0) : 1 / weights.length;
}

/** What every strategy must do. */
export function balancerSuite<Context>(name: string, traits: BalancerTraits<Context>): void {
  const make = (nodes: Nodes, seed = 1): Balancer<Context> => traits.make(nodes, seededRandom(seed));
  const { context } = traits;

  /** How often each node is among the next picks, each of which is done at once. */
  const tallyOf = (balancer: Balancer<Context>, count: number): Map<string, number> => {
    const picks = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const { node, done } = balancer.pick(context(i));
      done();
      picks.set(node, (picks.get(node) ?? 0) + 1);
    }
    return picks;
  };

  const expectShares = (picks: ReadonlyMap<string, number>, weights: ReadonlyMap<string, number>): void => {
    const count = [...picks.values()].reduce((a, b) => a + b, 0);
    for (const [name, weight] of weights) {
      const share = shareOf(traits.weighted, weight, [...weights.values()]);
      const away = Math.abs((picks.get(name) ?? 0) - count * share);
      expect(away, `${name} of ${[...weights].join(' ')}`).toBeLessThanOrEqual(traits.lag(count, share));
    }
  };

  describe(`${name}, as every balancer`, () => {
    it('picks only nodes that are there, available and have a weight, and refuses when none is', () => {
      fc.assert(
        fc.property(events, fc.nat(), (list, seed) => {
          const picks = play(make([], seed), list, context);
          pickable(list).forEach((nodes, i) => {
            if (nodes.length === 0) expect(picks[i]).toBeNull();
            else expect(nodes).toContain(picks[i]);
          });
        }),
      );
    });

    it('does the same for the same events and the same seed', () => {
      fc.assert(
        fc.property(events, fc.nat(), (list, seed) => {
          expect(play(make([], seed), list, context)).toEqual(play(make([], seed), list, context));
        }),
      );
    });

    it('gives each node its share, whatever has happened before', () => {
      fc.assert(
        fc.property(events, fc.integer({ min: 1, max: 400 }), fc.nat(), (list, count, seed) => {
          const balancer = make([['z', 3]], seed);
          const open: Lease[] = [];
          play(balancer, list, context, open);
          for (const { done } of open) done();
          const weights = weightsAfter([{ type: 'add', node: 'z', weight: 3 }, ...list]);
          expectShares(tallyOf(balancer, count), weights);
        }),
      );
    });

    it('changes nothing when it is looked at', () => {
      fc.assert(
        fc.property(events, fc.nat(), (list, seed) => {
          const watched = make([], seed);
          const looking = new Proxy(watched, {
            get(target, key) {
              expect(target.nodes).toEqual(target.nodes);
              const value = Reflect.get(target, key, target) as unknown;
              return typeof value === 'function' ? (value.bind(target) as unknown) : value;
            },
          });
          expect(play(looking, list, context)).toEqual(play(make([], seed), list, context));
        }),
      );
    });

    it('refuses with a typed error that says how many nodes there are', () => {
      const empty = make([]);
      expect(() => empty.pick(context(0))).toThrow(NoNodeError);
      const down = make(['a', ['b', 0]]);
      down.setAvailable('a', false);
      try {
        down.pick(context(0));
        expect.unreachable();
      } catch (error) {
        expect(isQuorateError(error, 'no-node')).toBe(true);
        expect(error).toMatchObject({ nodes: 2, outcome: 'failed' });
      }
    });

    it('has its nodes in the order in which they came, and says whether one was removed', () => {
      const balancer = make(['b', ['a', 2]]);
      balancer.add('c');
      balancer.add('b', 3);
      expect(balancer.nodes).toEqual(['b', 'a', 'c']);
      expect([balancer.remove('b'), balancer.remove('b')]).toEqual([true, false]);
      expect(balancer.nodes).toEqual(['a', 'c']);
    });

    it('goes on with a node that is available again', () => {
      const balancer = make(['a']);
      balancer.setAvailable('a', false);
      balancer.setAvailable('nobody', true);
      expect(() => balancer.pick(context(0))).toThrow(NoNodeError);
      balancer.setAvailable('a', true);
      expect(balancer.pick(context(0)).node).toBe('a');
      expect(balancer.nodes).toEqual(['a']);
    });

    it('bears a done that comes twice, late, or after its node was removed', () => {
      const balancer = make(['a', 'b']);
      const { done } = balancer.pick(context(0));
      const late = balancer.pick(context(1));
      done();
      done({ failed: true });
      balancer.remove('a');
      balancer.remove('b');
      late.done();
      balancer.add('a');
      late.done();
      expect(balancer.pick(context(2)).node).toBe('a');
    });

    it('lets a node that is drained finish what it holds', () => {
      const balancer = make(['a']);
      const lease = balancer.pick(context(0));
      balancer.setAvailable('a', false);
      lease.done();
      balancer.setAvailable('a', true);
      expect(balancer.pick(context(1)).node).toBe('a');
    });

    it('gives a request for a given node while it is available, also with a weight of 0, and none for others', () => {
      const balancer = make(['a', ['b', 0], 'c']);
      balancer.setAvailable('c', false);
      expect(['a', 'b', 'c', 'd'].map((name) => balancer.pickNode(name)?.node)).toEqual([
        'a',
        'b',
        undefined,
        undefined,
      ]);
      balancer.setAvailable('c', true);
      balancer.remove('a');
      expect([balancer.pickNode('c')?.node, balancer.pickNode('a')]).toEqual(['c', undefined]);
    });

    it('has requests for a given node in flight like those that it picked, until they are done', () => {
      const picks = (balancer: Balancer<Context>): string =>
        Array.from({ length: 6 }, (_, i) => balancer.pick(context(i)).node).join('');
      const picked = make(['a', 'b']);
      picked.setAvailable('b', false);
      for (let i = 0; i < 8; i++) picked.pick(context(i));
      picked.setAvailable('b', true);
      if (picks(picked) !== 'bbbbbb') return; // it does not look at requests in flight

      const given = make(['a', 'b']);
      const open = Array.from({ length: 8 }, () => given.pickNode('a')!);
      expect(picks(given)).toBe('bbbbbb');
      for (const { done } of open) {
        done();
        done(); // once more is harmless
      }
      expect(picks(given)).toBe('aaaaaa');
    });

    it('gives each node its share of picks, whatever was given besides', () => {
      fc.assert(
        fc.property(events, fc.array(node), fc.integer({ min: 1, max: 200 }), fc.nat(), (list, given, count, seed) => {
          const balancer = make([['z', 3]], seed);
          const open: Lease[] = [];
          play(balancer, list, context, open);
          for (const name of given) {
            const lease = balancer.pickNode(name);
            if (lease !== undefined) open.push(lease);
          }
          for (const { done } of open) done();
          const weights = weightsAfter([{ type: 'add', node: 'z', weight: 3 }, ...list]);
          expectShares(tallyOf(balancer, count), weights);
        }),
      );
    });

    it.each([-1, NaN, Infinity])('refuses a weight of %d', (weight) => {
      expect(() => make([]).add('a', weight)).toThrow(`weight of a is ${weight}; it must be a number from 0`);
    });

    it('refuses a node without a name', () => {
      expect(() => make([]).add('')).toThrow('node is ""; it must be a name');
    });
  });
}
