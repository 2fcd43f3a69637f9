import fc from 'fast-check';
import { isNodeId } from '../../src/core/index.js';
import type { Member } from '../../src/host/index.js';
import type { Configuration, Entry, RaftMessage } from '../../src/raft/index.js';

const count = fc.oneof(fc.nat({ max: 20 }), fc.maxSafeNat());
const bytes = fc.uint8Array({ maxLength: 20 });
const nodeId = fc.stringMatching(/^[\x21-\x7e]{1,8}$/).filter(isNodeId);

const place = fc.constantFrom('voter', 'leaving', 'both', 'demoted', 'learner');
const placed = fc.record({ member: fc.record({ id: nodeId, address: fc.option(fc.string()) }), place });

/** Any configuration, joint ones and such with learners too. */
export const configuration: fc.Arbitrary<Configuration> = fc
  .uniqueArray(placed, { selector: ({ member }) => member.id, maxLength: 5 })
  .map((list) => {
    const sorted = list.sort((a, b) => (a.member.id < b.member.id ? -1 : 1));
    const at = (...places: readonly string[]): Member[] =>
      sorted.filter((item) => places.includes(item.place)).map(({ member }) => member);
    return {
      voters: at('voter', 'both'),
      outgoing: at('leaving', 'both', 'demoted'),
      learners: at('learner', 'demoted'),
    };
  });

/** What an entry says, without its place. */
const content = fc.oneof(
  fc.record({ type: fc.constant('command' as const), data: bytes }),
  fc.constant({ type: 'noop' as const, data: null }),
  fc.record({ type: fc.constant('configuration' as const), data: configuration }),
);

const appendEntries = fc
  .record({
    prevLogIndex: fc.nat({ max: 1e9 }),
    prevLogTerm: fc.nat({ max: 1e9 }),
    entries: fc.array(fc.record({ content, rise: fc.nat({ max: 3 }) }), { maxLength: 5 }),
    ahead: fc.nat({ max: 5 }),
    leaderCommit: count,
    round: count,
  })
  .map(({ prevLogIndex, prevLogTerm, entries, ahead, leaderCommit, round }): RaftMessage => {
    let term = prevLogTerm;
    const placed = entries.map(({ content, rise }, i): Entry => {
      term = Math.max(1, term + rise);
      return { ...content, index: prevLogIndex + 1 + i, term };
    });
    const type = 'appendEntries';
    return { type, term: term + ahead, prevLogIndex, prevLogTerm, entries: placed, leaderCommit, round };
  });

const installSnapshot = fc
  .record({
    lastIncludedIndex: fc.integer({ min: 1, max: 1e9 }),
    lastIncludedTerm: fc.nat({ max: 1e9 }),
    ahead: fc.nat({ max: 5 }),
    configuration,
    offset: count,
    data: bytes,
    done: fc.boolean(),
  })
  .map(({ ahead, ...rest }): RaftMessage => ({
    type: 'installSnapshot',
    term: rest.lastIncludedTerm + ahead,
    ...rest,
  }));

const type = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);
/** Any message that a Raft server may send. */
export const message: fc.Arbitrary<RaftMessage> = fc.oneof(
  fc.record({ type: type('introduction'), identity: fc.string({ minLength: 1, maxLength: 64 }) }),
  fc.record({
    type: type('introductionReply'),
    identity: fc.string({ minLength: 1, maxLength: 64 }),
    known: fc.string({ minLength: 1, maxLength: 64 }),
  }),
  fc.record({ type: type('preVote'), term: count, lastLogIndex: count, lastLogTerm: count }),
  fc.record({ type: type('preVoteReply'), term: count, campaignTerm: count, granted: fc.boolean() }),
  fc.record({
    type: type('requestVote'),
    term: count,
    lastLogIndex: count,
    lastLogTerm: count,
    transfer: fc.boolean(),
  }),
  fc.record({ type: type('timeoutNow'), term: count }),
  fc.record({ type: type('readIndex'), term: count, incarnation: count, ask: count }),
  fc.record({ type: type('readIndexReply'), term: count, incarnation: count, ask: count, index: count }),
  fc.record({ type: type('requestVoteReply'), term: count, voteGranted: fc.boolean() }),
  appendEntries,
  fc.record({
    type: type('appendEntriesReply'),
    success: fc.constant(true as const),
    term: count,
    matchIndex: count,
    round: count,
  }),
  fc.record({
    type: type('appendEntriesReply'),
    success: fc.constant(false as const),
    term: count,
    prevLogIndex: count,
    conflictTerm: count,
    conflictIndex: count,
    round: count,
  }),
  installSnapshot,
  fc.record({
    type: type('installSnapshotReply'),
    term: count,
    lastIncludedIndex: count,
    offset: count,
    installed: fc.boolean(),
  }),
);
