import { checkNumber } from '../../core/index.js';
import { exponential, mixture, pareto, type Distribution } from './distributions.js';

/** A replicated register: each write and each read goes to all members and waits for some. */
export interface PartialQuorums {
  /** How many replicas there are, called N. */
  readonly members: number;
  /** How many answers a read waits for, called R. */
  readonly read: number;
  /** How many acknowledgements a write waits for, called W. */
  readonly write: number;
}

/** @throws InvalidOptionError */
function checkCounts({ members, read, write }: PartialQuorums): void {
  checkNumber('members', members, { min: 1 });
  checkNumber('read', read, { min: 1, max: members });
  checkNumber('write', write, { min: 1, max: members });
}

/**
 * The probability that a read misses the last `versions` writes: `(C(N - W, R) / C(N, R)) ^ versions`, 0 when R + W > N
 * (Bailis et al., "Probabilistically Bounded Staleness for Practical Partial Quorums", VLDB 2012). It assumes
 * that quorums are drawn at random and that a write reaches no other members; in a system that sends writes on, reads are
 * stale less often, see {@link sampleStaleness}.
 *
 * @param options - `versions`, called k, is how many versions old a read may be to count as stale. @defaultValue 1
 * @throws InvalidOptionError
 */
export function staleProbability(options: PartialQuorums & { readonly versions?: number }): number {
  checkCounts(options);
  const { members, read, write } = options;
  const versions = checkNumber('versions', options.versions ?? 1, { min: 1 });
  let misses = 1;
  for (let i = 0; i < read; i++) misses *= Math.max(0, members - write - i) / (members - i);
  return misses ** versions;
}

/** How long messages take, one way each. */
export interface MessageDelays {
  /** A write, from the coordinator to a replica: W of WARS. */
  readonly write: Distribution;
  /** The acknowledgement of a write: A. */
  readonly acknowledge: Distribution;
  /** A read, from the coordinator to a replica: R. */
  readonly read: Distribution;
  /** The answer to a read: S. */
  readonly respond: Distribution;
}

/** What {@link sampleStaleness} needs to know. */
export interface StalenessOptions extends PartialQuorums {
  readonly delays: MessageDelays;
  /** Uniform in [0, 1), as `seededRandom` of core makes it. */
  readonly random: () => number;
  /** How many writes to sample, each with one read. @defaultValue 100,000, for an error of some tenths of a percent */
  readonly trials?: number;
}

/** What was sampled: how soon after a write is done reads see it. */
export interface Staleness {
  /** The probability that a read that begins `afterMs` after the write was acknowledged sees it. */
  visibleProbability(afterMs: number): number;
  /**
   * How long after the write was acknowledged a read must begin to see it with this probability, in milliseconds: the
   * t-visibility. 0 when it does so at once.
   *
   * @throws InvalidOptionError
   */
  visibleAfterMs(probability: number): number;
}

/**
 * Samples how stale reads are when R + W is N or less, by the WARS model of Bailis et al. (2012): a write goes to
 * all replicas and is done with the W-th acknowledgement; a read goes to all and takes the first R answers; it sees the
 * write if one of these replicas had it when the read came in. The model has one write at a time, no failures and no
 * read repair. Two samples with equal seeds are equal. O(trials x members log members).
 *
 * @throws InvalidOptionError
 */
export function sampleStaleness(options: StalenessOptions): Staleness {
  checkCounts(options);
  const trials = checkNumber('trials', options.trials ?? 100_000, { min: 1, max: 100_000_000 });
  const sorted = Float64Array.from({ length: trials }, () => visibleFrom(options)).sort();
  return {
    visibleProbability: (afterMs) => countUpTo(sorted, afterMs) / trials,
    visibleAfterMs: (probability) => {
      checkNumber('probability', probability, { min: 0, max: 1, integer: false });
      return Math.max(0, sorted[Math.max(0, Math.ceil(probability * trials) - 1)]!);
    },
  };
}

/**
 * Draws one write and one read, and returns how long after the acknowledgement the read must begin to see the write:
 * from then on always. Less than 0 when the replica has it before the write is acknowledged.
 */
function visibleFrom({ members, read, write, delays, random }: StalenessOptions): number {
  const acknowledged: number[] = [];
  const reads: { readonly answered: number; readonly from: number }[] = [];
  for (let i = 0; i < members; i++) {
    const arrival = delays.write(random);
    acknowledged.push(arrival + delays.acknowledge(random));
    const asked = delays.read(random);
    reads.push({ answered: asked + delays.respond(random), from: arrival - asked });
  }
  const done = acknowledged.sort((a, b) => a - b)[write - 1]!;
  // Who answers first does not depend on when the read begins.
  const first = reads.sort((a, b) => a.answered - b.answered).slice(0, read);
  return Math.min(...first.map(({ from }) => from)) - done;
}

/** How many of the ascending numbers are at most `limit`. */
function countUpTo(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All messages take as long as on LinkedIn's machines with SSDs, as fitted by Bailis et al. (2012). */
export function linkedInSsd(): MessageDelays {
  const any = mixture([
    [0.9122, pareto(0.235, 10)],
    [0.0878, exponential(1.66)],
  ]);
  return { write: any, acknowledge: any, read: any, respond: any };
}

/** As {@link linkedInSsd}, but writes go to spinning disks. */
export function linkedInDisk(): MessageDelays {
  const write = mixture([
    [0.38, pareto(1.05, 1.51)],
    [0.62, exponential(0.183)],
  ]);
  return { ...linkedInSsd(), write };
}

/** Messages take as long as in Yammer's store, as fitted by Bailis et al. (2012): writes have a tail of seconds. */
export function yammer(): MessageDelays {
  const write = mixture([
    [0.939, pareto(3, 3.35)],
    [0.061, exponential(0.0028)],
  ]);
  const other = mixture([
    [0.982, pareto(1.5, 3.8)],
    [0.018, exponential(0.0217)],
  ]);
  return { write, acknowledge: other, read: other, respond: other };
}
