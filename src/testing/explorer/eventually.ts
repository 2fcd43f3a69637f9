import { Expander, nextSuccessor, type Frame } from './depth-first.js';
import type { Space } from './space.js';
import { TupleTable } from './tuple-table.js';

/** A run that never comes to a state for which the property holds. */
export interface Escape {
  readonly chain: readonly Uint32Array[];
  /** Where in the chain its end leads back to; `null` for a run that ends. */
  readonly loopsTo: number | null;
}

/** A state that was left: no escape leads through it. Others on the path have their place in it. */
const DONE = -1;

/**
 * Looks for a run without a state for which `holds` is true: depth-first through the states for which it is false, until
 * one has no step to another state, or a step leads back to one on the path. O(states and transitions among those).
 */
export function findEscape<State>(space: Space<State>, holds: (state: State) => boolean): Escape | null {
  return new EscapeSearch(space, holds).run();
}

class EscapeSearch<State> {
  readonly #space: Space<State>;
  readonly #holds: (state: State) => boolean;
  readonly #expander: Expander<State>;
  readonly #seen = new TupleTable();
  /** For each state seen, its place on the path, or `DONE`. */
  readonly #places: number[] = [];
  readonly #path: { frame: Frame; id: number; moves: boolean }[] = [];

  constructor(space: Space<State>, holds: (state: State) => boolean) {
    this.#space = space;
    this.#holds = holds;
    this.#expander = new Expander(space, true);
  }

  run(): Escape | null {
    const { width, found } = this.#space;
    const starts: Uint32Array[] = [];
    this.#space.initial(() => {
      if (this.#space.within()) starts.push(found.slice());
    });
    for (const start of starts) {
      this.#enter(start);
      while (this.#path.length > 0) {
        const top = this.#path.at(-1)!;
        const words = nextSuccessor(top.frame, width);
        const escape = words === undefined ? this.#leave() : this.#step(words);
        if (escape !== null) return escape;
      }
    }
    return null;
  }

  /** All steps from the last state of the path were tried; when none led elsewhere, the run ends there. */
  #leave(): Escape | null {
    const { moves, id } = this.#path.at(-1)!;
    if (!moves) return { chain: this.#chain(), loopsTo: null };
    this.#path.pop();
    this.#places[id] = DONE;
    return null;
  }

  #step(words: Uint32Array): Escape | null {
    const top = this.#path.at(-1)!;
    top.moves = true;
    const place = this.#enter(words);
    return place === DONE ? null : { chain: this.#chain(), loopsTo: place };
  }

  /** Goes on from a state unless that was done; returns its place when it is on the path already. */
  #enter(words: Uint32Array): number {
    if (this.#holds(this.#space.state(words))) return DONE;
    const known = this.#seen.size;
    const id = this.#seen.add(words, words.length);
    if (id < known) return this.#places[id]!;
    this.#places[id] = this.#path.length;
    this.#path.push({ frame: this.#expander.frame(words), id, moves: false });
    return DONE;
  }

  #chain(): readonly Uint32Array[] {
    return this.#path.map(({ frame }) => frame.words);
  }
}
