import { describe, expect, it } from 'vitest';
import { nemesis, type Fault, type NemesisWeights } from '../../../src/testing/index.js';

const nodes = ['a', 'b', 'c', 'd', 'e'];

const never: NemesisWeights = {
  cutEveryMs: Infinity,
  cutMs: [1, 1],
  clogEveryMs: Infinity,
  clogMs: [1, 1],
  crashEveryMs: Infinity,
  crashEverySteps: Infinity,
  downMs: [1, 1],
  pauseEveryMs: Infinity,
  pauseMs: [1, 1],
  stallEveryMs: Infinity,
  stallMs: [1, 1],
  diskFailureEveryMs: Infinity,
  lostDiskEveryMs: Infinity,
  wipeEveryMs: Infinity,
  clockJumpEveryMs: Infinity,
  clockJumpMs: [1, 1],
};

function faults(weights: Partial<NemesisWeights>, durationMs = 100_000, seed = 1): readonly Fault[] {
  return nemesis({ seed, nodes, durationMs, weights: { ...never, ...weights } }).map(({ fault }) => fault);
}

it('draws nothing when nothing is to happen', () => {
  expect(faults({})).toEqual([]);
});

it('draws equal faults for equal seeds, and others for others', () => {
  const drawn = [1, 1, 2].map((seed) => JSON.stringify(nemesis({ seed, nodes, durationMs: 10_000 })));
  expect(drawn[0]).toBe(drawn[1]);
  expect(drawn[0]).not.toBe(drawn[2]);
});

it.each([
  ['cutEveryMs', 'cut'],
  ['clogEveryMs', 'clog'],
  ['crashEveryMs', 'crash'],
  ['pauseEveryMs', 'pause'],
  ['stallEveryMs', 'stall'],
  ['diskFailureEveryMs', 'diskFailure'],
  ['clockJumpEveryMs', 'clockJump'],
] as const)('%s is the mean time between two of %s, and nothing else happens', (weight, type) => {
  const drawn = faults({ [weight]: 100 });
  expect(new Set(drawn.map((fault) => fault.type))).toEqual(new Set([type]));
  expect(drawn.length).toBeGreaterThan(900);
  expect(drawn.length).toBeLessThan(1100);
});

it('keeps durations within their ranges', () => {
  for (const fault of faults({ pauseEveryMs: 100, pauseMs: [20, 30] })) {
    expect((fault as Fault & { type: 'pause' }).ms).toBeGreaterThanOrEqual(20);
    expect((fault as Fault & { type: 'pause' }).ms).toBeLessThan(30);
  }
});

it('spreads crashes over the steps, as far as runs go', () => {
  const drawn = nemesis({ seed: 1, nodes, durationMs: 1000, weights: { ...never, crashEverySteps: 100 } });
  const steps = drawn.map((timed) => ('afterStep' in timed ? timed.afterStep : NaN));
  expect(steps.every((step, i) => step > (steps[i - 1] ?? 0))).toBe(true);
  expect(steps.at(-1)! / steps.length).toBeGreaterThan(90);
  expect(steps.at(-1)! / steps.length).toBeLessThan(110);
});

it('never loses so many disks that no majority is left, and never flips the last record', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const drawn = faults({ lostDiskEveryMs: 100 }, 10_000, seed);
    const lost = drawn.filter((fault) => fault.type === 'bitFlip' || fault.type === 'diskFailure');
    expect(new Set(lost.map(({ node }) => node)).size).toBe(2);
    expect(lost).toHaveLength(2);
    for (const fault of lost) if (fault.type === 'bitFlip') expect(fault.where).toBeLessThan(1);
  }
});

it('counts wiped disks with the lost ones', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const drawn = faults({ lostDiskEveryMs: 2000, wipeEveryMs: 100 }, 10_000, seed);
    const gone = drawn.flatMap((fault) => (fault.type === 'crash' || !('node' in fault) ? [] : fault.node));
    expect(gone).toHaveLength(2);
    expect(new Set(gone).size).toBe(2);
  }
});

describe('cuts', () => {
  const cuts = faults({ cutEveryMs: 10 }, 20_000).map((fault) => (fault as Fault & { type: 'cut' }).links);
  const asText = (links: readonly (readonly [string, string])[]): Set<string> =>
    new Set(links.map((link) => link.join()));
  const touched = (links: readonly (readonly [string, string])[]): Set<string> => new Set(links.flat());

  it('take one node off in both directions', () => {
    const alone = cuts.filter((links) => links.length === 8 && touched(links).size === 5);
    const isolating = alone.filter((links) => nodes.some((id) => links.every((link) => link.includes(id))));
    expect(isolating.length).toBeGreaterThan(100);
  });

  it('split two from three', () => {
    expect(cuts.filter((links) => links.length === 12 && touched(links).size === 5).length).toBeGreaterThan(100);
  });

  it('go in one direction only', () => {
    const oneWay = cuts.filter((links) => {
      const all = asText(links);
      return links.length > 0 && links.every(([from, to]) => !all.has(`${to},${from}`));
    });
    expect(oneWay.length).toBeGreaterThan(100);
  });

  it('leave a bridge: one node that still reaches both sides', () => {
    const bridges = cuts.filter((links) => links.length === 8 && touched(links).size === 4);
    expect(bridges.length).toBeGreaterThan(50);
  });
});

it('refuses a duration below zero, by name', () => {
  expect(() => nemesis({ seed: 1, nodes, durationMs: -1 })).toThrow(/durationMs/);
});
