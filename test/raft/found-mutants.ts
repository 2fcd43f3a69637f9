import type { Mutant } from '../mutants.js';

/** What simulations and the explorer found in this machine, planted again. */
export const foundMutants: readonly Mutant[] = [
  {
    name: 'a server that an open configuration removes does not campaign',
    suite: 'test/raft/found.test.ts',
    file: 'raft/roles.ts',
    find: 'return before !== undefined && voterIdsIn(before.configuration).includes(raft.options.id);',
    replace: 'return false;',
  },
  {
    name: 'a server that knows of its removal campaigns',
    suite: 'test/raft/found.test.ts',
    file: 'raft/roles.ts',
    find: 'const before = configurationIndex(raft.state) > commitIndex ? configurations.at(-2) : undefined;',
    replace: 'const before = configurationIndex(raft.state) >= commitIndex ? configurations.at(-2) : undefined;',
  },
  {
    name: 'a checkpoint brings back what an earlier one has not kept',
    suite: 'test/raft/found.test.ts',
    file: 'raft/applying.ts',
    find: 'Math.max(firstIndex, state.log.firstIndex)',
    replace: 'firstIndex',
  },
  {
    name: 'a second checkpoint at the same index is not heard of',
    suite: 'test/raft/found.test.ts',
    file: 'raft/applying.ts',
    find: 'if (index < state.log.snapshotIndex || termAt(state.log, index) === undefined) return;\n  const configuration',
    replace:
      'if (index <= state.log.snapshotIndex || termAt(state.log, index) === undefined) return;\n  const configuration',
  },
  {
    name: 'a founding member that is a learner is not introduced',
    suite: 'test/raft/found.test.ts',
    file: 'raft/admission.ts',
    find: 'if (!memberIds(raft).includes(from)) return;',
    replace: 'if (!voterIds(raft).includes(from)) return;',
  },
  {
    name: 'anybody is introduced',
    suite: 'test/raft/found.test.ts',
    file: 'raft/admission.ts',
    find: 'if (!memberIds(raft).includes(from)) return;',
    replace: '',
  },
];
