import { checkNumber, InvalidOptionError, systemRandom } from '../../core/index.js';
import type { Lease } from '../balancer.js';
import type { Group } from './group.js';
import { Grouped, isLease, type GroupedOptions } from './grouped.js';
import { refuseInside } from './layer-order.js';
import { checkOverprovisioning, divideLoad, type LoadDivision, type PriorityLoadsOptions } from './priority-loads.js';

/** Options of {@link PriorityLevels}. */
export interface PriorityLevelsOptions<Context = void> extends GroupedOptions<Context>, PriorityLoadsOptions {
  /** The level of a node: a whole number from 0, which is preferred most. There may be gaps. Asked when the node is added. */
  readonly priorityOf: (node: string) => number;
  /**
   * A level of which a smaller part than this is available gives requests to all of its nodes, as long as the levels together
   * have less than full health. 0 for never.
   *
   * @defaultValue 0.5, as in Envoy: the other half would have to bear twice what it had, and fall as well
   */
  readonly panicThreshold?: number;
  /** Uniform in [0, 1); drawn once a pick. @defaultValue that of the platform; a seeded one for tests */
  readonly random?: () => number;
}

/** A level as it is now. */
export interface PriorityLevel {
  /** As `priorityOf` has it. */
  readonly priority: number;
  /** Nodes that have a weight. */
  readonly hosts: number;
  /** Those of them that are available. */
  readonly available: number;
  /** What percentage of requests it gets; a whole number. */
  readonly load: number;
  /** Whether it uses all of its nodes. */
  readonly panics: boolean;
}

/**
 * Nodes in levels, of which the next one helps out where the ones before it are not healthy enough, as Envoy has them: a level
 * that is healthy to 1 / 1.4 gets all, one that is healthy to a half 70 %, and the next one the rest; `priorityLoads` has the
 * formula. If all levels together are not healthy enough, a level of which less than half is available **panics**: it uses all
 * of its nodes, for more load would kill the others as well, and health that is so bad may be an error of who checks it. If all
 * panic, all nodes of all levels share.
 *
 * Nodes of weight 0 are not counted and never picked. A node that is drained is not available, as one that is down, so in panic
 * it gets requests: give it weight 0, with which it keeps its sessions, or remove it. `pickNode` gives none for a node that is not available, in panic either.
 * When the level that was drawn has no node to give, since it is full or by `pickExcept`, the others are tried in order.
 *
 * For regions or clusters each of which can take the load of another. Not for a few spare nodes, which overflow would kill:
 * `Backups`. Layers that know what is available, such as `HealthGate`, belong around it; within it they are refused.
 *
 * One draw and the pick of the level. O(levels log levels) a change, and O(nodes of a level) when its panic begins or ends.
 */
export class PriorityLevels<Context = void> extends Grouped<number, Context> {
  readonly #priorityOf: (node: string) => number;
  readonly #overprovisioning: number;
  readonly #panicThreshold: number;
  readonly #random: () => number;
  /** Those with hosts, in order of priority. */
  #levels: readonly Group<number, Context>[] = [];
  #division: LoadDivision = { loads: [], panics: [] };

  /** @throws InvalidOptionError, LayerOrderError */
  constructor(options: PriorityLevelsOptions<Context>) {
    const { make, priorityOf, overprovisioning, panicThreshold = 0.5, random = systemRandom } = options;
    super(make);
    if (typeof priorityOf !== 'function') throw new InvalidOptionError('priorityOf', priorityOf, 'a function');
    this.#priorityOf = priorityOf;
    this.#overprovisioning = checkOverprovisioning(overprovisioning);
    this.#panicThreshold = checkNumber('panicThreshold', panicThreshold, { min: 0, max: 1, integer: false });
    this.#random = random;
    for (const made of this.inside)
      refuseInside(PriorityLevels, made, PriorityLevels, 'one can have all levels; let priorityOf number them');
  }

  /** All levels that have hosts, the most preferred first. O(levels). */
  get levels(): readonly PriorityLevel[] {
    return this.#levels.map(({ key, hosts, available, panics }, i) => {
      return { priority: key, hosts, available, load: this.#division.loads[i]!, panics };
    });
  }

  /** Draws a level, and picks in it. @throws NoNodeError, OverloadedError when nodes are full */
  pick(context: Context): Lease {
    const found = this.attempt(this.#draw(), context);
    return isLease(found) ? found : this.firstOf(this.#levels, context);
  }

  /** @internal */
  protected keyOf(node: string): number {
    return checkNumber(`priority of ${node}`, this.#priorityOf(node), { min: 0 });
  }

  // At once and not with the next pick: panic makes nodes available that `pickExcept` may have closed for that pick.
  /** @internal */
  protected changed(): void {
    this.#levels = Array.from(this.groups)
      .filter(({ hosts }) => hosts > 0)
      .sort((a, b) => a.key - b.key);
    this.#division = divideLoad(this.#levels, this.#overprovisioning, this.#panicThreshold);
    this.#levels.forEach((level, i) => (level.panics = this.#division.panics[i]!));
  }

  #draw(): Group<number, Context> | undefined {
    let at = 100 * this.#random();
    for (let i = 0; i < this.#levels.length; i++) {
      at -= this.#division.loads[i]!;
      if (at < 0) return this.#levels[i];
    }
    return undefined;
  }
}
