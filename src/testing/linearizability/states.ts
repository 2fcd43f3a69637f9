import type { Hindsight, HindsightOperation } from './model.js';

/** What a step that the model does not allow leads to. */
export const IMPOSSIBLE = -1;

/** Rough sizes in bytes of what is kept for a state (with its entry and its table) and for a step. */
const STATE_BYTES = 240;
const STEP_BYTES = 32;

/** An operation as a model wants it. */
export interface Step<Input, Output> {
  readonly input: Input;
  readonly output: Output | undefined;
}

/**
 * The states that a search has met, as small numbers: equal states have equal numbers, and a model is asked for each step
 * from each state only once, however often a search comes back to it.
 */
export class States<State, Input, Output> {
  readonly #model: Pick<Hindsight<State, Input, Output>, 'step' | 'key'>;
  readonly #operations: readonly HindsightOperation<Input, Output>[];
  readonly #ids = new Map<string | number, number>();
  readonly #states: State[] = [];
  readonly #steps: Map<number, number>[] = [];
  #bytes = 0;

  /** The state before the first operation is number 0. */
  constructor(
    first: State,
    model: Pick<Hindsight<State, Input, Output>, 'step' | 'key'>,
    operations: readonly HindsightOperation<Input, Output>[],
  ) {
    this.#model = model;
    this.#operations = operations;
    this.#idOf(first);
  }

  /** About how much memory this takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The state after that operation, or {@link IMPOSSIBLE}. */
  next(from: number, operation: number): number {
    const known = this.#steps[from]!.get(operation);
    if (known !== undefined) return known;
    const state = this.#model.step(this.#states[from]!, this.#operations[operation]!);
    const to = state === null ? IMPOSSIBLE : this.#idOf(state);
    this.#steps[from]!.set(operation, to);
    this.#bytes += STEP_BYTES;
    return to;
  }

  /** The model's key of a state, as text. */
  describe(id: number): string {
    return String(this.#model.key(this.#states[id]!));
  }

  #idOf(state: State): number {
    const key = this.#model.key(state);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#states.push(state) - 1;
    this.#ids.set(key, id);
    this.#steps.push(new Map());
    this.#bytes += STATE_BYTES + (typeof key === 'string' ? 4 * key.length : 0); // the key, and as much for the state
    return id;
  }
}
