import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConsistentHashing,
  EarliestDeadlineFirst,
  LeastConnections,
  NginxIpHash,
  PowerOfTwoChoices,
  Random,
  RoundRobin,
  SmoothWeightedRoundRobin,
  StaticRoundRobin,
  WeightedRandom,
  type Balancer,
} from 'quorate/balancer';
import { HealthGate, LayerOrderError, SlowStart, type SlowStartOptions } from 'quorate/balancer/layers';
import { InvalidOptionError } from 'quorate/core';
import { tally } from '../active-nodes.js';

/** Notes the weights it is told. */
class Scale extends WeightedRandom {
  readonly weights = new Map<string, number>();
  /** How often it was told one. */
  told = 0;

  constructor() {
    super([], { random: () => 0 });
  }

  override add(node: string, weight = 1): void {
    super.add(node, weight);
    this.weights.set(node, weight);
    this.told++;
  }
}

/** A balancer in use, with a clock that is set by hand. */
function inUse(options: SlowStartOptions = {}) {
  const time = { now: 5000 };
  const scale = new Scale();
  const balancer = new SlowStart(scale, { windowMs: 1000, now: () => time.now, ...options });
  balancer.add('old');
  balancer.pick();
  /** The weight of a node at a pick some time later. */
  const weightAfter = (node: string, ms: number): number => {
    time.now += ms;
    balancer.pick();
    return scale.weights.get(node)!;
  };
  return { time, scale, balancer, weightAfter };
}

describe('SlowStart', () => {
  it('lets the weight of a node that comes grow from a tenth, linearly, to what was told', () => {
    const { balancer, scale, weightAfter } = inUse();
    balancer.add('new', 2);
    expect(scale.weights.get('new')).toBe(0.2);
    expect([50, 50, 150, 250, 490, 10].map((ms) => weightAfter('new', ms))).toEqual([0.2, 0.2, 0.5, 1, 1.98, 2]);
    expect(balancer.starting).toEqual([]);
  });

  it.each([
    { aggression: 1, weights: [0.1, 0.25, 0.5, 0.81, 1] },
    { aggression: 2, weights: [0.1, 0.5, Math.SQRT1_2, 0.9, 1] },
    { aggression: 0.5, weights: [0.1, 0.1, 0.25, 0.6561, 1] },
  ])('follows the formula of Envoy with aggression $aggression', ({ aggression, weights }) => {
    const { balancer, weightAfter } = inUse({ aggression });
    balancer.add('new');
    const grown = [0, 250, 250, 310, 190].map((ms) => weightAfter('new', ms));
    grown.forEach((weight, i) => expect(weight).toBeCloseTo(weights[i]!, 12));
  });

  it('counts the first millisecond as one, so that no weight is nothing', () => {
    const { balancer, scale } = inUse({ minWeight: 0.01, windowMs: 50 });
    balancer.add('new');
    expect(scale.weights.get('new')).toBe(1 / 50);
  });

  it('never has a node start that is there before the first request', () => {
    const scale = new Scale();
    const balancer = new SlowStart(scale, { now: () => 0 });
    balancer.add('a', 3);
    balancer.setAvailable('a', false);
    balancer.setAvailable('a', true);
    expect(scale.weights.get('a')).toBe(3);
  });

  it('is in use with the first request for a given node, too', () => {
    const scale = new Scale();
    const balancer = new SlowStart(scale, { now: () => 0 });
    balancer.add('a');
    balancer.pickNode('a');
    balancer.add('b');
    expect(balancer.starting).toEqual(['b']);
  });

  it('has a node start that becomes available again, as an outer layer of health says', () => {
    const { balancer, scale } = inUse();
    const outer = new SlowStart(new Scale(), { now: () => 0 });
    const gate = new HealthGate(outer);
    gate.add('a');
    gate.add('b');
    gate.pick();
    gate.setHealthy('b', false);
    expect(outer.starting).toEqual([]);
    gate.setHealthy('b', true);
    expect(outer.starting).toEqual(['b']);
    balancer.setAvailable('old', false);
    balancer.setAvailable('old', true);
    expect(scale.weights.get('old')).toBe(0.1);
  });

  it('begins anew with a node that becomes unavailable while it starts', () => {
    const { balancer, weightAfter } = inUse();
    balancer.add('new');
    expect(weightAfter('new', 500)).toBe(0.5);
    balancer.setAvailable('new', false);
    expect(balancer.starting).toEqual([]);
    balancer.setAvailable('new', true);
    expect(weightAfter('new', 100)).toBe(0.1);
    expect(weightAfter('new', 100)).toBe(0.2);
  });

  it('begins anew with a node that was removed, but not with one that is said to be available as it is already', () => {
    const { balancer, weightAfter } = inUse();
    balancer.add('new');
    balancer.setAvailable('new', true);
    expect(weightAfter('new', 900)).toBe(0.9);
    balancer.setAvailable('new', true);
    expect(weightAfter('new', 50)).toBe(0.95);
    balancer.remove('new');
    expect(balancer.starting).toEqual([]);
    balancer.add('new');
    expect(weightAfter('new', 50)).toBe(0.1);
  });

  it('takes its part of a weight that changes meanwhile', () => {
    const { balancer, scale, weightAfter } = inUse();
    balancer.add('new', 1);
    weightAfter('new', 500);
    balancer.add('new', 10);
    expect(scale.weights.get('new')).toBe(5);
    expect(weightAfter('new', 500)).toBe(10);
  });

  it('tells weights a hundred times in a window, however many requests there are, and nothing when none starts', () => {
    const { balancer, scale, time } = inUse();
    balancer.add('new');
    scale.told = 0;
    for (let i = 0; i < 10_000; i++) {
      time.now += 0.125;
      balancer.pick();
    }
    expect(scale.told).toBeGreaterThan(90);
    expect(scale.told).toBeLessThanOrEqual(101);
    expect(scale.weights.get('new')).toBe(1);
  });

  it('asks for the time only while a node starts', () => {
    let asked = 0;
    const balancer = new SlowStart(new Scale(), { now: () => ++asked });
    balancer.add('a');
    for (let i = 0; i < 10; i++) balancer.pick();
    expect(asked).toBe(0);
  });

  it('makes no difference when all nodes start at the same time', () => {
    const time = { now: 0 };
    const balancer = new SlowStart(new EarliestDeadlineFirst(), { now: () => time.now });
    balancer.add('gone');
    balancer.pick();
    balancer.remove('gone');
    balancer.add('a', 3);
    balancer.add('b');
    expect(Object.fromEntries(tally(balancer, 400))).toEqual({ a: 300, b: 100 });
  });

  it.each<[string, () => Balancer]>([
    ['EarliestDeadlineFirst', () => new EarliestDeadlineFirst()],
    ['SmoothWeightedRoundRobin', () => new SmoothWeightedRoundRobin()],
  ])('gives a new node its part of the requests with %s: the integral of the weights', (_, make) => {
    const time = { now: 0 };
    const balancer = new SlowStart(make(), { windowMs: 10_000, now: () => time.now });
    balancer.add('a');
    balancer.pick();
    balancer.add('b');
    let picks = 0;
    let share = 0;
    for (; time.now < 10_000; time.now++) {
      const weight = Math.max(0.1, time.now / 10_000);
      share += weight / (1 + weight);
      if (balancer.pick().node === 'b') picks++;
    }
    // Weights are up to a hundredth of the window behind, and so is the share; the first pick comes late.
    expect(picks).toBeGreaterThan(share * 0.97);
    expect(picks).toBeLessThan(share * 1.01);
  });

  it('has, for each node, the weight of a plain list at each pick, whoever comes and goes', () => {
    const node = fc.constantFrom('a', 'b', 'c');
    const event = fc.record({
      node,
      what: fc.constantFrom('add', 'remove', 'up', 'down', 'pick', 'pick'),
      weight: fc.integer({ min: 0, max: 4 }),
      ms: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const { time, scale, balancer } = inUse({ windowMs: 100 });
        const since = new Map<string, number>();
        const nodes = new Map<string, { weight: number; up: boolean }>();
        for (const { node, what, weight, ms } of events) {
          time.now += ms;
          const known = nodes.get(node);
          if (what === 'add') {
            balancer.add(node, weight);
            nodes.set(node, { weight, up: known?.up ?? true });
            if (known === undefined) since.set(node, time.now);
          } else if (what === 'remove') {
            balancer.remove(node);
            nodes.delete(node);
          } else if (what === 'up' || what === 'down') {
            const up = what === 'up';
            balancer.setAvailable(node, up);
            if (known !== undefined && up && !known.up) since.set(node, time.now);
            if (known !== undefined) known.up = up;
          } else {
            balancer.pick();
            for (const [name, { weight, up }] of nodes) {
              const grown = Math.min(1, Math.max(0.1, Math.max(1, time.now - since.get(name)!) / 100));
              if (up) expect(scale.weights.get(name)).toBeCloseTo(weight * grown, 9);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, Balancer<never>]>([
    ['RoundRobin', new RoundRobin()],
    ['Random', new Random()],
    ['StaticRoundRobin', new StaticRoundRobin()],
    ['NginxIpHash', new NginxIpHash<string>([], { address: (address) => address })],
    ['ConsistentHashing', new ConsistentHashing<string>([], { key: (key) => key })],
  ])('refuses %s, also within another layer, and says what to use instead', (name, strategy) => {
    expect(() => new SlowStart(strategy)).toThrow(LayerOrderError);
    expect(() => new SlowStart(strategy)).toThrow(`SlowStart around ${name} makes no sense`);
    expect(() => new SlowStart(strategy)).toThrow('use EarliestDeadlineFirst');
  });

  it('refuses layers of health inside, and itself', () => {
    expect(() => new SlowStart(new HealthGate(new LeastConnections()))).toThrow('put SlowStart inside');
    expect(() => new SlowStart(new SlowStart(new LeastConnections()))).toThrow('one of them is enough');
    expect(() => new HealthGate(new SlowStart(new PowerOfTwoChoices()))).not.toThrow();
  });

  it.each<[keyof SlowStartOptions, number]>([
    ['windowMs', 0],
    ['aggression', 0],
    ['aggression', NaN],
    ['minWeight', 0],
    ['minWeight', 1.01],
  ])('refuses the option %s to be %d', (option, value) => {
    const make = () => new SlowStart(new LeastConnections(), { [option]: value });
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(option);
  });
});
