import type { PropertyKind } from './model.js';
import type { Step } from './space.js';

/** Options of {@link explore} and {@link exploreMachines}. */
export interface ExploreOptions {
  /**
   * The order of the search.
   * - `breadth-first`: keeps every state, exactly; counterexamples of `always` and examples of `sometimes` are shortest;
   * - `depth-first`: keeps 64 bits of each state, and whole states only along one path; for what does not fit otherwise.
   *   Paths are long, `depth` is that of the longest path taken, and two states may be taken for one, with the
   *   probability that {@link ExploreResult.missProbability} says.
   * @defaultValue `'breadth-first'`
   */
  readonly order?: 'breadth-first' | 'depth-first';
  /**
   * Stop rather than take in more states than this.
   * @defaultValue 10,000,000: below a gigabyte for states of a few dozen bytes
   */
  readonly maxStates?: number;
  /**
   * Do not go on from states at this depth; the initial ones have depth 1. Depth-first, a state that is first met near
   * the limit is not visited again on a shorter way, so that less is seen than breadth-first.
   * @defaultValue `Infinity`
   */
  readonly maxDepth?: number;
  /** Stop after about this many milliseconds. Needs `now`. @defaultValue `Infinity` */
  readonly maxMs?: number;
  /**
   * Monotonic milliseconds, to measure speed and to stop in time: `performance.now`, for one.
   * @defaultValue a clock that stands still: results then depend on nothing but the model
   */
  readonly now?: () => number;
  /**
   * Freeze states and their parts, so that a model that changes what it is given throws instead of counting wrong. Sets,
   * Maps and bytes cannot be frozen.
   * @defaultValue `false`: engines take twice as long with frozen arrays; turn it on in a test of a small size
   */
  readonly freeze?: boolean;
  /**
   * The memory in use, in bytes, preferably after a collection; read at the start and at the end, for
   * {@link ExploreResult.memoryBytes}.
   * @defaultValue none: it is not measured
   */
  readonly memory?: () => number;
  /** Called every few thousand states. */
  readonly onProgress?: (progress: ExploreProgress) => void;
}

/** How far a search is. */
export interface ExploreProgress {
  /** Different states so far. */
  readonly distinct: number;
  /** Initial states and transitions so far. */
  readonly generated: number;
  /** The depth that was reached. */
  readonly depth: number;
  /** States that are known and not yet gone on from; those of the path, depth-first. */
  readonly waiting: number;
  /** Since the start, by `now`. */
  readonly elapsedMs: number;
}

/** Why a search ended before it had seen everything. */
export type StopReason = 'violation' | 'maxStates' | 'maxDepth' | 'maxMs';

/** What a search found out about one property. */
export interface PropertyResult<State> {
  readonly kind: PropertyKind;
  readonly name: string;
  /**
   * - `holds`: for all states, if the search was complete; `always` in an incomplete one: in those that were seen;
   * - `violated`: `path` shows how, except for a `sometimes`, whose violation is that there is none;
   * - `undecided`: the search was not complete, and what it saw does not decide it.
   */
  readonly outcome: 'holds' | 'violated' | 'undecided';
  /**
   * The counterexample of a violated `always` or `eventually`, or the example of a `sometimes` that holds. For a run that
   * goes in circles, `loopsTo` says where.
   */
  readonly path: readonly Step<State>[] | null;
  /**
   * When the end of `path` leads back: the place in it that it leads to. With symmetry it may lead to that state with other
   * names, and the run goes on for ever all the same.
   */
  readonly loopsTo: number | null;
}

/** What {@link explore} and {@link exploreMachines} return. */
export interface ExploreResult<State> {
  /** Different states, those beyond the boundary not counted. */
  readonly distinct: number;
  /** The initial states and every transition, whether it led to a new state or not, as TLC counts. */
  readonly generated: number;
  /** The number of states on the longest of the shortest paths; depth-first: on the longest path taken. */
  readonly depth: number;
  /** Whether every state within the boundary was seen. */
  readonly complete: boolean;
  /** What ended an incomplete search; `null` for a complete one. */
  readonly stopped: StopReason | null;
  /** One for each property, in their order. */
  readonly properties: readonly PropertyResult<State>[];
  /** The first property that is violated; `null` for none. */
  readonly violation: PropertyResult<State> | null;
  /** By `now`. */
  readonly elapsedMs: number;
  /** What the tables of states take in memory. Interned parts of states and what machines remember come on top. */
  readonly tableBytes: number;
  /** What the search had taken in memory at its end, all included, by `memory`; `null` without. */
  readonly memoryBytes: number | null;
  /**
   * The probability that a state was missed because its fingerprint equals that of another: at most this, for good hash
   * functions. 0 breadth-first, where states are compared whole.
   */
  readonly missProbability: number;
}
