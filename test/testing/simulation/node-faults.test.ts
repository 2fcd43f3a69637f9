import { describe, expect, it } from 'vitest';
import { Probes } from './probe.js';

describe('a crash', () => {
  it('loses what the disk had not stored, and keeps what it had', () => {
    let lost = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const probes = new Probes({ seed });
      probes.command('a', { type: 'write', values: [1] });
      probes.simulation.run(10);
      probes.command('a', { type: 'write', values: [2] });
      probes.simulation.run(1);
      probes.simulation.fault({ type: 'crash', node: 'a', downMs: 10 });
      probes.simulation.run(20);
      const { values } = probes.host('a').state();
      expect([[1], [1, 2]]).toContainEqual(values);
      expect(probes.durable.get('a')).toEqual([1]);
      lost += values.length === 1 ? 1 : 0;
    }
    expect(lost).toBeGreaterThan(50);
    expect(lost).toBeLessThan(90);
  });

  it('may leave the first records of an append, the next one torn and cut off', () => {
    const left = new Set<string>();
    for (let seed = 1; seed <= 200; seed++) {
      const probes = new Probes({ seed });
      probes.command('a', { type: 'write', values: [1, 2, 3] });
      probes.simulation.run(1);
      probes.simulation.fault({ type: 'crash', node: 'a', downMs: 10 });
      probes.simulation.run(20);
      left.add(probes.host('a').state().values.join());
    }
    expect([...left].sort()).toEqual(['', '1', '1,2', '1,2,3']);
  });

  it('loses what the node had not sent and what it was told in the meantime', () => {
    const probes = new Probes();
    probes.host('a').command({ type: 'send', to: 'b', text: 'never' }, 5);
    probes.simulation.fault({ type: 'crash', node: 'a', downMs: 10 });
    probes.send('b', 'a', 'nobody there');
    probes.simulation.run(30);
    expect([probes.texts('a'), probes.texts('b'), probes.starts.get('a')]).toEqual([[], [], 2]);
  });

  it('with an infinite downtime loses the node for ever', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'crash', node: 'a', downMs: Infinity });
    probes.simulation.run(1000);
    probes.simulation.heal();
    expect([probes.host('a').up, probes.host('a').lost]).toEqual([false, true]);
  });

  it('can strike whichever node takes the n-th step', () => {
    const fault = { type: 'crash', node: null, downMs: 5 } as const;
    const probes = new Probes({ faults: [{ afterStep: 3, fault }] });
    for (const id of ['a', 'b', 'c']) probes.command(id, { type: 'wakeAt', at: Infinity });
    probes.simulation.run(1);
    expect([probes.host('a').up, probes.host('b').up, probes.host('c').up]).toEqual([true, true, false]);
  });
});

describe('a pause', () => {
  it('keeps what arrives until it is over, in order', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'pause', node: 'b', ms: 50 });
    probes.send('a', 'b', 'one', 'two');
    probes.simulation.run(49);
    expect(probes.texts('b')).toEqual([]);
    probes.simulation.run(2);
    expect(probes.texts('b')).toEqual(['one', 'two']);
    expect(probes.times('b', 'message')).toEqual([50, 50]);
  });

  it('ends with a crash, and what it kept is lost', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'pause', node: 'b', ms: 50 });
    probes.send('a', 'b', 'lost');
    probes.simulation.run(10);
    probes.simulation.fault({ type: 'crash', node: 'b', downMs: 5 });
    probes.simulation.run(10);
    probes.send('a', 'b', 'taken');
    probes.simulation.run(5);
    expect(probes.texts('b')).toEqual(['taken']);
  });
});

describe('a disk', () => {
  it('takes the time that the conditions say, one operation after the other', () => {
    const probes = new Probes({}, { diskMs: [5, 5] });
    for (const value of [1, 2]) probes.command('a', { type: 'write', values: [value] });
    probes.simulation.run(20);
    expect(probes.times('a', 'stored')).toEqual([5, 10]);
  });

  it('that stalls answers later, and nothing is lost', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'stall', node: 'a', ms: 100 });
    probes.command('a', { type: 'write', values: [1] });
    probes.simulation.run(200);
    expect(probes.times('a', 'stored')).toEqual([105]);
  });

  it('that fails once ends the incarnation, and the next one works', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'diskFailure', node: 'a', downMs: 10 });
    probes.command('a', { type: 'write', values: [1] });
    probes.simulation.run(30);
    expect([probes.starts.get('a'), probes.durable.get('a')]).toEqual([2, undefined]);
    probes.command('a', { type: 'write', values: [2] });
    probes.simulation.run(30);
    expect(probes.durable.get('a')).toEqual([2]);
  });

  it('that fails for ever loses the node', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'diskFailure', node: 'a', downMs: Infinity });
    probes.command('a', { type: 'write', values: [1] });
    probes.simulation.run(30);
    expect(probes.host('a').lost).toBe(true);
  });
});

describe('flipped bits', () => {
  function written(where: number): Probes {
    const probes = new Probes();
    for (const value of [1, 2, 3]) probes.command('a', { type: 'write', values: [value] });
    probes.simulation.run(20);
    probes.simulation.fault({ type: 'bitFlip', node: 'a', where });
    return probes;
  }

  it.each([0, 0.5, 0.999])('are noticed at the next start, which is refused: place %d', (where) => {
    const probes = written(where);
    probes.command('a', { type: 'write', values: [4] });
    probes.simulation.run(20);
    expect(probes.durable.get('a')).toEqual([1, 2, 3, 4]);
    probes.simulation.fault({ type: 'crash', node: 'a', downMs: 1 });
    probes.simulation.run(20);
    expect([probes.host('a').up, probes.host('a').lost]).toEqual([false, true]);
  });

  it('in the last record look like a torn write: it is cut off', () => {
    const probes = written(1);
    probes.simulation.fault({ type: 'crash', node: 'a', downMs: 1 });
    probes.simulation.run(20);
    expect(probes.host('a').state().values).toEqual([1, 2]);
  });

  it('in what was the last record are no torn write any more when another one follows', () => {
    const probes = written(1);
    probes.command('a', { type: 'write', values: [4] });
    probes.simulation.run(20);
    probes.simulation.fault({ type: 'crash', node: 'a', downMs: 1 });
    probes.simulation.run(20);
    expect(probes.host('a').lost).toBe(true);
  });

  it('are gone when a running node heals', () => {
    const probes = written(0);
    probes.simulation.heal();
    expect(probes.host('a').disk.open()).toBe(true);
  });
});

it('a wiped disk lets the node start as if it were new', () => {
  const probes = new Probes();
  probes.command('a', { type: 'write', values: [1] });
  probes.simulation.run(20);
  probes.simulation.fault({ type: 'wipe', node: 'a', downMs: 10 });
  expect(probes.host('a').up).toBe(false);
  probes.simulation.run(20);
  expect([probes.host('a').up, probes.host('a').state().values]).toEqual([true, []]);
});

describe('clocks', () => {
  it('that jump make what was due in between due at once', () => {
    const probes = new Probes();
    probes.command('a', { type: 'wakeAt', at: 100 });
    probes.simulation.run(10);
    probes.simulation.fault({ type: 'clockJump', node: 'a', ms: 95 });
    probes.simulation.run(1);
    expect(probes.times('a', 'wake')[0]).toBeCloseTo(105, 3);
  });

  it('that drift wake nodes earlier or later, by no more than their share', () => {
    const wakes = new Set<number>();
    for (let seed = 1; seed <= 20; seed++) {
      const probes = new Probes({ seed }, { clockDrift: 0.1 });
      const woken: number[] = [];
      probes.checked = (host) => {
        if (host.state().inputs.at(-1)!.type === 'wake') woken.push(probes.simulation.now);
      };
      probes.command('a', { type: 'wakeAt', at: 1000 });
      probes.simulation.run(1500);
      expect(probes.times('a', 'wake')[0]).toBeCloseTo(1000, 3);
      expect(Math.abs(1000 / woken[0]! - 1)).toBeLessThanOrEqual(0.1);
      wakes.add(woken[0]!);
    }
    expect(wakes.size).toBe(20);
  });

  it('wake a node once for a time that it asked for, and not for one that it took back', () => {
    const probes = new Probes();
    probes.command('a', { type: 'wakeAt', at: 50 });
    probes.simulation.run(10);
    probes.command('a', { type: 'wakeAt', at: 80 });
    probes.simulation.run(200);
    expect(probes.times('a', 'wake').map(Math.round)).toEqual([80]);
  });
});
