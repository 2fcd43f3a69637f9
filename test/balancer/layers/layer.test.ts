import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConsistentHashing,
  LeastConnections,
  NoNodeError,
  RoundRobin,
  WeightedRandom,
  type Balancer,
  type Lease,
} from 'quorate/balancer';
import { HealthGate, Layer, LayerOrderError, OutlierEjection, pickExcept, SlowStart } from 'quorate/balancer/layers';
import { InvalidOptionError, isQuorateError } from 'quorate/core';
import { sequence } from '../active-nodes.js';
import { events, pickable, play } from '../balancer-suite.js';

/** Lets all nodes be picked but those that are closed, and multiplies their weights. */
class Gate extends Layer {
  readonly closed = new Set<string>();
  readonly factors = new Map<string, number>();
  readonly heard: string[] = [];

  close(node: string, closed = true): void {
    if (closed) this.closed.add(node);
    else this.closed.delete(node);
    this.tell(node);
  }

  scale(node: string, factor: number): void {
    this.factors.set(node, factor);
    this.tell(node);
  }

  protected override allows(node: string): boolean {
    return !this.closed.has(node);
  }

  protected override factor(node: string): number {
    return this.factors.get(node) ?? 1;
  }

  protected override added(node: string): void {
    this.heard.push(`added ${node}`);
  }

  protected override removed(node: string): void {
    this.heard.push(`removed ${node}`);
  }

  protected override availabilityChanged(node: string, available: boolean): void {
    this.heard.push(`${node} ${available}`);
  }
}

/** Notes what it is told. */
class Told extends WeightedRandom {
  readonly weights = new Map<string, number>();

  override add(node: string, weight = 1): void {
    super.add(node, weight);
    this.weights.set(node, weight);
  }
}

/** Two gates around a round robin, with nodes. */
function twoGates(nodes: string): { inner: Gate; outer: Gate } {
  const inner = new Gate(new RoundRobin());
  const outer = new Gate(inner);
  for (const node of nodes) outer.add(node);
  return { inner, outer };
}

describe('Layer', () => {
  it('keeps a node out as long as one of two layers does, in whatever order they let it in again', () => {
    const { inner, outer } = twoGates('ab');
    inner.close('a');
    outer.close('a');
    expect(sequence(outer, 2)).toBe('bb');
    outer.close('a', false);
    expect(sequence(outer, 2)).toBe('bb');
    inner.close('a', false);
    expect(sequence(outer, 2)).toBe('ab');
    outer.close('a');
    inner.close('a');
    inner.close('a', false);
    expect(sequence(outer, 2)).toBe('bb');
  });

  it('multiplies the weight that was told by the factors of all layers', () => {
    const strategy = new Told();
    const inner = new Gate(strategy);
    const outer = new Gate(inner);
    outer.add('a', 3);
    expect(strategy.weights.get('a')).toBe(3);
    inner.scale('a', 0.5);
    outer.scale('a', 4);
    expect(strategy.weights.get('a')).toBe(6);
    outer.add('a', 10);
    expect(strategy.weights.get('a')).toBe(20);
    inner.scale('a', 1);
    expect(strategy.weights.get('a')).toBe(40);
  });

  it('knows the factor of a node before the first pick of it', () => {
    const strategy = new Told();
    const gate = new Gate(strategy);
    gate.factors.set('a', 0.1);
    gate.closed.add('a');
    gate.add('a', 10);
    expect(strategy.weights.get('a')).toBe(1);
    expect(() => gate.pick()).toThrow(NoNodeError);
  });

  it.each([-1, NaN, Infinity])(
    'refuses a weight of %d without effect, of a new node and of one that is there',
    (weight) => {
      const strategy = new Told();
      const gate = new Gate(strategy);
      expect(() => gate.add('a', weight)).toThrow(InvalidOptionError);
      expect([gate.nodes, strategy.nodes, gate.heard]).toEqual([[], [], []]);
      gate.add('a', 2);
      expect(() => gate.add('a', weight)).toThrow(InvalidOptionError);
      gate.scale('a', 3); // tells the weight again
      expect(strategy.weights.get('a')).toBe(6);
    },
  );

  it('does not tell of nodes that are not there, nor lets them come', () => {
    const { inner, outer } = twoGates('a');
    outer.close('b');
    outer.scale('b', 2);
    outer.setAvailable('b', true);
    expect([outer.nodes, inner.nodes]).toEqual([['a'], ['a']]);
    expect(outer.remove('b')).toBe(false);
  });

  it('says once that a node came, went, or changed, and not what is so already', () => {
    const { outer } = twoGates('a');
    outer.add('a', 2);
    outer.setAvailable('a', true);
    outer.setAvailable('a', false);
    outer.setAvailable('a', false);
    outer.close('a');
    outer.remove('a');
    outer.remove('a');
    expect(outer.heard).toEqual(['added a', 'a false', 'removed a']);
  });

  it('removes a node everywhere, and knows it anew when it comes again', () => {
    const { inner, outer } = twoGates('ab');
    outer.setAvailable('a', false);
    expect(outer.remove('a')).toBe(true);
    expect([outer.nodes, inner.nodes]).toEqual([['b'], ['b']]);
    outer.add('a');
    expect(outer.nodes).toEqual(['b', 'a']);
    expect(sequence(outer, 2)).toBe('ba');
  });

  it('gives a request for a given node unless a layer keeps it out', () => {
    const { inner, outer } = twoGates('ab');
    expect(outer.pickNode('b')?.node).toBe('b');
    inner.close('b');
    expect(outer.pickNode('b')).toBeUndefined();
    expect(outer.pickNode('c')).toBeUndefined();
  });

  it('may change leases, also those for a given node', () => {
    class Named extends Layer {
      protected override given({ node, done }: Lease): Lease {
        return { node: `${node}!`, done };
      }
    }
    const balancer = new Named(new Named(new RoundRobin()));
    balancer.add('a');
    expect([balancer.pick().node, balancer.pickNode('a')?.node, balancer.pickNode('b')]).toEqual([
      'a!!',
      'a!!',
      undefined,
    ]);
  });

  it('refuses a balancer that has nodes, of which it could not know what was told', () => {
    expect(() => new Gate(new RoundRobin(['a']))).toThrow('inner is an object; it must be a balancer without nodes');
  });

  it('does with no opinion what the balancer inside does', () => {
    fc.assert(
      fc.property(events, (list) => {
        const plain = play(new LeastConnections(), list, () => undefined);
        expect(play(new Gate(new Gate(new LeastConnections())), list, () => undefined)).toEqual(plain);
      }),
    );
  });

  it('passes on the context', () => {
    const balancer = new HealthGate<string>(new ConsistentHashing<string>([], { key: (key) => key }));
    for (const node of 'abc') balancer.add(node);
    const { node } = balancer.pick('key');
    for (let i = 0; i < 5; i++) expect(balancer.pick('key').node).toBe(node);
    balancer.setHealthy(node, false);
    expect(balancer.pick('key').node).not.toBe(node);
  });
});

describe('HealthGate', () => {
  it('keeps apart what is drained and what is unwell: one does not end the other', () => {
    const balancer = new HealthGate(new RoundRobin());
    for (const node of 'ab') balancer.add(node);
    balancer.setAvailable('a', false);
    balancer.setHealthy('a', false);
    balancer.setHealthy('a', true);
    expect(sequence(balancer, 2)).toBe('bb');
    balancer.setHealthy('a', false);
    balancer.setAvailable('a', true);
    expect(sequence(balancer, 2)).toBe('bb');
    balancer.setHealthy('a', true);
    expect(sequence(balancer, 2)).toBe('ab');
  });

  it('takes a node for well of which nothing was said, also one that was unwell before it was removed', () => {
    const balancer = new HealthGate(new RoundRobin());
    balancer.setHealthy('a', false); // which is not there
    balancer.add('a');
    expect(balancer.isHealthy('a')).toBe(true);
    balancer.setHealthy('a', false);
    expect(balancer.isHealthy('a')).toBe(false);
    balancer.remove('a');
    balancer.add('a');
    expect(balancer.pick().node).toBe('a');
  });

  it('follows a source, which knows nodes before they come, until it is closed', () => {
    const unwell = new Set(['b']);
    let tell: (node: string, healthy: boolean) => void = () => expect.unreachable();
    let unsubscribed = 0;
    const balancer = new HealthGate(new RoundRobin(), {
      source: {
        isHealthy: (node) => !unwell.has(node),
        subscribe: (listener) => {
          tell = listener;
          return () => unsubscribed++;
        },
      },
    });
    for (const node of 'abc') balancer.add(node);
    expect(sequence(balancer, 4)).toBe('acac');
    tell('b', true);
    tell('a', false);
    expect(sequence(balancer, 2)).toBe('bc');
    balancer.close();
    expect(unsubscribed).toBe(1);
    expect(sequence(balancer, 2)).toBe('bc');
  });
});

describe('pickExcept', () => {
  it('picks none of these, and what comes after it is as it was', () => {
    const balancer = new HealthGate(new LeastConnections());
    for (const node of 'abc') balancer.add(node);
    expect(pickExcept(balancer, undefined, ['a', 'b']).node).toBe('c');
    expect(pickExcept(balancer, undefined, []).node).toBe('a');
    expect(sequence(balancer, 3)).toBe('bca');
  });

  it('picks none of these when one of them is ejected no longer from just then on', () => {
    let now = 0;
    const options = { now: () => now, consecutiveFailures: 1, maxEjected: 0.6, baseEjectionMs: 1000 };
    const balancer = new OutlierEjection(new RoundRobin(), options);
    for (const node of 'ab') balancer.add(node);
    balancer.pickNode('b')!.done({ failed: true });
    expect(balancer.isEjected('b')).toBe(true);
    now = 1000;
    expect(() => pickExcept(balancer, undefined, ['a', 'b'])).toThrow(NoNodeError);
    expect(sequence(balancer, 2)).toBe('ab');
  });

  it('picks none of these when one of them is just starting slowly', () => {
    let now = 0;
    const balancer = new SlowStart(new WeightedRandom([], { random: () => 0.5 }), { now: () => now, windowMs: 1000 });
    balancer.add('a');
    balancer.pick().done();
    balancer.add('b');
    now = 600;
    expect(() => pickExcept(balancer, undefined, ['a', 'b'])).toThrow(NoNodeError);
  });

  it('opens nodes again when no other can be picked', () => {
    const balancer = new HealthGate(new RoundRobin());
    for (const node of 'ab') balancer.add(node);
    expect(() => pickExcept(balancer, undefined, ['a', 'b', 'nobody'])).toThrow(NoNodeError);
    expect(sequence(balancer, 2)).toBe('ab');
  });

  it('does not open nodes that were closed before, by whatever', () => {
    const balancer = new HealthGate(new RoundRobin());
    for (const node of 'abc') balancer.add(node);
    balancer.setAvailable('a', false);
    balancer.setHealthy('b', false);
    expect(pickExcept(balancer, undefined, ['a', 'b']).node).toBe('c');
    expect(sequence(balancer, 2)).toBe('cc');
    expect(() => pickExcept(balancer, undefined, 'abc')).toThrow(NoNodeError);
    expect(sequence(balancer, 1)).toBe('c');
  });

  it('is not seen by layers: no slow start, and no hook, says that nodes were gone', () => {
    const gate = new Gate(new LeastConnections());
    const balancer = new SlowStart(gate, { now: () => 0 });
    for (const node of 'ab') balancer.add(node);
    balancer.pick();
    pickExcept(balancer, undefined, ['a']);
    expect(balancer.starting).toEqual([]);
    expect(gate.heard).toEqual(['added a', 'added b']);
  });

  it('goes on to the next preferred node of a hash', () => {
    const balancer = new ConsistentHashing<string>(['a', 'b', 'c'], { key: (key) => key });
    const first = balancer.pick('key').node;
    const second = pickExcept(balancer, 'key', [first]).node;
    balancer.setAvailable(first, false);
    expect(balancer.pick('key').node).toBe(second);
  });

  it('picks what can be picked less what is excluded, whatever happened, and changes neither', () => {
    const node: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    fc.assert(
      fc.property(events, fc.array(node), (list, except) => {
        const balancer: Balancer = new HealthGate(new RoundRobin());
        play(balancer, list, () => undefined);
        const can = pickable([...list, { type: 'pick' }]).at(-1)!;
        const left = can.filter((one) => !except.includes(one));
        if (left.length === 0) expect(() => pickExcept(balancer, undefined, except)).toThrow(NoNodeError);
        else expect(left).toContain(pickExcept(balancer, undefined, except).node);
        const round = Array.from(can, () => balancer.pick().node);
        expect(round.sort()).toEqual(can.sort());
      }),
    );
  });
});

describe('LayerOrderError', () => {
  it('says which order makes no sense, and why', () => {
    const error = new LayerOrderError('Outer', 'Inner', 'it would do nothing; leave it out');
    expect(error.message).toBe('Outer around Inner makes no sense: it would do nothing; leave it out');
    expect(isQuorateError(error, 'layer-order')).toBe(true);
  });

  it('is raised for what is deeper inside, too', () => {
    const deep = new Gate(new HealthGate(new Gate(new LeastConnections())));
    expect(() => new SlowStart(deep)).toThrow('SlowStart around HealthGate makes no sense');
  });
});
