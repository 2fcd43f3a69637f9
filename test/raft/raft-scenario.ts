import { seededRandom, type NodeId } from '../../src/core/index.js';
import { configurationOf, type RaftCommand, type RaftOptions } from '../../src/raft/index.js';
import { nemesis, type Conditions, type Fault, type NemesisWeights, type TimedFault } from '../../src/testing/index.js';

/** What a client or an operator does, and when. A request goes to whoever leads, and to others now and then. */
export type ClientAction =
  | { readonly type: 'propose'; readonly at: number; readonly entries: number }
  | { readonly type: 'read'; readonly at: number }
  | { readonly type: 'snapshot'; readonly at: number }
  | ChangeAction
  | { readonly type: 'transfer'; readonly at: number; readonly to: NodeId | null }
  | { readonly type: 'forgetLeader'; readonly at: number; readonly node: NodeId }
  | { readonly type: 'unreachable'; readonly at: number; readonly node: NodeId; readonly peer: NodeId };

/** How members are to change. */
export type MembershipChange = Extract<RaftCommand, { type: 'changeMembers' }>['change'];

/** A change of members. */
export interface ChangeAction {
  readonly type: 'change';
  readonly at: number;
  /** `removeLeader` removes whoever is asked. */
  readonly change: MembershipChange | 'removeLeader';
  /** When whoever asked loses patience; `null` for never. */
  readonly cancelAfterMs: number | null;
  /** What happens to whoever is asked, so soon that the change is under way. */
  readonly crash: LeaderCrash;
}

/** What happens to the server that wins the n-th election: it crashes soon, or not. */
export type LeaderCrash = { readonly afterMs: number; readonly downMs: number } | null;

/** Everything that a run of the simulation depends on, as plain data, so that it can be shrunk. */
export interface Scenario {
  readonly seed: number;
  /** The founding members. */
  readonly ids: readonly NodeId[];
  /** Servers that know nobody and wait to be added. */
  readonly spares: readonly NodeId[];
  readonly raft: Omit<RaftOptions, 'id'>;
  /** The election priority of each server, founding members first. */
  readonly priorities: readonly number[];
  readonly conditions: Partial<Conditions>;
  /** Whether all members know each other's journals at the start, or have yet to introduce themselves. */
  readonly founded: boolean;
  /** How long faults happen, before all heals. */
  readonly faultyMs: number;
  readonly faults: readonly TimedFault[];
  readonly leaderCrashes: readonly LeaderCrash[];
  /** What the server that wins the n-th election is asked for at once, before it has committed anything. */
  readonly leaderChanges: readonly (MembershipChange | null)[];
  readonly actions: readonly ClientAction[];
}

/** Options of {@link scenarioOf}. */
export interface ScenarioOptions {
  readonly seed: number;
  /** @defaultValue 3 to 5, by the seed */
  readonly nodes?: number;
  /** @defaultValue 4000 */
  readonly faultyMs?: number;
  /** Entries that clients propose in a second. @defaultValue about 150, in bursts */
  readonly entriesPerSecond?: number;
  /** Whether options and faults are the moderate ones that the defaults have, and not drawn. @defaultValue `false` */
  readonly moderate?: boolean;
}

type Random = () => number;
const one = <T>(random: Random, ...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;

/**
 * Draws a scenario. Each seed has a mixture of its own: some faults often, some seldom, some not at all. Bugs hide where
 * several of one kind meet few of another, and a single mixture would never get there (Groce et al., "Swarm Testing",
 * 2012).
 */
export function scenarioOf(options: ScenarioOptions): Scenario {
  const { seed, faultyMs = 4000, moderate = false } = options;
  const random = seededRandom(seed, 2);
  const nodes = options.nodes ?? one(random, 3, 3, 4, 5);
  const members = moderate ? MEMBERS_STAY : drawOperations(random);
  const servers = Array.from({ length: nodes + members.spares }, (_, i) => `n${i + 1}`);
  const ids = servers.slice(0, nodes);
  const spares = servers.slice(nodes);
  const raft = moderate ? MODERATE : drawOptions(random, members);
  const weights = moderate ? { wipeEveryMs: 30_000 } : drawWeights(random, raft);
  const faults = nemesis({ seed, nodes: servers, durationMs: faultyMs, weights }).map((timed) =>
    sparing(spares, timed),
  );
  return {
    seed,
    ids,
    spares,
    founded: faults.some(({ fault }) => losesDisk(fault)) || seed % 2 === 0,
    raft,
    priorities: drawPriorities(random, servers.length),
    conditions: moderate ? {} : drawConditions(random, raft),
    faultyMs,
    faults,
    leaderCrashes: moderate ? [] : drawLeaderCrashes(random),
    leaderChanges: members.changeEveryMs < Infinity ? drawLeaderChanges(random, servers) : [],
    actions: [
      ...drawActions(random, faultyMs, options.entriesPerSecond ?? 150),
      ...drawChanges(random, servers, faultyMs, members),
      ...drawNotices(random, servers, faultyMs, members),
    ].sort((a, b) => a.at - b.at),
  };
}

/** A server that was added has no identity by which the others would notice that its disk is another one. */
function sparing(spares: readonly NodeId[], timed: TimedFault): TimedFault {
  const { fault } = timed;
  if (fault.type !== 'wipe' || !spares.includes(fault.node)) return timed;
  return { ...timed, fault: { type: 'crash', node: fault.node, downMs: fault.downMs } };
}

/** How often operators do what: mean times in milliseconds. */
interface Operations {
  readonly spares: number;
  readonly changeEveryMs: number;
  readonly transferEveryMs: number;
  readonly noticeEveryMs: number;
}

const MEMBERS_STAY: Operations = {
  spares: 0,
  changeEveryMs: Infinity,
  transferEveryMs: Infinity,
  noticeEveryMs: Infinity,
};

function drawOperations(random: Random): Operations {
  return {
    spares: one(random, 0, 1, 2, 3),
    changeEveryMs: one(random, 100, 300, 1000, Infinity),
    transferEveryMs: one(random, 200, 1000, Infinity),
    noticeEveryMs: one(random, 200, 1000, Infinity),
  };
}

/** Founding needs more than a majority of the disks. */
function losesDisk(fault: Fault): boolean {
  return ['bitFlip', 'wipe'].includes(fault.type) || (fault.type === 'diskFailure' && fault.downMs === Infinity);
}

/** As a user has it, but for limits that are so small that logs leave memory and snapshots take several pieces. */
const MODERATE: Scenario['raft'] = { logMemoryBytes: 10_000, snapshotChunkBytes: 20 };

function drawOptions(random: Random, { changeEveryMs }: Operations): Scenario['raft'] {
  const electionTimeoutMs = one(random, 50, 150);
  const trailingEntries = one(random, 0, 0, 3, 50);
  const leaseReads = random() < 0.25;
  const preVote = random() < 0.5;
  // Servers that were removed and do not know it campaign for ever. Without either of both they are heard every time.
  const checkQuorum = leaseReads || (!preVote && changeEveryMs < Infinity) || random() < 0.7;
  return {
    electionTimeoutMs,
    heartbeatIntervalMs: electionTimeoutMs / 5,
    preVote,
    checkQuorum,
    leaseReads,
    maxClockDrift: one(random, 0, 0.02, 0.2),
    maxAppendBytes: one(random, 1, 300),
    maxInflightAppends: one(random, 1, 4),
    maxInflightBytes: one(random, 1, 200, 10_000),
    maxApplyBytes: 400,
    logMemoryBytes: 1000,
    snapshotChunkBytes: 20,
    trailingEntries,
    maxTrailingEntries: trailingEntries + one(random, 0, 20, 200),
    stalledWriteMs: 500,
  };
}

/** With lease reads, clocks differ by what `maxClockDrift` promises, and not by more. */
function drawConditions(random: Random, { leaseReads, maxClockDrift }: Scenario['raft']): Partial<Conditions> {
  return {
    latencyMs: one(random, [1, 10], [1, 3], [1, 60]),
    delayed: one(random, 0, 0.03, 0.2),
    loss: one(random, 0, 0.03, 0.2),
    duplication: one(random, 0, 0.02, 0.1),
    diskMs: one(random, [0.1, 2], [0.1, 10], [5, 80]),
    // So that the fastest clock, 1 + d, is faster than the slowest, 1 - d, by that much.
    clockDrift: leaseReads === true ? maxClockDrift! / (2 + maxClockDrift!) : 0.05,
  };
}

/** Clocks that jump are what lease reads do not stand. */
function drawWeights(random: Random, { leaseReads }: Scenario['raft']): Partial<NemesisWeights> {
  const clockJumpEveryMs = one(random, 500, 5000, Infinity);
  return {
    cutEveryMs: one(random, 500, 2000, Infinity),
    cutMs: one(random, [50, 400], [100, 1500]),
    clogEveryMs: one(random, 1000, 3000, Infinity),
    crashEveryMs: one(random, 300, 2000, Infinity),
    crashEverySteps: one(random, 200, 1000, Infinity),
    downMs: one(random, [1, 30], [5, 1000]),
    pauseEveryMs: one(random, 1000, 4000, Infinity),
    stallEveryMs: one(random, 1000, 3000, Infinity),
    diskFailureEveryMs: one(random, 2000, Infinity),
    lostDiskEveryMs: one(random, 4000, Infinity, Infinity),
    wipeEveryMs: one(random, 2000, Infinity, Infinity),
    clockJumpEveryMs: leaseReads === true ? Infinity : clockJumpEveryMs,
  };
}

function drawPriorities(random: Random, servers: number): number[] {
  const equal = random() < 0.7;
  return Array.from({ length: servers }, () => (equal ? 1 : one(random, 0, 0.5, 1)));
}

/** In some runs leaders crash soon after their election, before or after their first entries have reached the others. */
function drawLeaderCrashes(random: Random): LeaderCrash[] {
  const share = one(random, 0, 0.5, 0.95);
  return Array.from({ length: 200 }, () => {
    const afterMs = (random() < 0.5 ? 6 : 60) * random();
    return random() < share ? { afterMs, downMs: 1 + 200 * random() ** 2 } : null;
  });
}

function drawLeaderChanges(random: Random, servers: readonly NodeId[]): (MembershipChange | null)[] {
  const share = one(random, 0, 0, 0.3, 0.9);
  return Array.from({ length: 200 }, () => {
    const member = one(random, ...servers);
    return random() < share ? { type: 'remove', member } : null;
  });
}

function drawActions(random: Random, untilMs: number, entriesPerSecond: number): ClientAction[] {
  const actions: ClientAction[] = [];
  const meanBurst = 3.2; // of 1 + floor(8 x^2), x uniform
  const pauseMs = (1000 * meanBurst) / entriesPerSecond;
  for (let at = 0; at < untilMs; at += 2 * pauseMs * random()) {
    actions.push({ type: 'propose', at, entries: 1 + Math.floor(random() ** 2 * 8) });
  }
  for (let at = 0; at < untilMs; at += 100 * random()) actions.push({ type: 'read', at });
  for (let at = 300; at < untilMs; at += 300) actions.push({ type: 'snapshot', at });
  return actions;
}

/** Changes of members, from any set to any other, and leadership that goes from one to the other. */
function drawChanges(random: Random, servers: readonly NodeId[], untilMs: number, often: Operations): ClientAction[] {
  const actions: ClientAction[] = [];
  if (often.changeEveryMs < Infinity) {
    for (let at = 100 + 200 * random(); at < untilMs; at += 2 * often.changeEveryMs * random()) {
      const cancelAfterMs = random() < 0.3 ? 300 * random() : null;
      const crash = random() < 0.2 ? { afterMs: 30 * random(), downMs: 1 + 300 * random() ** 2 } : null;
      actions.push({ type: 'change', at, change: drawChange(random, servers), cancelAfterMs, crash });
    }
  }
  if (often.transferEveryMs < Infinity) {
    for (let at = 300 * random(); at < untilMs; at += 2 * often.transferEveryMs * random()) {
      actions.push({ type: 'transfer', at, to: random() < 0.4 ? null : one(random, ...servers) });
    }
  }
  return actions;
}

function drawChange(random: Random, servers: readonly NodeId[]): ChangeAction['change'] {
  const member = { id: one(random, ...servers), address: one(random, null, 'here', 'there') };
  const kind = random();
  if (kind < 0.25) return { type: 'add', member, as: 'voter' };
  if (kind < 0.4) return { type: 'add', member, as: 'learner' };
  if (kind < 0.6) return { type: 'remove', member: member.id };
  if (kind < 0.7) return 'removeLeader';
  const roles = servers.map((id) => ({ id, role: one(random, 'voter', 'voter', 'learner', 'none') }));
  const those = (wanted: string): { id: NodeId; address: null }[] => {
    return roles.filter(({ role }) => role === wanted).map(({ id }) => ({ id, address: null }));
  };
  const { voters, learners } = configurationOf(those('voter'), those('learner'));
  return { type: 'set', voters, learners };
}

/** What hosts tell their machines, be it so or not. */
function drawNotices(random: Random, servers: readonly NodeId[], untilMs: number, often: Operations): ClientAction[] {
  const actions: ClientAction[] = [];
  if (often.noticeEveryMs === Infinity) return actions;
  for (let at = 300 * random(); at < untilMs; at += 2 * often.noticeEveryMs * random()) {
    const node = one(random, ...servers);
    if (random() < 0.5) actions.push({ type: 'forgetLeader', at, node });
    else actions.push({ type: 'unreachable', at, node, peer: one(random, ...servers) });
  }
  return actions;
}
