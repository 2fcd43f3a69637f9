import { InvalidOptionError } from '../../core/index.js';
import type { Lease } from '../balancer.js';
import type { Group } from './group.js';
import { Grouped, isLease, type GroupedOptions } from './grouped.js';

/** Options of {@link Backups}. */
export interface BackupsOptions<Context = void> extends GroupedOptions<Context> {
  /** Whether a node is a backup. Asked when it is added. */
  readonly isBackup: (node: string) => boolean;
  /**
   * Whether all backups share what comes, as `allbackups` of HAProxy, and not the first one that is available has all.
   *
   * @defaultValue false, as in HAProxy: for a page that says sorry, or a copy that is behind, one is enough
   */
  readonly all?: boolean;
}

/**
 * Nodes that get requests only while no other can be picked, as `backup` of HAProxy: by default only the first one that can be
 * picked, in the order in which they were added. There is no panic and no overflow: one node that is left has everything,
 * until it is down as well.
 *
 * Others are passed over when they are not available, or full, or by `pickExcept`. `pickNode` gives requests for a backup at
 * any time, so that a session that was moved there can end there, as in HAProxy. For a fleet that can replace another one as a
 * whole, and should help out before that is down: `PriorityLevels`.
 *
 * The pick of the others, or of the backups; with `all: false` also O(backups before the first that can be picked).
 */
export class Backups<Context = void> extends Grouped<boolean, Context> {
  readonly #isBackup: (node: string) => boolean;
  readonly #all: boolean;

  /** @throws InvalidOptionError, LayerOrderError */
  constructor(options: BackupsOptions<Context>) {
    const { make, isBackup, all = false } = options;
    super(make);
    if (typeof isBackup !== 'function') throw new InvalidOptionError('isBackup', isBackup, 'a function');
    this.#isBackup = isBackup;
    this.#all = all;
  }

  /** Picks among all that are no backups, or a backup. @throws NoNodeError, OverloadedError when nodes are full */
  pick(context: Context): Lease {
    const found = this.attempt(this.group(false), context);
    if (isLease(found)) return found;
    const backups = this.group(true);
    const lease = backups && !this.#all ? firstLease(backups) : undefined;
    return lease ?? this.firstOf([backups, this.group(false)], context);
  }

  /** @internal */
  protected keyOf(node: string): boolean {
    const backup = this.#isBackup(node);
    if (typeof backup !== 'boolean') throw new InvalidOptionError(`isBackup of ${node}`, backup, 'true or false');
    return backup;
  }

  /** Nothing is derived. @internal */
  protected changed(): void {}
}

function firstLease<Context>(group: Group<boolean, Context>): Lease | undefined {
  for (const node of group.pickable()) {
    const lease = group.balancer.pickNode(node);
    if (lease !== undefined) return lease;
  }
  return undefined;
}
