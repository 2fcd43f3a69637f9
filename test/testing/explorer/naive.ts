import type { Model } from '../../../src/testing/index.js';

/** What {@link naiveExplore} counts. */
export interface NaiveCounts {
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
  /** For each state, by its canonical text, the number of states on the shortest path to it. */
  readonly depths: ReadonlyMap<string, number>;
}

/** A canonical text: equal for equal structure. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value instanceof Uint8Array) return `bytes(${Array.from(value).join()})`;
  if (value instanceof Set) return `set(${[...value].map(canonical).sort().join()})`;
  if (value instanceof Map) {
    const pairs = [...value].map(([key, item]) => `${canonical(key)}=>${canonical(item)}`);
    return `map(${pairs.sort().join()})`;
  }
  const fields = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`);
  return `{${fields.sort().join()}}`;
}

/** The explorer, written as plainly as possible: a map of canonical texts, a queue, nothing shared or interned. */
export function naiveExplore<State, Action>(
  model: Model<State, Action>,
  representative: (state: State) => State = (state) => state,
): NaiveCounts {
  const depths = new Map<string, number>();
  const queue: { state: State; depth: number }[] = [];
  let generated = 0;
  let deepest = 0;
  const add = (found: State, depth: number): void => {
    generated++;
    const state = representative(found);
    const text = canonical(state);
    if (model.within?.(state) === false || depths.has(text)) return;
    depths.set(text, depth);
    deepest = Math.max(deepest, depth);
    queue.push({ state, depth });
  };
  for (const state of model.initial) add(state, 1);
  for (const { state, depth } of queue) model.next(state, (_, next) => add(next, depth + 1));
  return { distinct: depths.size, generated, depth: deepest, depths };
}
