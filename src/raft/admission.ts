import type { NodeId } from '../core/index.js';
import { majoritySize } from '../quorum/index.js';
import { hardState, output, send, type Raft } from './context.js';
import type { Identity, Introduced, RaftRecord } from './entry.js';
import type { Introduction, IntroductionReply } from './messages.js';
import { becomeFollower, memberIds, resetElectionTimer, voterIds } from './roles.js';

/*
 * A server that lost its journal has forgotten whom it voted for and what it acknowledged, and must not take part as if
 * it were new. So each journal has an identity, and a founding member takes part only after enough others have durably
 * noted the identity of its journal. Whoever comes back with another one is told so.
 */

/**
 * How many of the others must have noted a member's identity before it takes part: so many that any two such groups
 * share one server that still has its journal, as long as a minority of all has lost theirs. All others of three, three
 * others of five.
 */
export function introductionsNeeded(members: number): number {
  const others = members - 1;
  const minority = members - majoritySize(members);
  return Math.ceil((others + minority) / 2);
}

/** Tells those who have not answered yet, and tries again after a heartbeat interval. */
export function introduce(raft: Raft): void {
  raft.state.timers.introduction = raft.now + raft.options.heartbeatIntervalMs;
  for (const voter of voterIds(raft)) introduceTo(raft, voter);
}

/** Tells one that came into reach, unless there is no need. */
export function introduceTo(raft: Raft, id: NodeId): void {
  const { identity, introduced, introductions } = raft.state;
  if (identity === null || introduced || introductions[id] !== undefined) return;
  if (id !== raft.options.id && voterIds(raft).includes(id)) send(raft, id, { type: 'introduction', identity });
}

/** Notes whose journal that is, the first time, and answers what is noted, once that is durable. */
export function handleIntroduction(raft: Raft, from: NodeId, { identity }: Introduction): void {
  if (!memberIds(raft).includes(from)) return; // a founding member may be a learner by now
  const known = raft.state.acquaintances[from] ?? note(raft, from, identity);
  send(raft, from, { type: 'introductionReply', identity, known }, raft.state.writeCount);
}

function note({ state, turn }: Raft, member: NodeId, identity: string): string {
  state.acquaintances[member] = identity;
  turn.writes = [...turn.writes, { type: 'introduced', member, identity }];
  state.writeCount++;
  return identity;
}

/** Takes part when enough know this journal; never when somebody knew another one. */
export function handleIntroductionReply(raft: Raft, from: NodeId, { identity, known }: IntroductionReply): void {
  const { state } = raft;
  if (state.introduced || identity !== state.identity || state.introductions[from] !== undefined) return;
  if (!voterIds(raft).includes(from)) return;
  const denied = Object.values(state.introductions).includes(false);
  state.introductions[from] = known === identity;
  if (denied) return;
  if (known !== identity) return deny(raft, from);
  const needed = introductionsNeeded(voterIds(raft).length);
  if (Object.keys(state.introductions).length >= needed) admit(raft, identity);
}

/** Somebody knew this member with another journal: it takes part in nothing. */
function deny(raft: Raft, by: NodeId): void {
  const { state } = raft;
  if (state.admitted) becomeFollower(raft, state.currentTerm, null);
  state.admitted = false;
  state.timers.introduction = Infinity;
  state.timers.election = Infinity;
  output(raft, { type: 'denied', by });
}

function admit(raft: Raft, identity: string): void {
  const { state, turn } = raft;
  if (!state.admitted) resetElectionTimer(raft);
  state.admitted = true;
  state.introduced = true;
  state.introductions = {};
  state.timers.introduction = Infinity;
  turn.writes = [...turn.writes, identityRecord(identity, raft)];
  state.writeCount++;
}

function identityRecord(identity: string, { state }: Raft): Identity {
  return { type: 'identity', identity, admitted: state.admitted, introduced: state.introduced };
}

/** Everything durable that is no log entry: what a checkpoint must carry. */
export function carriedRecords(raft: Raft): RaftRecord[] {
  const { identity, acquaintances } = raft.state;
  const own: RaftRecord[] = identity === null ? [] : [identityRecord(identity, raft)];
  const others = Object.entries(acquaintances).map(([member, known]): Introduced => {
    return { type: 'introduced', member, identity: known };
  });
  return [hardState(raft), ...own, ...others];
}
