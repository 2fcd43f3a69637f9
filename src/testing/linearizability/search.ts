import { canonicalText } from './canonical.js';
import { Candidates, NONE, type Interval } from './candidates.js';
import type { SequentialModel } from './model.js';
import { IMPOSSIBLE, States, type Step } from './states.js';
import { Visited } from './visited.js';

/** An operation of a partition. */
export interface Placeable<Input, Output> extends Interval, Step<Input, Output> {
  /** Its place in the history. */
  readonly index: number;
}

/** How far a search is. */
export type SearchState = 'going on' | 'found' | 'impossible';

/** How far a search came at best. Numbers are places in the history. */
export interface Furthest {
  readonly order: readonly number[];
  /** The first operation to return that could not be placed. */
  readonly stuckAt: number;
  readonly state: string;
}

/** So many open operations cost one step more: what is remembered of a configuration is as long as their list. */
const OPEN_PER_STEP = 16;

/**
 * Looks for an order of the operations of one partition that the model allows and that respects which operation returned
 * before which was called. Depth first over what may come next (Wing & Gong 1993), never twice from the same set of placed
 * operations in the same state (Lowe 2017), a few steps at a time.
 *
 * The time is exponential in the number of operations that overlap, at worst; with a bounded overlap it is linear in the
 * length of the history.
 */
export class Search<State, Input, Output> {
  readonly #operations: readonly Placeable<Input, Output>[];
  readonly #candidates: Candidates;
  readonly #states: States<State, Input, Output>;
  readonly #visited = new Visited();
  /** What is placed, in order; beside it the state and the first return before each. */
  readonly #placed: number[] = [];
  readonly #statesBefore: number[] = [];
  readonly #returnsBefore: number[] = [];
  /** For each open operation the one before it that asks for the same; see {@link twinsOf}. */
  readonly #twins: Int32Array;
  readonly #isPlaced: Uint8Array;
  #state = 0;
  #firstReturn: number;
  #next: number;
  #steps = 0;
  /** The greatest rank of a first return so far, and the number of operations that were placed then. */
  #bestRank: number;
  #bestCount = 0;
  #best: Furthest | null = null;
  /** Whether what is placed now is the best so far and not noted yet. */
  #isBest = true;

  /** @param withHindsight - whether to use that of the model, where it has some */
  constructor(
    model: SequentialModel<State, Input, Output>,
    operations: readonly Placeable<Input, Output>[],
    withHindsight = true,
  ) {
    this.#operations = operations;
    const wiser = withHindsight ? model.hindsight?.(operations) : undefined;
    this.#states = new States(model.init(), wiser ?? model, operations);
    this.#candidates = new Candidates(operations);
    this.#twins = twinsOf(operations);
    this.#isPlaced = new Uint8Array(operations.length);
    this.#firstReturn = this.#candidates.firstReturn();
    this.#bestRank = this.#candidates.rankOf(this.#firstReturn);
    this.#next = this.#firstReturn === NONE ? NONE : this.#candidates.first(this.#firstReturn);
  }

  /** How many steps this took so far. */
  get steps(): number {
    return this.#steps;
  }

  /** About how much memory this takes, apart from the operations themselves. */
  get bytes(): number {
    return this.#visited.bytes + this.#states.bytes;
  }

  /** The order that was found, as places in the history. */
  order(): number[] {
    return this.#placed.map((operation) => this.#operations[operation]!.index);
  }

  /** What it found, as how far one can get before that operation. */
  reached(stuckAt: number): Furthest {
    return { order: this.order(), stuckAt, state: this.#states.describe(this.#state) };
  }

  /** How far it came, once it is known to be impossible. */
  furthest(): Furthest {
    return this.#best!;
  }

  /** Goes on for about so many steps, or until this takes more memory than that. */
  run(steps: number, maxBytes: number): SearchState {
    const end = this.#steps + steps;
    while (this.#steps < end) {
      if (this.#firstReturn === NONE) return 'found';
      if (this.#next !== NONE) this.#try(this.#next);
      else if (this.#placed.length > 0) this.#goBack();
      else return this.#giveUp();
      if (this.bytes > maxBytes) break;
    }
    return this.#firstReturn === NONE ? 'found' : 'going on';
  }

  #try(operation: number): void {
    this.#steps++;
    this.#next = this.#candidates.after(operation, this.#firstReturn);
    const twin = this.#twins[operation]!;
    if (twin !== NONE && this.#isPlaced[twin] === 0) return;
    const state = this.#states.next(this.#state, operation);
    if (state === IMPOSSIBLE) return;
    // What nobody saw return and changes nothing may as well come later, or never.
    if (state === this.#state && this.#candidates.isOpen(operation)) return;
    this.#candidates.take(operation);
    const firstReturn = this.#candidates.firstReturn();
    if (firstReturn === NONE || this.#isNew(state, firstReturn)) this.#place(operation, state, firstReturn);
    else this.#candidates.putBack(operation);
  }

  #isNew(state: number, firstReturn: number): boolean {
    const { words, length } = this.#candidates.configuration(state, firstReturn);
    this.#steps += Math.floor(length / OPEN_PER_STEP);
    return this.#visited.add(words, length);
  }

  #place(operation: number, state: number, firstReturn: number): void {
    this.#placed.push(operation);
    this.#isPlaced[operation] = 1;
    this.#statesBefore.push(this.#state);
    this.#returnsBefore.push(this.#firstReturn);
    this.#state = state;
    this.#firstReturn = firstReturn;
    this.#next = firstReturn === NONE ? NONE : this.#candidates.first(firstReturn);
    const rank = this.#candidates.rankOf(firstReturn);
    if (rank < this.#bestRank || (rank === this.#bestRank && this.#placed.length <= this.#bestCount)) return;
    this.#bestRank = rank;
    this.#bestCount = this.#placed.length;
    this.#isBest = true;
  }

  /** Placing one more never makes it worse, so the best is always where the search turns back. */
  #goBack(): void {
    if (this.#isBest) this.#noteBest();
    const operation = this.#placed.pop()!;
    this.#isPlaced[operation] = 0;
    this.#candidates.putBack(operation);
    this.#state = this.#statesBefore.pop()!;
    this.#firstReturn = this.#returnsBefore.pop()!;
    this.#next = this.#candidates.after(operation, this.#firstReturn);
  }

  #giveUp(): SearchState {
    if (this.#isBest) this.#noteBest();
    return 'impossible';
  }

  #noteBest(): void {
    const stuckAt = this.#operations[this.#firstReturn >> 1]!.index;
    this.#best = { order: this.order(), stuckAt, state: this.#states.describe(this.#state) };
    this.#isBest = false;
  }
}

/**
 * Of open operations that ask for the same (and return the same, as far as that is known), whatever a later one can do an earlier one can do as well: it may be placed
 * wherever the later one may. So they are placed in the order of their calls, and
 * n of them can be placed in n + 1 ways and not in 2 to the n.
 */
function twinsOf(operations: readonly Placeable<unknown, unknown>[]): Int32Array {
  const twins = new Int32Array(operations.length).fill(NONE);
  const last = new Map<unknown, number>();
  const open = Array.from(operations.keys()).filter((i) => operations[i]!.returnedAt === Infinity);
  open.sort((a, b) => operations[a]!.calledAt - operations[b]!.calledAt || a - b);
  for (const operation of open) {
    const key = keyOf(operations[operation]!);
    twins[operation] = last.get(key) ?? NONE;
    last.set(key, operation);
  }
  return twins;
}

/** What is no plain data is equal only to itself. */
function keyOf({ input, output }: Step<unknown, unknown>): unknown {
  try {
    return canonicalText([input, output]);
  } catch {
    return input;
  }
}
