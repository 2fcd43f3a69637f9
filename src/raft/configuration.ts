import type { NodeId } from '../core/index.js';
import { joint, majority, type QuorumSystem } from '../quorum/index.js';
import type { Configuration, Member } from './entry.js';

/** The most members that each list of a configuration may have. */
export const MAX_MEMBERS = 64;
/** The longest address that a member may have, in characters. */
export const MAX_ADDRESS_LENGTH = 1024;

/**
 * The configuration of these voters and learners, in the order that configurations have.
 *
 * @param learners - members that do not vote; default none
 */
export function configurationOf(voters: readonly Member[], learners: readonly Member[] = []): Configuration {
  return { voters: inOrder(voters), outgoing: [], learners: inOrder(learners) };
}

/** Members in ascending order of id, and nothing but what a member has. */
export function inOrder(members: readonly Member[]): Member[] {
  return members.map(({ id, address }) => ({ id, address })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What can be told of a configuration, which never changes, so that it is found out once. */
interface Roster {
  /** Who decides: a majority of the voters and, while the cluster changes, of those from before too (section 6). */
  readonly quorum: QuorumSystem;
  /** The ids of all members, ascending. */
  readonly members: readonly NodeId[];
}

const rosters = new WeakMap<Configuration, Roster>();

function rosterOf(configuration: Configuration): Roster {
  let roster = rosters.get(configuration);
  if (roster === undefined) rosters.set(configuration, (roster = makeRoster(configuration)));
  return roster;
}

function makeRoster({ voters, outgoing, learners }: Configuration): Roster {
  const incoming = majority(idsOf(voters));
  const quorum = outgoing.length === 0 ? incoming : joint(incoming, majority(idsOf(outgoing)));
  return { quorum, members: idsOf(voters, outgoing, learners) };
}

/** The ids of these members, each once, ascending. */
export function idsOf(...lists: readonly (readonly Member[])[]): NodeId[] {
  return [...new Set(lists.flat().map(({ id }) => id))].sort();
}

/** Who decides in a configuration. */
export function quorumIn(configuration: Configuration): QuorumSystem {
  return rosterOf(configuration).quorum;
}

/** The ids of all whose votes count. */
export function voterIdsIn(configuration: Configuration): readonly NodeId[] {
  return quorumIn(configuration).members;
}

/** The ids of all members, learners too, ascending. */
export function memberIdsIn(configuration: Configuration): readonly NodeId[] {
  return rosterOf(configuration).members;
}

/** Every member once, with its address. */
export function membersIn({ voters, outgoing, learners }: Configuration): Member[] {
  const known = new Map<NodeId, Member>();
  for (const member of [...outgoing, ...learners, ...voters]) known.set(member.id, member);
  return inOrder([...known.values()]);
}

/** Whether a configuration is one on the way from one set of voters to another (section 6). */
export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}
