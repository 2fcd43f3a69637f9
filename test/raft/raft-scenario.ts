import { seededRandom, type NodeId } from '../../src/core/index.js';
import type { RaftOptions } from '../../src/raft/index.js';
import { nemesis, type Conditions, type Fault, type NemesisWeights, type TimedFault } from '../../src/testing/index.js';

/** What a client does, and when. A proposal goes to whoever leads, and to others now and then. */
export type ClientAction =
  | { readonly type: 'propose'; readonly at: number; readonly entries: number }
  | { readonly type: 'read'; readonly at: number }
  | { readonly type: 'snapshot'; readonly at: number };

/** What happens to the server that wins the n-th election: it crashes soon, or not. */
export type LeaderCrash = { readonly afterMs: number; readonly downMs: number } | null;

/** Everything that a run of the simulation depends on, as plain data, so that it can be shrunk. */
export interface Scenario {
  readonly seed: number;
  readonly ids: readonly NodeId[];
  readonly raft: Omit<RaftOptions, 'id'>;
  readonly conditions: Partial<Conditions>;
  /** Whether all members know each other's journals at the start, or have yet to introduce themselves. */
  readonly founded: boolean;
  /** How long faults happen, before all heals. */
  readonly faultyMs: number;
  readonly faults: readonly TimedFault[];
  readonly leaderCrashes: readonly LeaderCrash[];
  readonly actions: readonly ClientAction[];
}

/** Options of {@link scenarioOf}. */
export interface ScenarioOptions {
  readonly seed: number;
  /** @defaultValue 3 or 5, by the seed */
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
  const nodes = options.nodes ?? (random() < 0.6 ? 3 : 5);
  const ids = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
  const weights = moderate ? { wipeEveryMs: 30_000 } : drawWeights(random);
  const faults = nemesis({ seed, nodes: ids, durationMs: faultyMs, weights });
  return {
    seed,
    ids,
    founded: faults.some(({ fault }) => losesDisk(fault)) || seed % 2 === 0,
    raft: moderate ? MODERATE : drawOptions(random),
    conditions: moderate ? {} : drawConditions(random),
    faultyMs,
    faults,
    leaderCrashes: moderate ? [] : drawLeaderCrashes(random),
    actions: drawActions(random, faultyMs, options.entriesPerSecond ?? 150),
  };
}

/** Founding needs more than a majority of the disks. */
function losesDisk(fault: Fault): boolean {
  return ['bitFlip', 'wipe'].includes(fault.type) || (fault.type === 'diskFailure' && fault.downMs === Infinity);
}

/** As a user has it, but for limits that are so small that logs leave memory and snapshots take several pieces. */
const MODERATE: Scenario['raft'] = { logMemoryBytes: 10_000, snapshotChunkBytes: 20 };

function drawOptions(random: Random): Scenario['raft'] {
  const electionTimeoutMs = one(random, 50, 150);
  return {
    electionTimeoutMs,
    heartbeatIntervalMs: electionTimeoutMs / 5,
    preVote: random() < 0.5,
    checkQuorum: random() < 0.7,
    maxAppendBytes: one(random, 1, 300),
    maxInflightAppends: one(random, 1, 4),
    maxApplyBytes: 400,
    logMemoryBytes: 1000,
    snapshotChunkBytes: 20,
    stalledWriteMs: 500,
  };
}

function drawConditions(random: Random): Partial<Conditions> {
  return {
    latencyMs: one(random, [1, 10], [1, 3], [1, 60]),
    delayed: one(random, 0, 0.03, 0.2),
    loss: one(random, 0, 0.03, 0.2),
    duplication: one(random, 0, 0.02, 0.1),
    diskMs: one(random, [0.1, 2], [0.1, 10], [5, 80]),
  };
}

function drawWeights(random: Random): Partial<NemesisWeights> {
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
    clockJumpEveryMs: one(random, 500, 5000, Infinity),
  };
}

/** In some runs leaders crash soon after their election, before or after their first entries have reached the others. */
function drawLeaderCrashes(random: Random): LeaderCrash[] {
  const share = one(random, 0, 0.5, 0.95);
  return Array.from({ length: 200 }, () => {
    const afterMs = (random() < 0.5 ? 6 : 60) * random();
    return random() < share ? { afterMs, downMs: 1 + 200 * random() ** 2 } : null;
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
  return actions.sort((a, b) => a.at - b.at);
}
