import type { Counts, Visit } from './breadth-first.js';
import type { Budget } from './budget.js';
import { FingerprintSet } from './fingerprint-set.js';
import type { ExploreProgress } from './result.js';
import type { Space } from './space.js';

/** A state on the path, and where its steps lead: one after the other in one array. */
export interface Frame {
  readonly words: Uint32Array;
  readonly successors: Uint32Array;
  next: number;
}

/** Collects where the steps from a state lead, those beyond the boundary left out. Returns also how many there were. */
export class Expander<State> {
  /** How many steps {@link frame} has taken. */
  generated = 0;
  readonly #space: Space<State>;
  readonly #skipsStill: boolean;
  #buffer = new Uint32Array(1024);

  /** @param skipsStill - whether steps that leave everything as it is are left out as well */
  constructor(space: Space<State>, skipsStill = false) {
    this.#space = space;
    this.#skipsStill = skipsStill;
  }

  /** The state with its successors. */
  frame(words: Uint32Array): Frame {
    const { width, found } = this.#space;
    let used = 0;
    this.#space.expand(words, () => {
      this.generated++;
      if (!this.#space.within() || (this.#skipsStill && this.#space.still(words))) return;
      if (used + width > this.#buffer.length) this.#enlarge();
      this.#buffer.set(found, used);
      used += width;
    });
    return { words, successors: this.#buffer.slice(0, used), next: 0 };
  }

  #enlarge(): void {
    const larger = new Uint32Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** The next successor of a frame, or `undefined` when all were taken. */
export function nextSuccessor(frame: Frame, width: number): Uint32Array | undefined {
  if (frame.next >= frame.successors.length) return undefined;
  const words = frame.successors.slice(frame.next, frame.next + width);
  frame.next += width;
  return words;
}

/**
 * Depth-first search. Of a state that was visited only a fingerprint is kept; whole states are on the path only, with
 * the successors that wait there.
 */
export function depthFirst<State>(space: Space<State>, visit: Visit, budget: Budget): Counts {
  const seen = new FingerprintSet();
  const expander = new Expander(space);
  const path: Frame[] = [];
  let depth = 0;
  const enter = (words: Uint32Array): void => {
    if (budget.stopped !== null || !seen.add(words)) return;
    if (seen.size > budget.maxStates) return budget.stop('maxStates');
    depth = Math.max(depth, path.length + 1);
    space.found.set(words);
    visit(() => [...path.map((frame) => frame.words), words]);
    if (path.length + 1 > budget.maxDepth - 1) path.push({ words, successors: new Uint32Array(0), next: 0 });
    else path.push(expander.frame(words));
    budget.tick(() => counts());
  };
  const counts = (): Omit<ExploreProgress, 'elapsedMs'> => {
    const distinct = Math.min(seen.size, budget.maxStates);
    return { distinct, generated: expander.generated + initial.length, depth, waiting: path.length };
  };
  const initial: Uint32Array[] = [];
  space.initial(() => {
    if (space.within()) initial.push(space.found.slice());
  });
  let cut = false;
  for (const start of initial) {
    enter(start);
    while (path.length > 0 && budget.stopped === null) {
      const top = path.at(-1)!;
      cut ||= path.length === budget.maxDepth;
      const words = nextSuccessor(top, space.width);
      if (words === undefined) path.pop();
      else enter(words);
    }
  }
  if (cut) budget.stop('maxDepth');
  const { distinct, generated } = counts();
  const { elapsedMs } = budget;
  const memory = budget.memoryUsed();
  return { distinct, generated, depth, elapsedMs, memory, bytes: seen.bytes };
}
