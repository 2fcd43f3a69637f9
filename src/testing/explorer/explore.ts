import { InvalidOptionError } from '../../core/index.js';
import { breadthFirst, type Counts, type Visit } from './breadth-first.js';
import { Budget } from './budget.js';
import { depthFirst } from './depth-first.js';
import { findEscape } from './eventually.js';
import type { Model, Property } from './model.js';
import { ModelSpace } from './model-space.js';
import type { ExploreOptions, ExploreResult, PropertyResult } from './result.js';
import type { Space } from './space.js';

/**
 * Visits every state of a model and checks its properties: not some runs, as a simulation does, but all of them, within
 * the bounds of the model. It ends at the first violation, at a limit of `options`, or when there is nothing new.
 *
 * Deterministic: equal models give equal results. Synchronous: it keeps the thread busy until it is done. O(generated).
 *
 * @throws InvalidOptionError for a model without initial state and for options out of range; QuorateError with code
 * `not-plain-data` when a state is not plain data; and whatever the model throws
 */
export function explore<State, Action>(
  model: Model<State, Action>,
  options: ExploreOptions = {},
): ExploreResult<State> {
  if (model.initial.length === 0) throw new InvalidOptionError('initial', [], 'at least one state');
  return search(new ModelSpace(model, options.freeze ?? false), model.properties ?? [], options);
}

/** Searches any space. */
export function search<State>(
  space: Space<State>,
  properties: readonly Property<State>[],
  options: ExploreOptions,
): ExploreResult<State> {
  const { order = 'breadth-first' } = options;
  if (order !== 'breadth-first' && order !== 'depth-first') {
    throw new InvalidOptionError('order', order, "'breadth-first' or 'depth-first'");
  }
  const budget = new Budget(options);
  const watch = new Watch(space, properties, budget);
  const run: (space: Space<State>, visit: Visit, budget: Budget) => Counts =
    order === 'breadth-first' ? breadthFirst : depthFirst;
  const { distinct, generated, depth, bytes, elapsedMs, memory } = run(space, watch.visit, budget);
  // Nothing was checked, which must not look as if all were well.
  if (distinct === 0) throw new InvalidOptionError('within', false, 'true for at least one initial state');
  const complete = budget.stopped === null;
  const results = watch.results(complete);
  return {
    distinct,
    generated,
    depth,
    complete,
    stopped: budget.stopped,
    properties: results,
    violation: results.find(({ outcome }) => outcome === 'violated') ?? null,
    elapsedMs,
    tableBytes: bytes,
    memoryBytes: memory,
    missProbability: order === 'breadth-first' ? 0 : Math.min(1, distinct ** 2 / 2 ** 65),
  };
}

/** Holds each new state against the properties. */
class Watch<State> {
  readonly #space: Space<State>;
  readonly #properties: readonly Property<State>[];
  readonly #budget: Budget;
  /** The path to the state that decided a property, once there is one. */
  readonly #chains: (readonly Uint32Array[] | undefined)[];
  /** Properties that a state may still decide, by place. */
  #open: number[];

  constructor(space: Space<State>, properties: readonly Property<State>[], budget: Budget) {
    this.#space = space;
    this.#properties = properties;
    this.#budget = budget;
    this.#chains = properties.map(() => undefined);
    this.#open = properties.flatMap(({ kind }, i) => (kind === 'eventually' ? [] : [i]));
  }

  readonly visit: Visit = (chain) => {
    if (this.#open.length === 0) return;
    const state = this.#space.state(this.#space.found);
    for (const i of this.#open) {
      const { kind, holds } = this.#properties[i]!;
      if (holds(state) !== (kind === 'sometimes')) continue;
      this.#chains[i] = chain();
      this.#open = this.#open.filter((other) => other !== i);
      if (kind === 'always') this.#budget.stop('violation');
    }
  };

  results(complete: boolean): readonly PropertyResult<State>[] {
    return this.#properties.map((property, i) => {
      const { kind, name } = property;
      if (kind === 'eventually') return this.#eventually(property, complete);
      const chain = this.#chains[i];
      const path = chain === undefined ? null : this.#space.follow(chain);
      const found = kind === 'sometimes' ? 'holds' : 'violated';
      const missing = kind === 'always' ? 'holds' : complete ? 'violated' : 'undecided';
      return { kind, name, outcome: path === null ? missing : found, path, loopsTo: null };
    });
  }

  #eventually({ kind, name, holds }: Property<State>, complete: boolean): PropertyResult<State> {
    if (!complete) return { kind, name, outcome: 'undecided', path: null, loopsTo: null };
    const escape = findEscape(this.#space, holds);
    if (escape === null) return { kind, name, outcome: 'holds', path: null, loopsTo: null };
    const path = this.#space.follow(escape.chain);
    return { kind, name, outcome: 'violated', path, loopsTo: escape.loopsTo };
  }
}
