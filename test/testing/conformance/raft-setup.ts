import { create, initialState, parseMessage, replay } from '../../../src/raft/index.js';
import type { RaftCommand, RaftMessage, RaftOutput, RaftRecord, RaftState } from '../../../src/raft/index.js';
import type { MachineSetup } from '../../../src/testing/index.js';
import { NARROW, RandomInputs } from '../../raft/random-inputs.js';
import { configurationOf, entry } from '../../raft/script.js';

/** A server whose journal holds a configuration and some entries. */
function recovered(seed: number): RaftState {
  const state = initialState({ ...NARROW, seed });
  replay(state, { type: 'configuration', index: 1, term: 1, data: configurationOf(['a', 'b', 'c']) });
  for (let index = 2; index <= 4; index++) replay(state, entry(index, 1));
  return state;
}

/** The Raft machine for the kit for machines. @param look - is shown each state before an input is drawn for it */
export function raftSetup(
  look: (state: RaftState) => void = () => {},
): MachineSetup<RaftMessage, RaftCommand, RaftOutput, RaftRecord, RaftState> {
  return {
    start: (seed) => create({ ...NARROW, seed }, recovered(seed)),
    resume: (state, seed) => create({ ...NARROW, seed }, state),
    inputs(random) {
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
    },
    parseMessage,
  };
}
