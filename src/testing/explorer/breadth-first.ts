import type { Budget } from './budget.js';
import type { Space } from './space.js';
import { grown, TupleTable } from './tuple-table.js';

/** What a search calls for each new state, which is in `space.found`; `chain` is how it came there. */
export type Visit = (chain: () => readonly Uint32Array[]) => void;

/** What a search counted. */
export interface Counts {
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
  /** What its own tables took. */
  readonly bytes: number;
  /** When it ended, so that its clock does not run on. */
  readonly elapsedMs: number;
  /** What was in memory while its tables still were. */
  readonly memory: number | null;
}

/** The parent of an initial state. */
const NONE = 0xffff_ffff;

/**
 * Breadth-first search. States are numbered as they are found, so the table is the queue as well: what has a number
 * above that of the state in hand waits. The parent of each state is kept, for the path to it; what the step was is found
 * again by taking it again.
 */
export function breadthFirst<State>(space: Space<State>, visit: Visit, budget: Budget): Counts {
  return new BreadthFirst(space, visit, budget).run();
}

class BreadthFirst<State> {
  readonly #space: Space<State>;
  readonly #visit: Visit;
  readonly #budget: Budget;
  readonly #states = new TupleTable();
  #parents = new Uint32Array(256);
  #generated = 0;
  #depth = 0;

  constructor(space: Space<State>, visit: Visit, budget: Budget) {
    this.#space = space;
    this.#visit = visit;
    this.#budget = budget;
  }

  run(): Counts {
    const { width } = this.#space;
    const budget = this.#budget;
    const current = new Uint32Array(width);
    this.#space.initial(() => this.#add(NONE));
    let levelEnd = 0;
    for (let id = 0; id < this.#states.size && budget.stopped === null; id++) {
      if (id === levelEnd) {
        this.#depth++;
        levelEnd = this.#states.size;
        if (this.#depth === budget.maxDepth) {
          budget.stop('maxDepth');
          break;
        }
      }
      const start = this.#states.start(id);
      for (let i = 0; i < width; i++) current[i] = this.#states.words[start + i]!;
      this.#space.expand(current, () => this.#add(id));
      budget.tick(() => this.#progress(id));
    }
    if (this.#states.size > levelEnd) this.#depth++; // stopped in the middle of a level that had found deeper ones
    const { distinct, generated, depth } = this.#progress(0);
    const { elapsedMs } = budget;
    const memory = budget.memoryUsed();
    return { distinct, generated, depth, elapsedMs, memory, bytes: this.#states.bytes + 4 * this.#parents.length };
  }

  #progress(id: number): { distinct: number; generated: number; depth: number; waiting: number } {
    const distinct = this.#states.size;
    return { distinct, generated: this.#generated, depth: this.#depth, waiting: distinct - id };
  }

  #add(parent: number): void {
    const budget = this.#budget;
    if (budget.stopped !== null) return;
    this.#generated++;
    const { found, width } = this.#space;
    if (!this.#space.within()) return;
    const states = this.#states;
    const known = states.size;
    if (known >= budget.maxStates && !states.has(found, width)) return budget.stop('maxStates');
    const id = states.add(found, width);
    if (id < known) return;
    if (id >= this.#parents.length) this.#parents = grown(this.#parents, id + 1);
    this.#parents[id] = parent;
    this.#visit(() => this.#chain(id));
  }

  #chain(last: number): readonly Uint32Array[] {
    const chain: Uint32Array[] = [];
    for (let id = last; id !== NONE; id = this.#parents[id]!) chain.push(this.#states.get(id));
    return chain.reverse();
  }
}
