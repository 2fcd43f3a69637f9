import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeastConnections, NoNodeError, RoundRobin, type Balancer, type Lease } from 'quorate/balancer';
import {
  HealthGate,
  LayerOrderError,
  OutlierEjection,
  pickExcept,
  SessionTable,
  SlowStart,
} from 'quorate/balancer/layers';
import { InvalidOptionError } from 'quorate/core';
import { events, pickable, play } from '../balancer-suite.js';

/** How a layer is made that divides nodes into groups by their first letter. */
export interface GroupsTraits {
  make(make: () => Balancer): Balancer;
}

/** Goes through [0, 1) in equal steps, so that counts are shares. */
export function sweep(steps: number): () => number {
  let step = 0;
  return () => ((step++ % steps) + 0.5) / steps;
}

/** What part of the next picks each group gets, by the first letter of its nodes. */
export function shares(balancer: Pick<Balancer, 'pick'>, picks: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < picks; i++) {
    const { node, done } = balancer.pick();
    done();
    counts[node[0]!] = (counts[node[0]!] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).map(([group, count]) => [group, count / picks]));
}

/** Adds nodes of a group: `a0`, `a1` and so on. */
export function addNodes(balancer: Balancer, group: string, count: number, weight = 1): void {
  for (let i = 0; i < count; i++) balancer.add(`${group}${i}`, weight);
}

/** Of the nodes of a group the first so many are available, the others are not. */
export function onlyAvailable(balancer: Balancer, group: string, count: number): void {
  balancer.nodes.filter((node) => node.startsWith(group)).forEach((node, i) => balancer.setAvailable(node, i < count));
}

/** Gives each node at most one request. */
export class OneEach extends LeastConnections {
  readonly #busy = new Set<string>();

  override pick(): Lease {
    for (const node of this.nodes) {
      const lease = this.pickNode(node);
      if (lease !== undefined) return lease;
    }
    throw new NoNodeError(this.nodes.length);
  }

  override pickNode(node: string): Lease | undefined {
    if (this.#busy.has(node)) return undefined;
    const lease = super.pickNode(node);
    if (lease === undefined) return undefined;
    this.#busy.add(node);
    const done: Lease['done'] = (result) => {
      this.#busy.delete(node);
      lease.done(result);
    };
    return { node, done };
  }
}

/** What all must do that divide nodes into groups. Nodes are `a`, `b` ... in any groups. */
export function groupsSuite(name: string, { make }: GroupsTraits): void {
  const balancerOf = (inner: () => Balancer = () => new RoundRobin()): Balancer => make(inner);

  describe(`${name}, as all that divide nodes into groups`, () => {
    it('picks some node that is available with a weight, whatever its group, as long as there is one', () => {
      fc.assert(
        fc.property(events, (list) => {
          const picks = play(balancerOf(), list, () => undefined);
          pickable(list).forEach((nodes, i) => {
            if (nodes.length > 0) expect(picks[i]).not.toBeNull();
          });
        }),
      );
    });

    it('tries other groups when nodes of one are excluded, one after the other until none is left', () => {
      fc.assert(
        fc.property(events, (list) => {
          const balancer = balancerOf();
          play(balancer, list, () => undefined);
          const found: string[] = [];
          for (const _ of balancer.nodes) {
            try {
              found.push(pickExcept(balancer, undefined, found).node);
            } catch (error) {
              if (!(error instanceof NoNodeError)) throw error;
            }
          }
          expect(new Set(found).size).toBe(found.length);
          const [can] = pickable([...list, { type: 'pick' }]).slice(-1);
          for (const node of can!) expect(found).toContain(node);
        }),
      );
    });

    it('tries other groups when one is full', () => {
      const balancer = balancerOf(() => new OneEach());
      for (const node of 'abcde') balancer.add(node);
      const nodes = Array.from('abcde', () => balancer.pick().node);
      expect(nodes.sort().join('')).toBe('abcde');
      expect(() => balancer.pick()).toThrow(NoNodeError);
    });

    it('forwards errors of a balancer that are no refusals', () => {
      class Broken extends RoundRobin {
        override pick(): Lease {
          throw new RangeError('broken');
        }
      }
      const balancer = balancerOf(() => new Broken());
      balancer.add('a');
      balancer.add('b');
      expect(() => balancer.pick()).toThrow(RangeError);
    });

    it('says how many nodes there are when none can be picked', () => {
      const balancer = balancerOf();
      expect(() => balancer.pick()).toThrow('there are no nodes');
      for (const node of 'abc') balancer.add(node, 0);
      expect(() => balancer.pick()).toThrow('none of 3 nodes is available with a weight');
    });

    it('has its nodes in the order in which they came', () => {
      const balancer = balancerOf();
      for (const node of 'ecabd') balancer.add(node);
      balancer.add('c', 2);
      expect(balancer.nodes.join('')).toBe('ecabd');
      expect([balancer.remove('a'), balancer.remove('a'), balancer.nodes.join('')]).toEqual([true, false, 'ecbd']);
    });

    it('gives a request for a given node while it is available, also with a weight of 0', () => {
      const balancer = balancerOf();
      for (const node of 'abcde') balancer.add(node, 0);
      for (const node of 'abcde') expect(balancer.pickNode(node)?.node).toBe(node);
      for (const node of 'abcde') balancer.setAvailable(node, false);
      for (const node of 'abcde') expect(balancer.pickNode(node)).toBeUndefined();
      expect(balancer.pickNode('nobody')).toBeUndefined();
    });

    it('changes nothing when a weight is refused, also of the first node of a group', () => {
      const balancer = balancerOf();
      expect(() => balancer.add('a', NaN)).toThrow(InvalidOptionError);
      expect(balancer.nodes).toEqual([]);
      expect(() => balancer.pick()).toThrow('there are no nodes');
      balancer.add('a', 2);
      expect(() => balancer.add('a', -1)).toThrow(InvalidOptionError);
      expect(balancer.pick().node).toBe('a');
    });

    it('refuses what takes nodes out of a group unseen: HealthGate and OutlierEjection belong around it', () => {
      for (const inner of [HealthGate, OutlierEjection]) {
        expect(() => balancerOf(() => new inner(new RoundRobin()))).toThrow(LayerOrderError);
        expect(() => balancerOf(() => new inner(new RoundRobin()))).toThrow(`put it around ${name}`);
        expect(() => new inner(balancerOf())).not.toThrow();
      }
    });

    it('refuses a table of sessions in a group, which would be asked for that group only', () => {
      const table = (inner: Balancer): Balancer => new SessionTable(inner, { key: () => 'k' });
      expect(() => balancerOf(() => table(new RoundRobin()))).toThrow(LayerOrderError);
      expect(() => balancerOf(() => table(new RoundRobin()))).toThrow(`put it around ${name}`);
      expect(() => table(balancerOf())).not.toThrow();
    });

    it('is seen into by layers around it before there is a node, so that they can refuse what they would refuse', () => {
      const balancer = balancerOf(() => new SlowStart(new LeastConnections()));
      expect(() => new SlowStart(balancer)).toThrow(LayerOrderError);
    });

    it('refuses to make balancers that have nodes, or one for all groups', () => {
      expect(() => balancerOf(() => new RoundRobin(['a']))).toThrow(
        'make is a function; it must be a function that makes',
      );
      const one = new RoundRobin();
      const balancer = balancerOf(() => one);
      expect(() => {
        for (const node of 'abcde') balancer.add(node);
      }).toThrow(InvalidOptionError);
    });

    it('knows a node anew that was removed: available, and in the balancer of its group', () => {
      const balancer = balancerOf();
      balancer.add('a');
      balancer.setAvailable('a', false);
      balancer.remove('a');
      balancer.add('a');
      expect(balancer.pick().node).toBe('a');
    });
  });
}
