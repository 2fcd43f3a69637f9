import { describe, expect, it } from 'vitest';
import { create, initialState, parseMessage, type HeartbeatCounters } from '../../../src/detector/heartbeats.js';
import { machineCases, type MachineSetup } from '../../../src/testing/index.js';
import type {
  HeartbeatCommand,
  HeartbeatMessage,
  HeartbeatOutput,
  HeartbeatState,
} from '../../../src/detector/heartbeats.js';
import { runCases } from '../../testing/conformance/run-cases.js';
import { narrow, RandomInputs } from './random-inputs.js';

const outputs: Record<string, number> = {};
const counted: Partial<Record<keyof HeartbeatCounters, number>> = {};
const conditions: Record<string, number> = {};

function look({ peers, counters }: HeartbeatState): void {
  for (const { condition } of peers) conditions[condition] = (conditions[condition] ?? 0) + 1;
  for (const [name, count] of Object.entries(counters) as [keyof HeartbeatCounters, number][])
    if (count > 0) counted[name] = (counted[name] ?? 0) + 1;
}

const setup: MachineSetup<HeartbeatMessage, HeartbeatCommand, HeartbeatOutput, never, HeartbeatState> = {
  start: (seed) => create(narrow(seed), initialState(narrow(seed))),
  resume: (state, seed) => create(narrow(seed), state),
  inputs(random) {
    const drawn = new RandomInputs(random);
    return {
      next(state) {
        look(state);
        return drawn.next(state);
      },
      did(effects) {
        for (const { output } of effects.outputs) outputs[output.type] = (outputs[output.type] ?? 0) + 1;
      },
    };
  },
  parseMessage,
  runs: 12,
};

describe('the machine of heartbeats', () => {
  runCases(machineCases(setup, { earlyWakesIdle: true }));

  it('was in the states that matter', () => {
    for (const name of ['trusted', 'suspected', 'restarted', 'stopped', 'paused', 'refused', 'left'])
      expect({ [name]: outputs[name] ?? 0 }).toEqual({ [name]: expect.toSatisfy((count: number) => count > 30) });
    for (const name of ['awaited', 'trusted', 'suspected', 'stopped'])
      expect({ [name]: conditions[name] ?? 0 }).toEqual({ [name]: expect.toSatisfy((count: number) => count > 300) });
    expect(Object.keys(counted).sort()).toEqual(Object.keys(initialState(narrow(1)).counters).sort());
  });
});
