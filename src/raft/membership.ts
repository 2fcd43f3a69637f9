import type { NodeId } from '../core/index.js';
import type { MembershipChange } from '../host/index.js';
import { addToBacklog } from './backlog.js';
import { configurationOf, idsOf, inOrder, isJoint, MAX_MEMBERS, memberIdsIn } from './configuration.js';
import { appendToLog, coverWrites, output, send, type Raft } from './context.js';
import type { Configuration, Member } from './entry.js';
import { syncPeers } from './progress.js';
import { becomeFollower, endChange, isVoter, refuse } from './roles.js';
import { configurationIndex, currentConfiguration, type CatchUp, type PendingChange } from './state.js';
import { successor } from './transfer.js';

/*
 * Cluster membership changes (section 6; thesis, chapter 4). A configuration is in force as soon as it is in the log.
 * What makes that safe, and holds here whatever is asked:
 *
 * - two configurations that follow each other differ by one voter, or one of them is joint: so any majority of one meets
 *   any of the other (thesis, section 4.1; paper, section 6);
 * - a leader appends a configuration only after the one before is committed,
 * - and only after an entry of its own term is (Ongaro, raft-dev, 2015): else two leaders could each append one to the
 *   same configuration, with majorities that do not meet.
 */

/** Where a change leads; its learners are not voters. */
type Target = Pick<Configuration, 'voters' | 'learners'>;

/** Takes a change in; {@link advanceMembership} does it step by step. One at a time. */
export function changeMembers(raft: Raft, id: number, change: MembershipChange): void {
  const { state } = raft;
  if (state.role !== 'leader') return refuse(raft, id);
  if (state.transfer !== null) return refuse(raft, id, 'transferring');
  if (state.change !== null) return refuse(raft, id, 'changing');
  const current = currentConfiguration(state);
  const { voters, learners } = targetOf(current, change);
  const named = idsOf(voters, learners);
  const most = new Set([...memberIdsIn(current), ...named]).size;
  const twice = named.length < voters.length + learners.length; // no other server would take such a configuration
  if (voters.length === 0 || most > MAX_MEMBERS || twice) return refuse(raft, id, 'invalidChange');
  state.change = { id, voters, learners, begun: false, catchUp: [] };
}

/** Gives a change up. A configuration that is in the log already may be committed, and a joint one is left. */
export function cancelChange(raft: Raft, id: number): void {
  if (raft.state.change?.id !== id) return;
  raft.state.change.begun = true; // the caller does not wait to learn more
  endChange(raft);
}

function targetOf({ voters, learners }: Target, change: MembershipChange): Target {
  if (change.type === 'set') {
    const named = idsOf(change.voters);
    const others = change.learners.filter(({ id }) => !named.includes(id));
    return { voters: inOrder(change.voters), learners: inOrder(others) };
  }
  const id = change.type === 'add' ? change.member.id : change.member;
  const add = change.type === 'add' ? [change.member] : [];
  const without = (members: readonly Member[]): Member[] => members.filter((member) => member.id !== id);
  const asVoter = change.type === 'add' && change.as === 'voter';
  return {
    voters: inOrder([...without(voters), ...(asVoter ? add : [])]),
    learners: inOrder([...without(learners), ...(asVoter ? [] : add)]),
  };
}

/**
 * The configuration that comes next on the way to a target; `null` when the way ends here, `undefined` while a voter to be
 * still catches up. It needs nothing but the current configuration: so a new leader goes on where the old one was.
 *
 * - A joint one is left, without being asked (section 6).
 * - New servers get the log first, as learners (thesis, section 4.2.1).
 * - One voter more or fewer is one step (thesis, section 4.1); any other change goes through a joint configuration.
 */
export function nextConfiguration(
  current: Configuration,
  target: Target | null,
  hasCaughtUp: (id: NodeId) => boolean,
): Configuration | null | undefined {
  if (isJoint(current)) return configurationOf(current.voters, current.learners);
  if (target === null) return null;
  const members = memberIdsIn(current);
  const strangers = [...target.voters, ...target.learners].filter(({ id }) => !members.includes(id));
  if (strangers.length > 0) return configurationOf(current.voters, [...current.learners, ...strangers]);
  const added = idsOf(target.voters).filter((id) => !idsOf(current.voters).includes(id));
  const removed = idsOf(current.voters).filter((id) => !idsOf(target.voters).includes(id));
  if (!added.every(hasCaughtUp)) return undefined;
  if (sameMembers(current.voters, target.voters) && sameMembers(current.learners, target.learners)) return null;
  const outgoing = added.length + removed.length > 1 ? current.voters : [];
  return { voters: target.voters, outgoing, learners: target.learners };
}

/** Leaders: takes the next step of a change, once the one before is committed and the new voters have caught up. */
export function advanceMembership(raft: Raft): void {
  const { state } = raft;
  const { change, commitIndex, termStartIndex } = state;
  const current = currentConfiguration(state);
  if (change === null && !isJoint(current)) return;
  if (change !== null) measureCatchUp(raft, change);
  if (configurationIndex(state) > commitIndex || commitIndex < termStartIndex || state.transfer !== null) return;
  const hasCaughtUp = (id: NodeId): boolean =>
    change!.catchUp.some((progress) => progress.id === id && progress.done) && isHeard(raft, id);
  const next = nextConfiguration(current, change, hasCaughtUp);
  if (next === null) return completeChange(raft, change!);
  if (next === undefined) return;
  if (change !== null) change.begun = true;
  appendConfiguration(raft, next);
}

function completeChange(raft: Raft, { id }: PendingChange): void {
  raft.state.change = null;
  output(raft, { type: 'membersChanged', id, index: configurationIndex(raft.state) });
}

function appendConfiguration(raft: Raft, data: Configuration): void {
  const { state } = raft;
  const entry = { type: 'configuration', index: state.log.lastIndex + 1, term: state.currentTerm, data } as const;
  addToBacklog(state, entry);
  appendToLog(raft, entry);
  coverWrites(raft);
  syncPeers(raft, entry.index);
}

/** A voter to be has caught up when a round took less than an election timeout: so it will hold up nobody for longer. */
function measureCatchUp(raft: Raft, change: PendingChange): void {
  const { state, now, options } = raft;
  const { voters } = currentConfiguration(state);
  for (const { id } of change.voters) {
    const peer = state.peers.find((other) => other.id === id);
    if (peer === undefined || idsOf(voters).includes(id)) continue;
    const progress = change.catchUp.find((other) => other.id === id) ?? beginCatchUp(raft, change, id);
    if (progress.done || peer.matchIndex < progress.end) continue;
    progress.done = now - progress.startedAt <= options.electionTimeoutMs;
    progress.end = state.log.lastIndex;
    progress.startedAt = now;
  }
}

function beginCatchUp({ state, now }: Raft, change: PendingChange, id: NodeId): CatchUp {
  const progress: CatchUp = { id, end: state.log.lastIndex, startedAt: now, done: false };
  change.catchUp.push(progress);
  return progress;
}

/**
 * Leaders: the configuration in force is committed. Who is no member any more gets nothing further. A leader that is no
 * voter any more has led until here without counting itself (thesis, section 4.2.2); it steps down, and lets the one that
 * is best prepared campaign at once.
 */
export function configurationCommitted(raft: Raft): void {
  const { state } = raft;
  syncPeers(raft, state.log.lastIndex);
  if (isVoter(raft)) return;
  const next = successor(raft);
  if (next !== undefined) send(raft, next, { type: 'timeoutNow', term: state.currentTerm });
  becomeFollower(raft, state.currentTerm, null);
}

/** A voter to be that fell silent after it had caught up would be missing in the new majority. */
function isHeard({ state, options, now }: Raft, id: NodeId): boolean {
  return state.peers.some((peer) => peer.id === id && now - peer.heardAt < options.electionTimeoutMs);
}

function sameMembers(a: readonly Member[], b: readonly Member[]): boolean {
  return a.length === b.length && a.every(({ id, address }, i) => id === b[i]!.id && address === b[i]!.address);
}
