import { canonicalText } from './canonical.js';
import { NONE } from './candidates.js';
import type { Hindsight, SequentialModel } from './model.js';
import type { QueueState } from './queue.js';
import {
  emptiness,
  fateOf,
  trafficOf,
  type Fate,
  type QueueInput,
  type QueueOperation,
  type QueueOutput,
} from './queue-fates.js';
import { inTurn, mayBeEmptyBetween, narrow, putPairs } from './queue-order.js';

type QueueModel = SequentialModel<QueueState, QueueInput, QueueOutput>;

/**
 * What all dequeues tell of the order of values. Dequeues of which nobody knows what they took are blind; they take what
 * nobody else was seen to take. Values that nobody saw again are all alike.
 */
export function queueHindsight(
  operations: readonly QueueOperation[],
  step: QueueModel['step'],
): Hindsight<QueueState, QueueInput, QueueOutput> | null {
  const blind = operations.filter(isBlind);
  const firstBlindCall = blind.reduce((first, { calledAt }) => Math.min(first, calledAt), Infinity);
  const fates = new Map<string, Fate>();
  const traffic = trafficOf(operations);
  for (const [text, { puts, takes }] of traffic) {
    const required = takes.filter((take) => operations[take]!.returnedAt !== Infinity);
    if (required.length > puts.length) return null;
    if (puts.length === 1 && takes.length <= 1) fates.set(text, fateOf({ puts, takes }, operations, firstBlindCall));
  }
  const values = [...fates.values()];
  const empty = emptinesses(operations);
  if (!narrow([...values, ...empty])) return null;
  const ordered = inTurn(values);
  const isAllKnown = blind.length === 0 && fates.size === traffic.size;
  const mayPass = (later: Fate, earlier: Fate): boolean => !isAllKnown || mayBeEmptyBetween(later, earlier, empty);
  const known = knownValues(operations, fates);
  return {
    step: wiserStep(step, (value) => known.get(value)!.fate, ordered, blind.length),
    key: (state) => state.map((value) => known.get(value)!.name).join(' '),
    windows: windowsOf([...values, ...empty], operations),
    pairs: putPairs(ordered, mayPass),
    eager: new Set(
      values.flatMap(({ taken, takenBy }) => (taken.until !== Infinity && takenBy !== NONE ? [takenBy] : [])),
    ),
  };
}

function isBlind({ input, output }: Pick<QueueOperation, 'input' | 'output'>): boolean {
  return input.op === 'dequeue' && output === undefined;
}

function emptinesses(operations: readonly QueueOperation[]): Fate[] {
  return operations.flatMap(({ input, output, returnedAt }, i) =>
    input.op === 'dequeue' && output === null && returnedAt !== Infinity ? [emptiness(i, operations)] : [],
  );
}

function windowsOf(fates: readonly Fate[], operations: readonly QueueOperation[]) {
  const windows = operations.map(({ calledAt, returnedAt }) => ({ calledAt, returnedAt }));
  for (const { put, putBy, taken, takenBy } of fates) {
    windows[putBy] = { calledAt: put.from, returnedAt: put.until };
    if (takenBy !== NONE) windows[takenBy] = { calledAt: taken.from, returnedAt: taken.until };
  }
  return windows;
}

/** What a step has to know of a value: what it is called in a key, and its fate, if that can be told. */
interface KnownValue {
  readonly name: string | number;
  readonly fate: Fate | undefined;
}

/** All values that may be in the queue. Those that are equal, and those that nobody saw again, have one name. */
function knownValues(
  operations: readonly QueueOperation[],
  fates: ReadonlyMap<string, Fate>,
): ReadonlyMap<unknown, KnownValue> {
  const known = new Map<unknown, KnownValue>();
  const names = new Map<string, number>();
  for (const { input } of operations) {
    if (input.op !== 'enqueue' || known.has(input.value)) continue;
    const text = canonicalText(input.value);
    const fate = fates.get(text);
    if (!names.has(text)) names.set(text, names.size);
    known.set(input.value, { name: fate?.isSeen === false ? '*' : names.get(text)!, fate });
  }
  return known;
}

/**
 * Refuses to put in what need not have been put in; to put a value behind another that stands behind it in `ordered`; to put
 * a value that must be taken behind more values that nobody saw again than there are blind dequeues; and a blind dequeue of
 * what another one took. Of values that are alike nothing is asked that differs, because a state stands for all of them.
 */
function wiserStep(
  step: QueueModel['step'],
  fateOfValue: (value: unknown) => Fate | undefined,
  ordered: readonly Fate[],
  blind: number,
): Hindsight<QueueState, QueueInput, QueueOutput>['step'] {
  const places = new Map(ordered.map((fate, place) => [fate, place]));
  const isOutOfTurn = (tail: Fate | undefined, fate: Fate): boolean =>
    tail !== undefined && tail.takenBy !== NONE && fate.takenBy !== NONE && places.get(tail)! > places.get(fate)!;
  const mayPut = (state: QueueState, fate: Fate): boolean => {
    if (fate.put.until === Infinity) return false; // it may as well never have happened
    if (state.length > 0 && isOutOfTurn(fateOfValue(state.at(-1)), fate)) return false;
    return (
      fate.taken.until === Infinity || state.filter((value) => fateOfValue(value)?.isSeen === false).length <= blind
    );
  };
  return (state, operation) => {
    const { input, output } = operation;
    if (input.op === 'enqueue') {
      const fate = fateOfValue(input.value);
      if (fate !== undefined && !mayPut(state, fate)) return null;
    } else if (isBlind(operation) && state.length > 0) {
      const fate = fateOfValue(state[0]);
      if (fate !== undefined && fate.takenBy !== NONE) return null;
    }
    return step(state, input, output);
  };
}
