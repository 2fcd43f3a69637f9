import { QuorateError } from '../../core/index.js';
import { compareValues } from './compare.js';
import { Interner } from './interner.js';
import type { Model } from './model.js';
import type { Space, Step } from './space.js';
import { representative } from './symmetry.js';

/**
 * A {@link Model} as a search sees it: a state that is a plain object is the tuple of its interned fields, anything else
 * the tuple of one. A field that a step passed on unchanged costs a comparison and no more.
 */
export class ModelSpace<State, Action> implements Space<State> {
  readonly width: number;
  readonly found: Uint32Array<ArrayBuffer>;
  readonly #model: Model<State, Action>;
  readonly #interner: Interner;
  readonly #freeze: boolean;
  /** The fields of a state; `null` when it is no plain object. */
  readonly #names: readonly string[] | null;
  #foundState!: State;
  /** With symmetry, what was found before it was renamed. */
  #actual!: State;

  constructor(model: Model<State, Action>, freeze: boolean) {
    this.#model = model;
    this.#freeze = freeze;
    this.#interner = new Interner(freeze);
    this.#names = fieldsOf(model.initial[0]);
    this.width = this.#names?.length ?? 1;
    this.found = new Uint32Array(this.width);
  }

  initial(found: () => void): void {
    for (const state of this.#model.initial) {
      this.#encode(state, null, null);
      found();
    }
  }

  expand(words: Uint32Array, found: () => void): void {
    const from = this.state(words);
    this.#model.next(from, (_, next) => {
      this.#encode(next, from, words);
      found();
    });
  }

  still(words: Uint32Array): boolean {
    if (this.#model.symmetry === undefined) return this.found.every((word, i) => word === words[i]);
    return compareValues(this.#actual, this.state(words)) === 0;
  }

  within(): boolean {
    return this.#model.within?.(this.#foundState) ?? true;
  }

  state(words: Uint32Array): State {
    if (this.#names === null) return this.#interner.value(words[0]!) as State;
    const state: Record<string, unknown> = {};
    for (let i = 0; i < this.#names.length; i++) state[this.#names[i]!] = this.#interner.value(words[i]!);
    return (this.#freeze ? Object.freeze(state) : state) as State;
  }

  /**
   * With symmetry the chain holds representatives, and a step from one may lead to another member of the next one's
   * group. The path goes from real state to real state, so that parts keep their names.
   */
  follow(chain: readonly Uint32Array[]): readonly Step<State>[] {
    const start = this.#model.initial.find((state) => this.#matches(state, chain[0]!))!;
    const steps: Step<State>[] = [{ action: 'start', state: start }];
    for (const target of chain.slice(1)) {
      let step: Step<State> | undefined;
      this.#model.next(steps.at(-1)!.state, (action, state) => {
        if (step === undefined && this.#matches(state, target)) step = { action: this.#describe(action), state };
      });
      if (step === undefined) throw new QuorateError('not-deterministic', 'a step of the model cannot be repeated');
      steps.push(step);
    }
    return steps;
  }

  #matches(state: State, words: Uint32Array): boolean {
    this.#encode(state, null, null);
    return this.found.every((word, i) => word === words[i]);
  }

  #describe(action: Action): string {
    if (this.#model.describe !== undefined) return this.#model.describe(action);
    return typeof action === 'string' ? action : JSON.stringify(action);
  }

  /** Leaves the words of a state in `found`; those of fields that it shares with `known` are taken from there. */
  #encode(actual: State, known: State | null, knownWords: Uint32Array | null): void {
    const { symmetry } = this.#model;
    let state = actual;
    if (symmetry !== undefined) {
      this.#actual = actual;
      state = representative(symmetry, actual);
    }
    this.#foundState = state;
    const names = this.#names;
    if (names === null) {
      this.found[0] = this.#interner.id(state);
      return;
    }
    const fields = state as Record<string, unknown>;
    checkFields(fields, names);
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const value = fields[name];
      const same = known !== null && value === (known as Record<string, unknown>)[name];
      this.found[i] = same ? knownWords![i]! : this.#interner.id(value);
    }
  }
}

function fieldsOf(state: unknown): readonly string[] | null {
  if (typeof state !== 'object' || state === null) return null;
  const prototype: unknown = Object.getPrototypeOf(state);
  return prototype === Object.prototype || prototype === null ? Object.keys(state) : null;
}

function checkFields(state: Record<string, unknown>, names: readonly string[]): void {
  let count = 0;
  for (const name in state) {
    if (!names.includes(name)) count = Infinity;
    count++;
  }
  if (count === names.length) return;
  const found = `${Object.keys(state).join(', ')} instead of ${names.join(', ')}`;
  throw new QuorateError('not-plain-data', `every state of a model has the same fields; one has ${found}`);
}
