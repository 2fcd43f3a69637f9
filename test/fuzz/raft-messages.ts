import type { Member } from '../../src/host/index.js';
import type { Configuration, Entry, RaftMessage } from '../../src/raft/index.js';
import type { Random } from './random.js';

/** A message that a Raft server may send. Terms and indexes are small now and then, so that they meet. */
export function raftMessage(random: Random, count: () => number = () => random.count()): RaftMessage {
  const term = count();
  switch (random.below(13)) {
    case 0:
      return { type: 'introduction', identity: random.name() };
    case 1:
      return { type: 'introductionReply', identity: random.name(), known: random.name() };
    case 2:
      return { type: 'preVote', term, lastLogIndex: count(), lastLogTerm: count() };
    case 3:
      return { type: 'preVoteReply', term, campaignTerm: count(), granted: random.oneIn(2) };
    case 4:
      return { type: 'requestVoteReply', term, voteGranted: random.oneIn(2) };
    case 5:
      return appendReply(random, term, count);
    case 6:
      return installSnapshot(random, term, count);
    case 7:
      return { type: 'requestVote', term, lastLogIndex: count(), lastLogTerm: count(), transfer: random.oneIn(2) };
    case 8:
      return { type: 'timeoutNow', term };
    case 9:
      return { type: 'readIndex', term, incarnation: random.below(2), ask: count() };
    case 10:
      return { type: 'readIndexReply', term, incarnation: random.below(2), ask: count(), index: count() };
    case 11:
      return {
        type: 'installSnapshotReply',
        term,
        lastIncludedIndex: count(),
        offset: count(),
        installed: random.oneIn(2),
      };
    default:
      return appendEntries(random, count);
  }
}

function appendReply(random: Random, term: number, count: () => number): RaftMessage {
  const type = 'appendEntriesReply';
  if (random.oneIn(2)) return { type, success: true, term, matchIndex: count(), round: count() };
  const [prevLogIndex, conflictTerm, conflictIndex] = [count(), count(), count()];
  return { type, success: false, term, prevLogIndex, conflictTerm, conflictIndex, round: count() };
}

function installSnapshot(random: Random, term: number, count: () => number): RaftMessage {
  return {
    type: 'installSnapshot',
    term,
    lastIncludedIndex: 1 + Math.min(count(), 2 ** 40),
    lastIncludedTerm: random.below(Math.min(term, 1000) + 1),
    configuration: configuration(random),
    offset: random.oneIn(2) ? 0 : count(),
    data: random.bytes(random.length(8)),
    done: random.oneIn(2),
  };
}

function appendEntries(random: Random, count: () => number): RaftMessage {
  const prevLogIndex = Math.min(count(), 2 ** 45);
  const prevLogTerm = Math.min(count(), 2 ** 45);
  let term = prevLogTerm;
  const entries = random
    .list(4, () => 0)
    .map((_, i) => {
      term = Math.max(1, term + random.below(2));
      return entry(random, prevLogIndex + 1 + i, term);
    });
  const type = 'appendEntries';
  return {
    type,
    term: term + random.below(3),
    prevLogIndex,
    prevLogTerm,
    entries,
    leaderCommit: count(),
    round: random.below(3),
  };
}

function entry(random: Random, index: number, term: number): Entry {
  if (random.oneIn(4)) return { type: 'noop', index, term, data: null };
  if (random.oneIn(4)) return { type: 'configuration', index, term, data: configuration(random) };
  return { type: 'command', index, term, data: random.bytes(random.length(8, 400)) };
}

export function configuration(random: Random): Configuration {
  const ids = new Set(random.list(4, () => (random.oneIn(2) ? random.pick(['a', 'b', 'c']) : random.name())));
  const members = [...ids]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((id) => ({ id, address: random.oneIn(2) ? null : random.name(200), place: random.below(4) }));
  const at = (...places: readonly number[]): Member[] =>
    members.filter(({ place }) => places.includes(place)).map(({ id, address }) => ({ id, address }));
  return random.oneIn(2)
    ? { voters: at(0, 1, 2, 3), outgoing: [], learners: [] }
    : { voters: at(0, 1), outgoing: at(1, 2), learners: at(3) };
}
