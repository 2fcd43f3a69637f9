import { checkNumber, InvalidOptionError } from '../../core/index.js';
import type { Move } from './move.js';
import type { ShardMap } from './shard-map.js';

/** Options of {@link Rebalancer}. */
export interface RebalancerOptions {
  /** How many moves are under way at a time. @defaultValue 8: what clients do goes before */
  readonly maxConcurrentMoves?: number;
  /** In how many of these one node takes part, giving or taking. @defaultValue 2, as Elasticsearch lets nodes recover */
  readonly maxMovesPerNode?: number;
  /** How often a step is begun before its move is abandoned. @defaultValue 3 */
  readonly maxAttempts?: number;
}

/** One half of a move, to be carried out now. Plain data. */
export interface MoveStep {
  /**
   * `add`: copy the data of the shard from its replicas to `node`, and keep it up to date from then on. `remove`: see to
   * it that all who use `node` for the shard know the map in which the new replica is; the data may go once the step is
   * finished and its map is published.
   */
  readonly type: 'add' | 'remove';
  readonly shard: number;
  readonly node: string;
  readonly move: Move;
}

/** What {@link Rebalancer.status} tells. */
export interface RebalancerStatus {
  readonly waiting: number;
  readonly running: readonly MoveStep[];
  readonly finished: number;
  /** Moves whose steps failed too often; they are not begun again. */
  readonly abandoned: readonly Move[];
}

interface OpenMove {
  readonly move: Move;
  step: MoveStep;
  attempts: number;
}

/**
 * Walks a plan of moves with limits on what happens at a time, and never loses a replica: the new one is in the map before
 * the old one leaves it. A plain object without clock or I/O: whoever holds it carries out the steps of `next()`, reports
 * each by `finished` or `failed`, and publishes the map that `finished` gives.
 *
 * After a crash make a new one, with the last map that was published and `planMoves` from it to the target, or a new plan
 * by `rebalance`: a replica that was added and whose predecessor is still there is then a move without `to`. Equal reports
 * give equal steps.
 *
 * O(moves that wait) for `next()`, O(shards) for `finished`. Not when the map changes in other ways meanwhile: make a new
 * one then.
 *
 * @throws InvalidOptionError for moves that do not fit the map, or that name one node of a shard twice
 */
export class Rebalancer {
  readonly #limits: Required<RebalancerOptions>;
  readonly #running = new Map<string, OpenMove>();
  readonly #abandoned: Move[] = [];
  #waiting: OpenMove[];
  #finished = 0;
  #map: ShardMap;

  constructor(map: ShardMap, moves: readonly Move[], options: RebalancerOptions = {}) {
    const { maxConcurrentMoves = 8, maxMovesPerNode = 2, maxAttempts = 3 } = options;
    checkNumber('maxConcurrentMoves', maxConcurrentMoves, { min: 1 });
    checkNumber('maxMovesPerNode', maxMovesPerNode, { min: 1 });
    checkNumber('maxAttempts', maxAttempts, { min: 1 });
    this.#limits = { maxConcurrentMoves, maxMovesPerNode, maxAttempts };
    checkMoves(map, moves);
    this.#map = map;
    this.#waiting = moves.flatMap((move) => {
      const step = firstStep(move);
      return step === null ? [] : [{ move, step, attempts: 0 }];
    });
  }

  /** The map after all that has finished. */
  get map(): ShardMap {
    return this.#map;
  }

  /** Whether nothing runs and nothing waits. Some moves may have been abandoned. */
  get done(): boolean {
    return this.#running.size === 0 && this.#waiting.length === 0;
  }

  /** The steps to begin now; each is given once, and again after it failed. Empty while all limits are reached. */
  next(): MoveStep[] {
    const busy = this.#busyNodes();
    const started: MoveStep[] = [];
    this.#waiting = this.#waiting.filter((open) => {
      if (this.#running.size >= this.#limits.maxConcurrentMoves) return true;
      const nodes = nodesOf(open.move);
      if (nodes.some((node) => (busy.get(node) ?? 0) >= this.#limits.maxMovesPerNode)) return true;
      for (const node of nodes) busy.set(node, (busy.get(node) ?? 0) + 1);
      this.#start(open, started);
      return false;
    });
    return started;
  }

  /**
   * The step is done. Gives the next map, to be published; its epoch is greater by 1.
   *
   * @throws InvalidOptionError for a step that is not under way
   */
  finished(step: MoveStep): ShardMap {
    const open = this.#stop(step);
    const { move } = open;
    if (step.type === 'remove') {
      this.#map = this.#map.move({ ...move, to: null });
      this.#finished++;
      return this.#map;
    }
    this.#map = withReplica(this.#map, move.shard, step.node, move.from);
    if (move.from === null) this.#finished++;
    // The other half comes first, so that no node holds more than it must for longer than it must.
    else this.#waiting.unshift({ move, step: { ...step, type: 'remove', node: move.from }, attempts: 0 });
    return this.#map;
  }

  /**
   * The step did not succeed, and the map stays as it is. It is begun again after those that wait, unless that was the
   * last attempt. A replica that was added stays when its predecessor cannot be removed.
   *
   * @throws InvalidOptionError for a step that is not under way
   */
  failed(step: MoveStep): void {
    const open = this.#stop(step);
    if (open.attempts < this.#limits.maxAttempts) this.#waiting.push(open);
    else this.#abandoned.push(open.move);
  }

  /** What waits, runs, has finished and was abandoned. O(moves that run or were abandoned). */
  status(): RebalancerStatus {
    return {
      waiting: this.#waiting.length,
      running: Array.from(this.#running.values(), ({ step }) => step),
      finished: this.#finished,
      abandoned: [...this.#abandoned],
    };
  }

  #start(open: OpenMove, started: MoveStep[]): void {
    open.attempts++;
    this.#running.set(keyOf(open.step), open);
    started.push(open.step);
  }

  #stop(step: MoveStep): OpenMove {
    const key = keyOf(step);
    const open = this.#running.get(key);
    if (open === undefined) throw new InvalidOptionError('step', key, 'one that next() gave and that is under way');
    this.#running.delete(key);
    return open;
  }

  #busyNodes(): Map<string, number> {
    const busy = new Map<string, number>();
    for (const { move } of this.#running.values())
      for (const node of nodesOf(move)) busy.set(node, (busy.get(node) ?? 0) + 1);
    return busy;
  }
}

/** Steps are compared by what they say, so that they may have been sent and come back. */
function keyOf({ type, shard, node }: MoveStep): string {
  return `${type} ${shard} ${node}`;
}

function nodesOf({ from, to }: Move): string[] {
  return [from, to].filter((node) => node !== null);
}

function firstStep(move: Move): MoveStep | null {
  const { shard, from, to } = move;
  if (to !== null) return { type: 'add', shard, node: to, move };
  return from === null ? null : { type: 'remove', shard, node: from, move };
}

/** The next map, with a replica before the one that it will follow, or at the end. */
function withReplica(map: ShardMap, shard: number, node: string, successorOf: string | null): ShardMap {
  const nodes = [...map.shard(shard)!.nodes];
  nodes.splice(successorOf === null ? nodes.length : nodes.indexOf(successorOf) + 1, 0, node);
  return map.assign(shard, nodes);
}

/** Moves are done in any order, so that each must fit whatever others were done before. */
function checkMoves(map: ShardMap, moves: readonly Move[]): void {
  map.move(...moves);
  const named = new Set<string>();
  for (const move of moves)
    for (const node of nodesOf(move)) {
      const key = `${move.shard} ${node}`;
      if (named.has(key)) throw new InvalidOptionError('moves', key, 'moves that name each node of a shard once');
      named.add(key);
    }
}
