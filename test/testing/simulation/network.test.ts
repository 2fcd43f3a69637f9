import { describe, expect, it } from 'vitest';
import { Probes } from './probe.js';

const texts = Array.from({ length: 1000 }, (_, i) => `${i}`);

describe('conditions of the network', () => {
  it('delivers everything once and in order when nothing is wrong', () => {
    const probes = new Probes();
    probes.send('a', 'b', ...texts);
    probes.simulation.run(10);
    expect(probes.texts('b')).toEqual(texts);
    expect(probes.texts('c')).toEqual([]);
  });

  it('keeps messages on their way as long as the latency says', () => {
    const probes = new Probes({}, { latencyMs: [3, 8] });
    probes.send('a', 'b', ...texts);
    probes.simulation.run(100);
    const times = probes.times('b', 'message');
    expect(Math.min(...times)).toBeGreaterThanOrEqual(3);
    expect(Math.min(...times)).toBeLessThan(3.1);
    expect(Math.max(...times)).toBeLessThan(8);
    expect(Math.max(...times)).toBeGreaterThan(7.9);
  });

  it('loses the share that it is told to lose', () => {
    const probes = new Probes({}, { loss: 0.3 });
    probes.send('a', 'b', ...texts);
    probes.simulation.run(10);
    expect(probes.texts('b').length).toBeGreaterThan(650);
    expect(probes.texts('b').length).toBeLessThan(750);
  });

  it('repeats the share that it is told to repeat', () => {
    const probes = new Probes({}, { duplication: 0.2 });
    probes.send('a', 'b', ...texts);
    probes.simulation.run(10);
    expect(new Set(probes.texts('b')).size).toBe(1000);
    expect(probes.texts('b').length).toBeGreaterThan(1150);
    expect(probes.texts('b').length).toBeLessThan(1250);
  });

  it('lets others overtake the share that it is told to delay', () => {
    const probes = new Probes({}, { delayed: 0.1, delayMs: [50, 60] });
    probes.send('a', 'b', ...texts);
    probes.simulation.run(40);
    const soon = probes.texts('b').length;
    probes.simulation.run(40);
    expect(probes.texts('b').length).toBe(1000);
    expect(soon).toBeGreaterThan(860);
    expect(soon).toBeLessThan(940);
  });
});

describe('cut links', () => {
  it('lose what is sent in one direction only, and let it pass afterwards', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'cut', links: [['a', 'b']], ms: 10 });
    probes.send('a', 'b', 'lost');
    probes.send('b', 'a', 'passes');
    probes.simulation.run(10);
    probes.send('a', 'b', 'later');
    probes.simulation.run(10);
    expect([probes.texts('a'), probes.texts('b')]).toEqual([['passes'], ['later']]);
  });

  it('lose what was on its way', () => {
    const probes = new Probes();
    probes.send('a', 'b', 'on its way');
    probes.simulation.run(0.5);
    probes.simulation.fault({ type: 'cut', links: [['a', 'b']], ms: 10 });
    probes.simulation.run(20);
    expect(probes.texts('b')).toEqual([]);
  });

  it('stay cut until the last of several cuts ends', () => {
    const probes = new Probes();
    for (const ms of [10, 20]) probes.simulation.fault({ type: 'cut', links: [['a', 'b']], ms });
    probes.simulation.run(15);
    probes.send('a', 'b', 'lost');
    probes.simulation.run(10);
    probes.send('a', 'b', 'passes');
    probes.simulation.run(10);
    expect(probes.texts('b')).toEqual(['passes']);
  });

  it('are mended by healing, which ends before the cut would have', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'cut', links: [['a', 'b']], ms: 1000 });
    probes.simulation.heal();
    probes.send('a', 'b', 'passes');
    probes.simulation.run(20);
    expect(probes.texts('b')).toEqual(['passes']);
  });
});

describe('clogged links', () => {
  it('deliver in order and together what they held up', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'clog', links: [['a', 'b']], ms: 50 });
    probes.send('a', 'b', 'one', 'two');
    probes.simulation.run(30);
    probes.send('a', 'b', 'three');
    probes.send('c', 'b', 'past them');
    probes.simulation.run(30);
    expect(probes.texts('b')).toEqual(['past them', 'one', 'two', 'three']);
    expect(probes.times('b', 'message')).toEqual([31, 50, 50, 50]);
  });

  it('lose what they held up when they are cut at that moment', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'clog', links: [['a', 'b']], ms: 50 });
    probes.send('a', 'b', 'lost');
    probes.simulation.run(40);
    probes.simulation.fault({ type: 'cut', links: [['a', 'b']], ms: 50 });
    probes.simulation.run(100);
    expect(probes.texts('b')).toEqual([]);
  });

  it('let everything go when all heals', () => {
    const probes = new Probes();
    probes.simulation.fault({ type: 'clog', links: [['a', 'b']], ms: 1000 });
    probes.send('a', 'b', 'one');
    probes.simulation.run(10);
    probes.simulation.heal();
    expect(probes.texts('b')).toEqual(['one']);
  });
});
