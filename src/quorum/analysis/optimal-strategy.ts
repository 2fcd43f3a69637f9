import { checkNumber, InvalidOptionError, type NodeId } from '../../core/index.js';
import type { ReadWriteSystem } from '../pairs.js';
import type { QuorumSystem } from '../system.js';
import { checkCapacity, checkLatencyMs, type MembersFigures } from './members.js';
import { NoStrategyError, requireResilience, type Measure } from './no-strategy.js';
import { checkReadFraction, type ReadFraction } from './read-fraction.js';
import type { Strategy } from './strategy.js';
import { findStrategy, type Problem } from './strategy-program.js';

/** What a strategy may have at most. */
export interface StrategyLimits {
  /** See `Strategy.load`. For a capacity of at least c it is 1 / c. */
  readonly load?: number;
  /** How many members a request is sent to, on average. */
  readonly network?: number;
  /** How long a request takes, on average. */
  readonly latencyMs?: number;
}

/** What {@link optimalStrategy} needs to know. */
export interface OptimalStrategyOptions {
  /** One system for all requests, or one to read and one to write with. */
  readonly system: QuorumSystem | ReadWriteSystem;
  /**
   * How much of the work is reading. Required of a pair.
   *
   * @defaultValue a half, which does not matter for one system where each member has one capacity
   */
  readonly readFraction?: ReadFraction;
  /** What is made as small as can be. @defaultValue `'load'`, so the capacity is the highest */
  readonly optimize?: Measure;
  /** What must be kept besides. @defaultValue none */
  readonly limits?: StrategyLimits;
  /** How many members of each quorum may fail without it failing. @defaultValue 0 */
  readonly resilience?: number;
  /** What the members can do. @defaultValue a capacity of 1 for each, and no latency */
  readonly members?: MembersFigures;
  /** How many quorums of each kind to weigh up at most. @defaultValue 10,000, which takes seconds */
  readonly maxQuorums?: number;
}

/**
 * The strategy with the least load, network load or latency, within limits on the others (Naor and Wool 1998, section 3;
 * Whittaker et al. 2021). By a linear program over the probabilities of all minimal quorums: with l the load, minimise l
 * where for each member the sum of the probabilities of the quorums that it is in, divided by its capacity, is at most l.
 * With several read fractions the mean of their loads takes the place of l. That no strategy is better is proved each time
 * by the dual program, to within 2e-7 of it (1e-5 at times where capacities differ by factors of thousands).
 *
 * There may be several such strategies, and which one is found is not specified, but it is the same each time. Where no
 * work is reading, read quorums are chosen by nothing; and so with writing.
 *
 * Needs the package `yalps` installed, and waits only for that to be loaded. A thousand quorums take tens of milliseconds,
 * ten thousand seconds.
 *
 * @throws InvalidOptionError; {@link NoStrategyError} when no strategy keeps the limits or no quorum is that resilient;
 * QuorateError with code `missing-package` without yalps, `quorums-too-many` above `maxQuorums`, `quorums-too-complex`
 * when rounding keeps the linear program from a result that can be proved
 */
export async function optimalStrategy(options: OptimalStrategyOptions): Promise<Strategy> {
  const problem = checkProblem(options);
  const { optimize = 'load' } = options;
  const strategy = await findStrategy(problem, optimize, problem.limits);
  return strategy ?? explain(problem);
}

/**
 * The load of a system: that of the strategy with the least (Naor and Wool 1998). Of a plain system it is at least
 * max(1 / c, c / n), with c the size of its smallest quorum and n members. Options and errors are those of
 * {@link optimalStrategy}.
 */
export async function load(options: OptimalStrategyOptions): Promise<number> {
  return (await optimalStrategy(options)).load(options.readFraction);
}

/**
 * The capacity of a system: that of the strategy with the least load. Where the read fraction varies, strategies of equal
 * load may have different capacities, and this is that of the one that is found. Options and errors are those of
 * {@link optimalStrategy}.
 */
export async function capacity(options: OptimalStrategyOptions): Promise<number> {
  return (await optimalStrategy(options)).capacity(options.readFraction);
}

const MEASURES: readonly Measure[] = ['load', 'network', 'latencyMs'];

function checkProblem(options: OptimalStrategyOptions): Problem {
  const { system, optimize = 'load', limits = {}, members = {}, readFraction = 'read' in system ? NaN : 0.5 } = options;
  if (!MEASURES.includes(optimize)) throw new InvalidOptionError('optimize', optimize, `one of ${MEASURES.join(', ')}`);
  for (const measure of MEASURES) {
    if (limits[measure] !== undefined) checkNumber(`limits.${measure}`, limits[measure], { min: 0, integer: false });
  }
  const ids: readonly NodeId[] =
    'read' in system ? [...new Set([...system.read.members, ...system.write.members])] : system.members;
  const needsLatency = optimize === 'latencyMs' || limits.latencyMs !== undefined;
  return {
    system,
    workloads: checkReadFraction(readFraction),
    limits,
    failures: requireResilience(system, options.resilience ?? 0),
    maxQuorums: checkNumber('maxQuorums', options.maxQuorums ?? 10_000, { min: 1 }),
    members,
    ids,
    capacities: new Map(ids.map((member) => [member, checkCapacity(members, member)])),
    latenciesMs: needsLatency ? new Map(ids.map((member) => [member, checkLatencyMs(members, member)])) : null,
  };
}

/** @throws NoStrategyError naming the limit that cannot be kept even alone, and what could be */
async function explain(problem: Problem): Promise<never> {
  const { limits, workloads } = problem;
  const readFraction = workloads.map(({ fraction, probability }) => [fraction, probability] as const);
  const asked = MEASURES.filter((measure) => limits[measure] !== undefined);
  for (const measure of asked) {
    const strategy = (await findStrategy(problem, measure, {}))!;
    const least = {
      load: () => strategy.load(readFraction),
      network: () => strategy.networkLoad(readFraction),
      latencyMs: () => strategy.latencyMs(readFraction),
    }[measure]();
    if (least <= limits[measure]! * (1 + 1e-9)) continue;
    throw new NoStrategyError(measure, `limits.${measure} is ${limits[measure]}; it must be at least ${least}`);
  }
  const together = asked.map((measure) => `limits.${measure} ${limits[measure]}`).join(' and ');
  throw new NoStrategyError(null, `No strategy keeps ${together} together; raise one of them`);
}
