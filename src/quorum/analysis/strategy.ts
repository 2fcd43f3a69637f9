import { checkNumber, InvalidOptionError, type NodeId } from '../../core/index.js';
import { isQuorum } from '../decide.js';
import type { ReadWriteSystem } from '../pairs.js';
import type { QuorumSystem } from '../system.js';
import { checkCapacity, checkLatencyMs, quorumLatencyMs, type Capacity, type MembersFigures } from './members.js';
import { checkReadFraction, meanFraction, type ReadFraction, type Workload } from './read-fraction.js';

/** A quorum, and how often a strategy picks it. */
export interface PickedQuorum {
  readonly quorum: readonly NodeId[];
  readonly probability: number;
}

/** Quorums with weights that need not add up to 1. */
export type WeightedQuorums = readonly (readonly [quorum: readonly NodeId[], weight: number])[];

/** What a {@link Strategy} is made of. */
export interface StrategyOptions {
  /** One system for all requests, or one to read and one to write with. */
  readonly system: QuorumSystem | ReadWriteSystem;
  /** The quorums to read with, or for all requests. */
  readonly reads: WeightedQuorums;
  /** The quorums to write with. @defaultValue those to read with, when there is one system */
  readonly writes?: WeightedQuorums;
  /** What the members can do. @defaultValue a capacity of 1 for each, and no latency */
  readonly members?: MembersFigures;
}

/**
 * How to pick quorums: probabilities over the read quorums and over the write quorums (Naor and Wool 1998, section 3; for
 * reads and writes Whittaker et al., "Read-Write Quorum Systems Made Practical", 2021), and what follows from them.
 * Immutable. Made by hand here, or by `uniformStrategy` and `optimalStrategy`.
 *
 * Each figure is for a {@link ReadFraction}, which may be left out where there is one system for all requests: half of
 * them count as reads then, which matters only where members have two capacities.
 */
export class Strategy {
  readonly system: ReadWriteSystem;
  readonly reads: readonly PickedQuorum[];
  readonly writes: readonly PickedQuorum[];
  readonly #members: MembersFigures;
  /** How often each member is in a picked quorum, and its capacity. */
  readonly #shares = new Map<NodeId, { readonly share: Capacity; readonly capacity: Capacity }>();
  readonly #isPair: boolean;

  /** @throws InvalidOptionError for what is no quorum, a weight below 0, and no weight at all */
  constructor({ system, reads, writes, members = {} }: StrategyOptions) {
    this.#isPair = 'read' in system;
    this.system = 'read' in system ? system : { read: system, write: system };
    if (writes === undefined && this.#isPair) throw new InvalidOptionError('writes', writes, 'quorums with weights');
    this.reads = normalized('reads', this.system.read, reads);
    this.writes = writes === undefined ? this.reads : normalized('writes', this.system.write, writes);
    this.#members = members;
    for (const member of new Set([...this.system.read.members, ...this.system.write.members])) {
      const share = { read: shareOf(member, this.reads), write: shareOf(member, this.writes) };
      this.#shares.set(member, { share, capacity: checkCapacity(members, member) });
    }
  }

  /**
   * The load: that of the member with the highest. With capacities of 1, how likely it is that a request meets the
   * busiest member; otherwise the part of its time that one request in a unit of time takes. With several read fractions
   * it is the mean of the loads at each, sum of p L, because the busiest member may be another one each time.
   *
   * @throws InvalidOptionError
   */
  load(readFraction?: ReadFraction): number {
    return this.#workloads(readFraction).reduce((sum, { fraction, probability }) => {
      return sum + probability * this.#loadAt(fraction);
    }, 0);
  }

  /**
   * The capacity: how many requests in a unit of time make the busiest member busy all the time, 1 / load. With several
   * read fractions it is the mean of the capacities at each, sum of p / L. That is more than 1 / sum of p L, and two
   * strategies of equal load can differ in it.
   *
   * @throws InvalidOptionError
   */
  capacity(readFraction?: ReadFraction): number {
    return this.#workloads(readFraction).reduce((sum, { fraction, probability }) => {
      return sum + probability / this.#loadAt(fraction);
    }, 0);
  }

  /** How many members a request is sent to on average. @throws InvalidOptionError */
  networkLoad(readFraction?: ReadFraction): number {
    return this.#mean(readFraction, (_, quorum) => quorum.length);
  }

  /**
   * How long a request takes on average until those that answered contain a quorum, in milliseconds.
   *
   * @throws InvalidOptionError when a member that is needed has no latency
   */
  latencyMs(readFraction?: ReadFraction): number {
    return this.#mean(readFraction, (system, quorum) => {
      const latencies = Object.fromEntries(quorum.map((member) => [member, checkLatencyMs(this.#members, member)]));
      return quorumLatencyMs(system, quorum, latencies);
    });
  }

  /**
   * The load of one member: how often it is picked, divided by its capacity, for each kind of request. 0 for others than
   * members.
   *
   * @throws InvalidOptionError
   */
  loadOf(member: NodeId, readFraction?: ReadFraction): number {
    return this.#memberLoad(member, meanFraction(this.#workloads(readFraction)));
  }

  /** Picks a quorum to read with. @param random - uniform in [0, 1), as `seededRandom` and `systemRandom` of core are */
  pickRead(random: () => number): readonly NodeId[] {
    return pick(this.reads, random());
  }

  /** Picks a quorum to write with. @param random - uniform in [0, 1) */
  pickWrite(random: () => number): readonly NodeId[] {
    return pick(this.writes, random());
  }

  #workloads(readFraction: ReadFraction | undefined): readonly Workload[] {
    return checkReadFraction(readFraction ?? (this.#isPair ? NaN : 0.5));
  }

  #loadAt(fraction: number): number {
    return Math.max(0, ...Array.from(this.#shares.keys(), (member) => this.#memberLoad(member, fraction)));
  }

  #memberLoad(member: NodeId, fraction: number): number {
    const figures = this.#shares.get(member);
    if (figures === undefined) return 0;
    const { share, capacity } = figures;
    return (fraction * share.read) / capacity.read + ((1 - fraction) * share.write) / capacity.write;
  }

  /** The mean of something over all requests. What is never asked for is not computed. */
  #mean(
    readFraction: ReadFraction | undefined,
    of: (system: QuorumSystem, quorum: readonly NodeId[]) => number,
  ): number {
    const fraction = meanFraction(this.#workloads(readFraction));
    const { read, write } = this.system;
    const mean = (system: QuorumSystem, picked: readonly PickedQuorum[]): number =>
      picked.reduce((sum, { quorum, probability }) => sum + probability * of(system, quorum), 0);
    const reads = fraction > 0 ? fraction * mean(read, this.reads) : 0;
    return reads + (fraction < 1 ? (1 - fraction) * mean(write, this.writes) : 0);
  }
}

function normalized(option: string, system: QuorumSystem, quorums: WeightedQuorums): PickedQuorum[] {
  for (const [quorum, weight] of quorums) {
    const text = `{${quorum.join(', ')}}`;
    checkNumber(`weight of ${text}`, weight, { min: 0, integer: false });
    if (!isQuorum(system, quorum)) throw new InvalidOptionError(option, text, 'quorums of the system');
  }
  const total = quorums.reduce((sum, [, weight]) => sum + weight, 0);
  if (!(total > 0)) throw new InvalidOptionError(option, quorums, 'at least one quorum with a weight above 0');
  return quorums
    .filter(([, weight]) => weight > 0)
    .map(([quorum, weight]) => ({ quorum: [...new Set(quorum)], probability: weight / total }));
}

function shareOf(member: NodeId, picked: readonly PickedQuorum[]): number {
  return picked.reduce((sum, { quorum, probability }) => (quorum.includes(member) ? sum + probability : sum), 0);
}

function pick(picked: readonly PickedQuorum[], draw: number): readonly NodeId[] {
  let left = draw;
  for (const { quorum, probability } of picked) {
    left -= probability;
    if (left < 0) return quorum;
  }
  return picked.at(-1)!.quorum; // the probabilities add up to a little less than 1
}
