import { canonicalText } from './canonical.js';
import { NONE } from './candidates.js';
import type { HindsightOperation } from './model.js';

/** What is done to a queue. */
export type QueueInput = { readonly op: 'enqueue'; readonly value: unknown } | { readonly op: 'dequeue' };

/** What a `dequeue` took: `null` when the queue was empty. An `enqueue` returns nothing. */
export type QueueOutput = { readonly value: unknown } | null | undefined;

/** An operation on a queue that is to be placed. */
export type QueueOperation = HindsightOperation<QueueInput, QueueOutput>;

/** When something happens, at the earliest and at the latest; `Infinity` twice: never. */
export interface Span {
  from: number;
  until: number;
}

/** What is known of a value that is put in once and taken once at most. */
export interface Fate {
  /** When it is put in; to `Infinity` when it need not be. */
  readonly put: Span;
  /** When it is taken; to `Infinity` when it need not be. */
  readonly taken: Span;
  /** Which operations do that, by their places; {@link NONE} when nobody knows which one takes it, if any. */
  readonly putBy: number;
  readonly takenBy: number;
  /** Whether an operation says that it took this value, even if that need not have happened. */
  readonly isSeen: boolean;
}

/** Everything that puts in or takes one value, by the places of the operations. */
export interface Traffic {
  readonly puts: number[];
  readonly takes: number[];
}

/** What is put in and taken, by the text of the value. */
export function trafficOf(operations: readonly QueueOperation[]): Map<string, Traffic> {
  const traffic = new Map<string, Traffic>();
  const of = (value: unknown): Traffic => {
    const text = canonicalText(value);
    const known = traffic.get(text) ?? { puts: [], takes: [] };
    traffic.set(text, known);
    return known;
  };
  for (const [i, { input, output }] of operations.entries()) {
    if (input.op === 'enqueue') of(input.value).puts.push(i);
    else if (output !== undefined && output !== null) of(output.value).takes.push(i);
  }
  return traffic;
}

/**
 * The fate of a value that is put in once and taken once at most, as far as its own operations tell.
 *
 * @param firstBlindCall - when the first dequeue was called of which nobody knows what it took: it may have been this, unless
 *   another one certainly took it
 */
export function fateOf({ puts, takes }: Traffic, operations: readonly QueueOperation[], firstBlindCall: number): Fate {
  const put = spanOf(operations[puts[0]!]!);
  const taken = takes.length === 0 ? { from: Infinity, until: Infinity } : spanOf(operations[takes[0]!]!);
  const isBlind = taken.until === Infinity && firstBlindCall !== Infinity;
  if (isBlind) taken.from = Math.min(taken.from, firstBlindCall);
  return { put, taken, putBy: puts[0]!, takenBy: isBlind ? NONE : (takes[0] ?? NONE), isSeen: takes.length > 0 };
}

/** A dequeue that found the queue empty, as a value that is put in and taken at one moment. */
export function emptiness(operation: number, operations: readonly QueueOperation[]): Fate {
  const moment = spanOf(operations[operation]!);
  return { put: moment, taken: moment, putBy: operation, takenBy: operation, isSeen: true };
}

function spanOf({ calledAt, returnedAt }: QueueOperation): Span {
  return { from: calledAt, until: returnedAt };
}
