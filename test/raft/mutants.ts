import type { Mutant } from '../mutants.js';

/** Bugs that implementations of Raft have had, each of which the simulation must find. */
export const raftMutants: readonly Mutant[] = [
  {
    name: 'commits entries of older terms by counting',
    file: 'raft/replication.ts',
    find: 'if (majority <= state.commitIndex || termAt(state.log, majority) !== state.currentTerm) return;',
    replace: 'if (majority <= state.commitIndex) return;',
  },
  {
    name: 'answers before term and vote are durable',
    file: 'raft/context.ts',
    find: 'after: Math.max(after, raft.state.hardStateWrite)',
    replace: 'after',
  },
  {
    name: 'appends without checking the previous term',
    file: 'raft/following.ts',
    find: 'termAt(log, message.prevLogIndex) === message.prevLogTerm',
    replace: 'message.prevLogIndex <= log.lastIndex',
  },
];
