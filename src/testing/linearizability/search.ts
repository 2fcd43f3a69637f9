import { Candidates, NONE, type Interval } from './candidates.js';
import type { Hindsight, SequentialModel } from './model.js';
import { Precedence } from './precedence.js';
import { IMPOSSIBLE, States, type Step } from './states.js';
import { twinsOf } from './twins.js';
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
 * operations in the same state (Lowe 2017), a few steps at a time. Of orders that differ in nothing that matters it tries
 * one:
 *
 * - What is eager (a read, above all) is placed as soon as it fits, and nothing is tried in its stead.
 * - Of operations that are alike the one that must return first is placed first ({@link twinsOf}).
 * - An open operation is not placed where it changes nothing, nor right before one that hides what it did: without it the
 *   order is as good.
 *
 * The time is exponential in the number of operations that overlap, at worst; with a bounded overlap it is linear in the
 * length of the history.
 */
export class Search<State, Input, Output> {
  readonly #operations: readonly Placeable<Input, Output>[];
  readonly #candidates: Candidates;
  readonly #precedence: Precedence;
  readonly #states: States<State, Input, Output>;
  readonly #visited = new Visited();
  /** What is placed, in order; beside it the state and the first return before each. */
  readonly #placed: number[] = [];
  readonly #statesBefore: number[] = [];
  readonly #returnsBefore: number[] = [];
  /** For each operation one that is alike and comes first; see {@link twinsOf}. */
  readonly #twins: Int32Array;
  readonly #isPlaced: Uint8Array;
  readonly #isEager: Uint8Array;
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

  /** @param hindsight - that of the model for these operations, if it is to be used */
  constructor(
    model: SequentialModel<State, Input, Output>,
    operations: readonly Placeable<Input, Output>[],
    hindsight: Hindsight<State, Input, Output> | null = null,
  ) {
    const windows = hindsight?.windows ?? operations;
    this.#operations = operations;
    this.#states = new States(model.init(), hindsight ?? withoutHindsight(model), operations);
    this.#candidates = new Candidates(windows);
    this.#precedence = new Precedence(operations.length, hindsight?.pairs ?? []);
    this.#twins = twinsOf(operations, windows);
    this.#isPlaced = new Uint8Array(operations.length);
    this.#isEager = Uint8Array.from(operations, ({ input, output }, i) => {
      if (windows[i]!.returnedAt === Infinity) return 0;
      return hindsight?.eager?.has(i) === true || model.isRead?.(input, output) === true ? 1 : 0;
    });
    this.#firstReturn = this.#candidates.firstReturn();
    this.#bestRank = this.#candidates.rankOf(this.#firstReturn);
    this.#next = this.#firstToTry();
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
    const state = this.#mustWait(operation) ? IMPOSSIBLE : this.#states.next(this.#state, operation);
    this.#next = this.#candidates.after(operation, this.#firstReturn);
    if (state === IMPOSSIBLE || this.#isNeedless(operation, state)) return;
    if (this.#isEager[operation] === 1) this.#next = NONE;
    this.#candidates.take(operation);
    const firstReturn = this.#candidates.firstReturn();
    if (firstReturn === NONE || this.#isNew(state, firstReturn)) this.#place(operation, state, firstReturn);
    else this.#candidates.putBack(operation);
  }

  /** What to try first from here: what is eager and fits, so that nothing else need be tried. */
  #firstToTry(): number {
    if (this.#firstReturn === NONE) return NONE;
    const first = this.#candidates.first(this.#firstReturn);
    for (let at = first; at !== NONE; at = this.#candidates.after(at, this.#firstReturn)) {
      const isFit = this.#isEager[at] === 1 && !this.#mustWait(at);
      if (isFit && this.#states.next(this.#state, at) !== IMPOSSIBLE) return at;
    }
    return first;
  }

  /** Whether something else has to be placed, or is to be tried, before it. */
  #mustWait(operation: number): boolean {
    if (!this.#precedence.isFree(operation)) return true;
    const twin = this.#twins[operation]!;
    return twin !== NONE && this.#isPlaced[twin] === 0 && this.#candidates.isCandidate(twin, this.#firstReturn);
  }

  /** Whether an order is as good without an open operation: this one, or the last one before this one. */
  #isNeedless(operation: number, state: number): boolean {
    if (state === this.#state && this.#candidates.isOpen(operation)) return true;
    const last = this.#placed.at(-1);
    if (last === undefined || !this.#candidates.isOpen(last)) return false;
    return this.#states.next(this.#statesBefore.at(-1)!, operation) === state;
  }

  #isNew(state: number, firstReturn: number): boolean {
    const { words, length } = this.#candidates.configuration(state, firstReturn);
    this.#steps += Math.floor(length / OPEN_PER_STEP);
    return this.#visited.add(words, length);
  }

  #place(operation: number, state: number, firstReturn: number): void {
    this.#placed.push(operation);
    this.#isPlaced[operation] = 1;
    this.#precedence.take(operation);
    this.#statesBefore.push(this.#state);
    this.#returnsBefore.push(this.#firstReturn);
    this.#state = state;
    this.#firstReturn = firstReturn;
    this.#next = this.#firstToTry();
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
    this.#precedence.putBack(operation);
    this.#candidates.putBack(operation);
    this.#state = this.#statesBefore.pop()!;
    this.#firstReturn = this.#returnsBefore.pop()!;
    this.#next = this.#isEager[operation] === 1 ? NONE : this.#candidates.after(operation, this.#firstReturn);
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

function withoutHindsight<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
): Hindsight<State, Input, Output> {
  return { step: (state, { input, output }) => model.step(state, input, output), key: (state) => model.key(state) };
}
