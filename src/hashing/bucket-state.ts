import { MalformedError } from '../core/index.js';

/**
 * What an {@link AnchorHash} or a {@link MementoHash} knows, as plain data. With it and the same hash of keys another
 * process places alike, whatever history of its own it has.
 */
export interface BucketState {
  /** Which algorithm it is of. */
  readonly algorithm: 'anchor' | 'memento';
  /** How many buckets there are, with those that have no node; of AnchorHash its capacity. */
  readonly buckets: number;
  /** The nodes in order of their buckets. */
  readonly nodes: readonly string[];
  /** The buckets without a node; the one that was removed last, which the next node gets, is the last. */
  readonly removed: readonly number[];
}

/**
 * What was given, when it is a state of that algorithm: each bucket is either removed or has a node of its own. Looks at
 * lists only as far as they are what they must be: those with holes may be longer than memory, and `every` skips holes.
 */
export function checkBucketState(state: unknown, algorithm: BucketState['algorithm']): BucketState {
  const wrong = (what: string): MalformedError => new MalformedError(`state of ${algorithm} hashing: ${what}`);
  if (typeof state !== 'object' || state === null) throw wrong('it is no object');
  const { algorithm: given, buckets, nodes, removed } = state as Record<keyof BucketState, unknown>;
  if (given !== algorithm) throw wrong('it is of another algorithm');
  if (!Array.isArray(nodes) || nodes.findIndex((node) => typeof node !== 'string' || node === '') >= 0)
    throw wrong('nodes is no list of names');
  if (!Array.isArray(removed)) throw wrong('removed is no list of buckets');
  // Before anything of this size is made.
  if (buckets !== nodes.length + removed.length) throw wrong('buckets is not the number of nodes and removed buckets');
  if (removed.findIndex((bucket) => !Number.isInteger(bucket) || bucket < 0 || bucket >= buckets) >= 0)
    throw wrong('a removed bucket does not exist');
  if (new Set(removed).size < removed.length) throw wrong('a bucket is removed twice');
  if (new Set(nodes).size < nodes.length) throw wrong('a node is there twice');
  if (algorithm === 'anchor' && buckets === 0) throw wrong('it has no buckets');
  // While no other is removed, MementoHash has one bucket less instead: a node that comes and goes would change the state.
  if (algorithm === 'memento' && removed[0] === buckets - 1) throw wrong('the last bucket is removed first');
  return { algorithm, buckets, nodes: nodes as string[], removed: removed as number[] };
}
