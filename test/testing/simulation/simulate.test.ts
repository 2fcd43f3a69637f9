import { describe, expect, it } from 'vitest';
import { Highest, initialState, replay, type State } from '../../../examples/own-protocol/highest.js';
import type { NodeId } from '../../../src/core/index.js';
import {
  InvariantViolation,
  simulate,
  SimulationError,
  type SimulateOptions,
  type SimulatedDisk,
  type SimulateResult,
} from '../../../src/testing/index.js';

const nodes: readonly NodeId[] = ['n1', 'n2', 'n3'];

function start(id: NodeId, disk: SimulatedDisk<number, null>): Highest {
  const state = initialState();
  for (const record of disk.records) replay(state, record);
  return new Highest(
    nodes.filter((peer) => peer !== id),
    state,
  );
}

/** A scenario with a check that fails once a node that has restarted knows `limit` or more. */
function runTo(limit: number, options: Partial<SimulateOptions> = {}): SimulateResult {
  return simulate({ nodes, seeds: 5, ...options }, () => {
    const starts = new Map<NodeId, number>();
    let last = 0;
    return {
      start(id: NodeId, disk: SimulatedDisk<number, null>) {
        starts.set(id, (starts.get(id) ?? 0) + 1);
        return start(id, disk);
      },
      command: () => ({ type: 'raise', value: ++last }),
      check(host) {
        if (starts.get(host.id)! > 1 && host.state().highest >= limit) throw new InvariantViolation('went too far');
      },
    };
  });
}

function failureOf(call: () => unknown): SimulationError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(SimulationError);
    return error as SimulationError;
  }
  throw new Error('nothing failed');
}

describe('simulate', () => {
  it('does the same for equal options, and something else for other seeds', () => {
    const first = runTo(Infinity);
    expect(runTo(Infinity)).toEqual(first);
    expect(runTo(Infinity, { seed: 6 }).trace).not.toBe(first.trace);
  });

  it('runs each seed, and counts what happened', () => {
    const { runs, steps, commands } = runTo(Infinity, { seeds: 3, durationMs: 2000, commandEveryMs: 10 });
    expect(runs).toBe(3);
    expect(commands).toBeGreaterThan(200);
    expect(steps).toBeGreaterThan(commands);
  });

  it('throws what names the seed, the step and the violation, which is the cause', () => {
    const error = failureOf(() => runTo(50));
    expect(error).toMatchObject({ code: 'simulation-failed', cause: { message: 'went too far' } });
    expect(error.message).toMatch(`seed ${error.seed}: went too far, after step ${error.step}, at `);
    expect(error.message).toMatch(error.recent.split('\n').at(-1)!);
  });

  it('shrinks the faults to the one crash that a failure needs', () => {
    const { faults } = failureOf(() => runTo(50));
    expect(faults.map(({ fault }) => fault.type)).toHaveLength(1);
    expect(['crash', 'diskFailure']).toContain(faults[0]!.fault.type);
  });

  it('fails in the same way with the seed and the faults of an error', () => {
    const { seed, faults, step, at, recent } = failureOf(() => runTo(50));
    const again = failureOf(() => runTo(50, { seed, seeds: 1, faults }));
    expect({ step: again.step, at: again.at, recent: again.recent }).toEqual({ step, at, recent });
  });

  it('reports what a machine throws', () => {
    class Broken extends Highest {
      override state(): State {
        throw new TypeError('no state today');
      }
    }
    const error = failureOf(() =>
      simulate({ nodes }, () => ({
        start: () => new Broken([], initialState()),
        check: (host) => void host.state(),
      })),
    );
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.faults).toEqual([]);
  });

  it('asks at the end, of nodes that are all up, whether what had to come about has', () => {
    const seen: boolean[] = [];
    const error = failureOf(() =>
      simulate({ nodes, seed: 3, durationMs: 3000, settleMs: 1000, weights: { crashEveryMs: 100 } }, () => ({
        start,
        healed(hosts) {
          seen.push(hosts.length > 0 && hosts.every((host) => host.up));
          throw new InvariantViolation('never content');
        },
      })),
    );
    expect(error.at).toBe(4000);
    expect(new Set(seen)).toEqual(new Set([true]));
  });

  it('lets clients ask nothing when there is no command', () => {
    expect(simulate({ nodes, seeds: 2 }, () => ({ start, command: () => null })).commands).toBe(0);
    expect(simulate({ nodes, seeds: 2 }, () => ({ start })).commands).toBe(0);
  });

  it.each([{ seed: -1 }, { seeds: 0 }, { durationMs: NaN }, { settleMs: -1 }, { commandEveryMs: 0 }])(
    'refuses %o',
    (options) => {
      expect(() => simulate({ nodes, ...options }, () => ({ start }))).toThrow(
        expect.objectContaining({ code: 'invalid-option', option: Object.keys(options)[0] }),
      );
    },
  );
});
