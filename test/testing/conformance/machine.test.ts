import { describe, expect, it } from 'vitest';
import { create, initialState, parseMessage, replay } from '../../../src/raft/index.js';
import type { RaftCommand, RaftMessage, RaftOutput, RaftRecord, RaftState } from '../../../src/raft/index.js';
import { machineCases, type MachineInputs } from '../../../src/testing/index.js';
import { configurationOf, entry } from '../../raft/script.js';
import { NARROW, RandomInputs } from '../../raft/random-inputs.js';
import { runCases } from './run-cases.js';

/** A server whose journal holds a configuration and some entries. */
function recovered(seed: number): RaftState {
  const state = initialState({ ...NARROW, seed });
  replay(state, { type: 'configuration', index: 1, term: 1, data: configurationOf(['a', 'b', 'c']) });
  for (let index = 2; index <= 4; index++) replay(state, entry(index, 1));
  return state;
}

const seen = { leader: 0, candidate: 0, reads: 0, receiving: 0 };

function look({ role, reads, install }: RaftState): void {
  if (role === 'leader') seen.leader++;
  if (role === 'candidate') seen.candidate++;
  if (reads.length > 0) seen.reads++;
  if (install !== null) seen.receiving++;
}

type Inputs = MachineInputs<RaftMessage, RaftCommand, RaftOutput, RaftRecord, RaftState>;

function inputs(random: () => number): Inputs {
  let current: RaftState | undefined;
  const drawn = new RandomInputs(random, () => current!);
  return {
    next(state) {
      current = state;
      look(state);
      return drawn.next();
    },
    did: (effects) => drawn.note([effects]),
  };
}

describe('the Raft machine', () => {
  runCases(
    machineCases(
      {
        start: (seed) => create({ ...NARROW, seed }, recovered(seed)),
        resume: (state, seed) => create({ ...NARROW, seed }, state),
        inputs,
        parseMessage,
      },
      { earlyWakesIdle: true },
    ),
  );

  it('was in the states that matter', () => {
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });
});
