import { canonicalText } from './canonical.js';
import type { HindsightOperation } from './model.js';

/** What is done to a queue. */
export type QueueInput = { readonly op: 'enqueue'; readonly value: unknown } | { readonly op: 'dequeue' };

/** What a `dequeue` took: `null` when the queue was empty. An `enqueue` returns nothing. */
export type QueueOutput = { readonly value: unknown } | null | undefined;

/** An operation on a queue that is to be placed. */
export type QueueOperation = HindsightOperation<QueueInput, QueueOutput>;

/** What is known of a value that is put in. */
export interface Fate {
  /** It is not taken before this; `Infinity` when nobody saw it being taken. */
  readonly from: number;
  /** It must have been taken by then; `Infinity` when it need not be taken at all. */
  readonly until: number;
  /** Nobody knows whether it was put in, and nobody saw it: it may as well not have been. */
  readonly isIdle: boolean;
}

/** Of a value that is put in or taken twice: anything is possible. */
const ANYTHING: Fate = { from: -Infinity, until: Infinity, isIdle: false };

/** What all operations on a queue tell of its values. */
export interface Foresight {
  /** By the text of each value that is put in. */
  readonly fates: ReadonlyMap<string, Fate>;
  /** Whether it is certain already that there is no order. */
  readonly isHopeless: boolean;
}

/** Everything that is put in or taken of one value. */
interface Traffic {
  readonly puts: QueueOperation[];
  readonly takes: QueueOperation[];
}

/** Looks at all operations on a queue. Takes n log n time. */
export function foresee(operations: readonly QueueOperation[]): Foresight {
  const traffic = new Map<string, Traffic>();
  const of = (value: unknown): Traffic => {
    const text = canonicalText(value);
    const known = traffic.get(text) ?? { puts: [], takes: [] };
    traffic.set(text, known);
    return known;
  };
  for (const operation of operations) {
    const { input, output } = operation;
    if (input.op === 'enqueue') of(input.value).puts.push(operation);
    else if (output !== undefined && output !== null) of(output.value).takes.push(operation);
  }
  const fates = new Map([...traffic].flatMap(([text, one]) => (one.puts.length > 0 ? [[text, fateOf(one)]] : [])));
  const isHopeless = [...traffic.values()].some(isImpossible) || isOutOfOrder(operations, [...traffic.values()]);
  return { fates, isHopeless };
}

function fateOf({ puts, takes }: Traffic): Fate {
  if (puts.length > 1 || takes.length > 1) return ANYTHING;
  const [take] = takes;
  if (take === undefined) return { from: Infinity, until: Infinity, isIdle: puts[0]!.returnedAt === Infinity };
  return { from: take.calledAt, until: take.returnedAt, isIdle: false };
}

/** Taken more often than put in, or before. */
function isImpossible({ puts, takes }: Traffic): boolean {
  const required = takes.filter(({ returnedAt }) => returnedAt !== Infinity);
  if (required.length > puts.length) return true;
  return puts.length === 1 && required.some(({ returnedAt }) => returnedAt < puts[0]!.calledAt);
}

/**
 * Whether a value that was certainly put in before another is certainly taken after it, or is there while the queue is
 * found empty: for each the latest taking of all that was put in before is looked up.
 */
function isOutOfOrder(operations: readonly QueueOperation[], traffic: readonly Traffic[]): boolean {
  const isBlind = operations.some(({ input, output }) => input.op === 'dequeue' && output === undefined);
  const single = traffic.filter(({ puts, takes }) => puts.length === 1 && takes.length <= 1);
  const blockers = single.flatMap((one) => {
    const { from, until } = fateOf(one);
    return isBlind && until === Infinity ? [] : [{ since: one.puts[0]!.returnedAt, from }];
  });
  blockers.sort((a, b) => a.since - b.since);
  const moments = [
    ...single.map((one) => ({ at: one.puts[0]!.calledAt, until: fateOf(one).until })),
    ...operations.filter(({ output }) => output === null).map((one) => ({ at: one.calledAt, until: one.returnedAt })),
  ].sort((a, b) => a.at - b.at);
  let [next, latest] = [0, -Infinity];
  return moments.some(({ at, until }) => {
    for (; next < blockers.length && blockers[next]!.since < at; next++)
      latest = Math.max(latest, blockers[next]!.from);
    return latest > until;
  });
}
