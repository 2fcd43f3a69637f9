import { checkNumber, MalformedError, QuorateError } from '../../core/index.js';
import type { ShardMap } from './shard-map.js';

/**
 * Two parties have maps of different epochs. Code `stale-epoch`: theirs is older, and they must fetch the newer map
 * before they ask again. Code `unknown-epoch`: theirs is newer, and we must. Nothing was done: the outcome is `failed`.
 */
export class EpochMismatchError extends QuorateError {
  /** The epoch of the one who asked. */
  readonly theirs: number;
  /** The epoch of the one who was asked. */
  readonly ours: number;

  constructor(theirs: number, ours: number) {
    const [code, remedy] = theirs < ours ? ['stale-epoch', 'fetch the newer map'] : ['unknown-epoch', 'ours is older'];
    super(code, `the request was made with epoch ${theirs} and this node has epoch ${ours}: ${remedy}`);
    this.theirs = theirs;
    this.ours = ours;
  }
}

/**
 * Refuses a request that was made with another epoch than ours. A node that serves keys of a shard calls it before it
 * does anything, since the shard may have been moved, split or merged in between. O(1).
 *
 * @param theirs - the epoch in the request, from outside
 * @throws EpochMismatchError `stale-epoch` or `unknown-epoch`, with both numbers
 * @throws MalformedError for what is no epoch
 */
export function checkEpoch(theirs: unknown, ours: number): void {
  checkNumber('ours', ours, { min: 1 });
  if (typeof theirs !== 'number' || !Number.isSafeInteger(theirs) || theirs < 1)
    throw new MalformedError('an epoch must be a whole number from 1');
  if (theirs !== ours) throw new EpochMismatchError(theirs, ours);
}

/**
 * The one of two maps to go on with: the newer, ours when both are of one epoch. Whoever is told a map keeps what this
 * gives, and so never goes back, in whatever order maps arrive. Believe maps only from those who may make them: a
 * forged map of a great epoch would shut all later ones out. O(1), and O(shards) for two maps of one epoch.
 *
 * @throws QuorateError `epoch-conflict` for maps of one epoch that differ: two made changes to the same map, so that the
 * place where maps are kept does not compare before it sets
 */
export function newerMap(ours: ShardMap, theirs: ShardMap): ShardMap {
  if (theirs.epoch !== ours.epoch) return theirs.epoch > ours.epoch ? theirs : ours;
  if (theirs !== ours && JSON.stringify(theirs) !== JSON.stringify(ours))
    throw new QuorateError('epoch-conflict', `there are two different maps of epoch ${ours.epoch}`);
  return ours;
}
