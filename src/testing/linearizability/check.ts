import { checkNumber, InvalidOptionError } from '../../core/index.js';
import type { History, HistoryOperation } from './history.js';
import type { SequentialModel } from './model.js';
import { explain } from './explain.js';
import { Search, type Furthest, type Placeable } from './search.js';

/** Options of {@link checkLinearizability}. */
export interface LinearizabilityOptions {
  /**
   * How many steps to take before the answer is `unknown`. A step is an attempt to place one operation; where hundreds of
   * operations are open at a time it counts for several.
   *
   * @defaultValue 500,000 and ten for each operation: about a second, and many times what an honest history needs,
   * which is a few steps for each operation
   */
  readonly maxSteps?: number;
  /**
   * How much memory to take, in bytes, roughly. A partition that finds no more is given up and counts as undecided.
   *
   * @defaultValue 256 MiB, which the default number of steps reaches only where very many operations are open at a time
   */
  readonly maxMemoryBytes?: number;
}

/**
 * What {@link checkLinearizability} has found. Operations are named by their place in the history.
 *
 * - `ok`: there is an order. `orders` has one for each partition; operations that had no effect, or need have had none,
 *   are not in it.
 * - `violation`: there is none, because of the partition of that name, which has these `operations`. `culprit` is the
 *   operation with which it becomes impossible: no order holds it and all that returned before it, whatever is left out of
 *   what returned later. `prefix` is an order of all that returned before it and of some that were still under way, and
 *   `state` the state that it leaves, as the key that the model gives it. Both are facts of the history, except which of
 *   several orders is shown. (Of a model with hindsight the culprit may not be the first, where finding that would take
 *   more than 100,000 steps.)
 * - `unknown`: the budget ran out before every partition was decided, and those that were are in order.
 */
export type LinearizabilityResult =
  | { readonly verdict: 'ok'; readonly steps: number; readonly orders: ReadonlyMap<string, readonly number[]> }
  | {
      readonly verdict: 'violation';
      readonly steps: number;
      readonly partition: string;
      readonly operations: readonly number[];
      readonly prefix: readonly number[];
      readonly culprit: number;
      readonly state: string;
    }
  | { readonly verdict: 'unknown'; readonly steps: number; readonly undecided: readonly string[] };

/** How many steps each partition gets in the first round. In each further round it is twice as many. */
const FIRST_SLICE = 1000;

/** What it may cost to say where a partition becomes impossible, of which it is known that it is: well below a second. */
const EXPLANATION_STEPS = 100_000;

const MIB = 1024 * 1024;

/**
 * Whether a history of concurrent operations is linearizable: whether each operation can be given a moment between its
 * call and its return such that one after the other, in the order of these moments, they do what the model allows
 * (Herlihy & Wing 1990). Equal arguments give equal answers, on every machine.
 *
 * Partitions take turns, so that one that is hard does not keep another from being refuted: a partition that is refuted
 * in n steps is so before the whole took about 2 n steps for each partition that is still undecided by then.
 *
 * Deciding this is NP-complete. It takes about a microsecond for each operation where few overlap, and it is exponential
 * where many overlap and their order cannot be told: then the answer is `unknown`. Not for transactions over several
 * objects whose isolation is weaker than strict serialisability, and not a proof: it judges one history.
 *
 * @throws InvalidOptionError when an option is out of range, or an operation's times are no numbers in order
 */
export function checkLinearizability<State, Input, Output>(
  history: History<Input, Output>,
  model: SequentialModel<State, Input, Output>,
  options: LinearizabilityOptions = {},
): LinearizabilityResult {
  const { maxSteps = 500_000 + 10 * history.length, maxMemoryBytes = 256 * MIB } = options;
  checkNumber('maxSteps', maxSteps, { min: 1 });
  checkNumber('maxMemoryBytes', maxMemoryBytes, { min: 1 });
  const result = new Check(history, model, maxSteps, maxMemoryBytes).run(partitionsOf(history, model));
  return result.verdict === 'violation'
    ? { ...result, operations: membersOf(result.partition, history, model) }
    : result;
}

/** A partition that is not decided yet. */
interface Undecided<State, Input, Output> {
  readonly name: string;
  readonly operations: readonly Placeable<Input, Output>[];
  readonly search: Search<State, Input, Output>;
}

/** One check: the searches of its partitions, and what they have taken together. */
class Check<State, Input, Output> {
  readonly #history: History<Input, Output>;
  readonly #model: SequentialModel<State, Input, Output>;
  readonly #maxSteps: number;
  readonly #maxBytes: number;
  readonly #orders = new Map<string, readonly number[]>();
  readonly #givenUp: string[] = [];
  #undecided: Undecided<State, Input, Output>[] = [];
  #steps = 0;
  #bytes = 0;

  constructor(
    history: History<Input, Output>,
    model: SequentialModel<State, Input, Output>,
    maxSteps: number,
    maxBytes: number,
  ) {
    this.#history = history;
    this.#model = model;
    this.#maxSteps = maxSteps;
    this.#maxBytes = maxBytes;
  }

  run(partitions: ReadonlyMap<string, readonly number[]>): LinearizabilityResult {
    for (const [name, operations] of partitions) {
      const violation = this.#begin(name, operations);
      if (violation !== null) return violation;
    }
    for (let slice = 2 * FIRST_SLICE; this.#undecided.length > 0 && this.#steps < this.#maxSteps; slice *= 2) {
      const violation = this.#goOn(slice);
      if (violation !== null) return violation;
    }
    const undecided = [...this.#givenUp, ...this.#undecided.map(({ name }) => name)];
    if (undecided.length > 0) return { verdict: 'unknown', steps: this.#steps, undecided };
    return { verdict: 'ok', steps: this.#steps, orders: this.#orders };
  }

  /** The first turn of a partition. Most are decided in it, and their searches never exist at the same time. */
  #begin(name: string, operations: readonly number[]): LinearizabilityResult | null {
    if (this.#steps >= this.#maxSteps) {
      this.#givenUp.push(name);
      return null;
    }
    if (happensInTurn(this.#model, this.#history, operations)) {
      this.#steps += operations.length;
      this.#orders.set(name, operations);
      return null;
    }
    const placeables = operations.map((index) => placeable(this.#history, index));
    const hindsight = this.#model.hindsight?.(placeables);
    if (hindsight === null) return this.#violation(name, this.#explain(placeables));
    const search = new Search(this.#model, placeables, hindsight);
    return this.#turn({ name, operations: placeables, search }, FIRST_SLICE);
  }

  /** One turn for each partition that is undecided. */
  #goOn(slice: number): LinearizabilityResult | null {
    const waiting = this.#undecided;
    this.#undecided = [];
    for (const one of waiting) {
      this.#bytes -= one.search.bytes;
      const violation = this.#turn(one, slice);
      if (violation !== null) return violation;
    }
    return null;
  }

  #turn(one: Undecided<State, Input, Output>, slice: number): LinearizabilityResult | null {
    const { name, operations, search } = one;
    const before = search.steps;
    const state = search.run(Math.min(slice, this.#maxSteps - this.#steps), this.#maxBytes - this.#bytes);
    this.#steps += search.steps - before;
    if (state === 'found') this.#orders.set(name, search.order());
    if (state === 'going on') this.#keep(one);
    if (state !== 'impossible') return null;
    const isExact = this.#model.hindsight === undefined;
    return this.#violation(name, isExact ? search.furthest() : this.#explain(operations));
  }

  #keep(one: Undecided<State, Input, Output>): void {
    const { bytes } = one.search;
    if (this.#bytes + bytes > this.#maxBytes) this.#givenUp.push(one.name);
    else {
      this.#undecided.push(one);
      this.#bytes += bytes;
    }
  }

  #explain(operations: readonly Placeable<Input, Output>[]): Furthest {
    return explain(this.#model, operations, { steps: EXPLANATION_STEPS, bytes: this.#maxBytes });
  }

  #violation(partition: string, { order, stuckAt, state }: Furthest): LinearizabilityResult {
    const found = { partition, operations: [], prefix: order, culprit: stuckAt, state };
    return { verdict: 'violation', steps: this.#steps, ...found };
  }
}

/**
 * Whether the operations follow one another in this order, and the model allows that. Then nothing needs to be searched,
 * which is the lot of most partitions of a large map.
 */
function happensInTurn<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: History<Input, Output>,
  operations: readonly number[],
): boolean {
  let state: State | null = model.init();
  let last = -Infinity;
  for (const index of operations) {
    const operation = history[index]!;
    if (operation.outcome !== 'ok' || operation.calledAt <= last) return false;
    last = operation.returnedAt;
    state = model.step(state, operation.input, operation.output);
    if (state === null) return false;
  }
  return true;
}

function placeable<Input, Output>(history: History<Input, Output>, index: number): Placeable<Input, Output> {
  const operation = history[index]!;
  const { input, calledAt } = operation;
  if (operation.outcome !== 'ok') return { index, input, output: undefined, calledAt, returnedAt: Infinity };
  return { index, input, output: operation.output, calledAt, returnedAt: operation.returnedAt };
}

/** What there is to place, by partition, in the order in which partitions first occur. */
function partitionsOf<State, Input, Output>(
  history: History<Input, Output>,
  model: SequentialModel<State, Input, Output>,
): Map<string, number[]> {
  const partitions = new Map<string, number[]>();
  for (let index = 0; index < history.length; index++) {
    const operation = history[index]!;
    const { outcome, input } = operation;
    checkTimes(operation, index);
    if (outcome === 'failed' || (outcome === 'unknown' && model.isRead?.(input, undefined) === true)) continue;
    const name = model.partition?.(input) ?? '';
    const partition = partitions.get(name);
    if (partition === undefined) partitions.set(name, [index]);
    else partition.push(index);
  }
  return partitions;
}

/** Everything of a partition, also what there was no need to place. */
function membersOf<State, Input, Output>(
  name: string,
  history: History<Input, Output>,
  model: SequentialModel<State, Input, Output>,
): number[] {
  const partitionOf = (input: Input): string => model.partition?.(input) ?? '';
  return [...history.keys()].filter((index) => partitionOf(history[index]!.input) === name);
}

function checkTimes(operation: HistoryOperation<unknown, unknown>, index: number): void {
  const { calledAt, returnedAt } = operation;
  if (!Number.isFinite(calledAt))
    throw new InvalidOptionError(`history[${index}].calledAt`, calledAt, 'a finite number');
  if (returnedAt === null && operation.outcome === 'unknown') return;
  const inOrder = Number.isFinite(returnedAt) && returnedAt! >= calledAt;
  if (!inOrder) throw new InvalidOptionError(`history[${index}].returnedAt`, returnedAt, `at least ${calledAt}`);
}
