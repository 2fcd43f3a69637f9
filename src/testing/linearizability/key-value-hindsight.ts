import { canonicalText, isSame } from './canonical.js';
import type { Hindsight, HindsightOperation, SequentialModel } from './model.js';
import type { KeyValueInput, KeyValueOutput, KeyValueState } from './models.js';

type Operation = HindsightOperation<KeyValueInput, KeyValueOutput>;

/** Stands for each text with which nothing begins that is still to be read. Only a put or a delete ends it. */
const UNREAD_TEXT: KeyValueState = { found: true, value: '' };

/**
 * What the reads of a key tell of the writes. A text grows until it is replaced, so a text with which no value begins that
 * was read (or is still to be read, by those whose return lies behind the call of what was placed last) is not read
 * before it is replaced, and all such texts are one state: the orders of appends that matter are those that somebody saw.
 *
 * Refused is a write of unknown outcome of which no read shows a trace: between it and the next put or delete nobody read,
 * so the same order without it is as good.
 */
export function keyValueHindsight(
  operations: readonly Operation[],
  step: SequentialModel<KeyValueState, KeyValueInput, KeyValueOutput>['step'],
): Hindsight<KeyValueState, KeyValueInput, KeyValueOutput> {
  const reads = new ReadTexts(operations);
  const idle = idleWrites(operations);
  return {
    step(state, operation) {
      if (idle.has(operation)) return null;
      const { input, output, calledAt } = operation;
      if (state === UNREAD_TEXT && (input.op === 'append' || input.op === 'get'))
        return input.op === 'append' ? state : null;
      const next = step(state, input, output);
      if (next === null || typeof next.value !== 'string') return next;
      return reads.mayCome(next.value, calledAt) ? next : UNREAD_TEXT;
    },
    key: (state) => (state === UNREAD_TEXT ? 'unread' : keyOfValue(state)),
  };
}

/** What tells states of a key apart. */
export function keyOfValue({ found, value }: KeyValueState): string {
  return found ? canonicalText(value) : 'absent';
}

/** The texts that reads found. */
class ReadTexts {
  /** Ascending, each once, and beside each the last moment at which it can have been read. */
  readonly #texts: string[];
  readonly #until: number[];

  constructor(operations: readonly Operation[]) {
    const until = new Map<string, number>();
    for (const { output, returnedAt } of operations) {
      const text = output?.found === true ? output.value : undefined;
      if (typeof text === 'string') until.set(text, Math.max(returnedAt, until.get(text) ?? -Infinity));
    }
    this.#texts = [...until.keys()].sort();
    this.#until = this.#texts.map((text) => until.get(text)!);
  }

  /** Whether one that begins so can be read at that time or later. */
  mayCome(beginning: string, since: number): boolean {
    let [from, to] = [0, this.#texts.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#texts[middle]! < beginning) from = middle + 1;
      else to = middle;
    }
    for (; this.#texts[from]?.startsWith(beginning) === true; from++) if (this.#until[from]! >= since) return true;
    return false;
  }
}

function idleWrites(operations: readonly Operation[]): Set<Operation> {
  const seen = operations.flatMap(({ output }) => (output?.found === true ? [output.value] : []));
  const open = operations.filter(({ returnedAt }) => returnedAt === Infinity);
  return new Set(open.filter(({ input }) => 'value' in input && !seen.some((value) => shows(value, input.value))));
}

/** Whether a value may hold what was written, at its beginning or appended. */
function shows(value: unknown, written: unknown): boolean {
  if (typeof value !== 'string') return isSame(value, written);
  return typeof written !== 'string' || value.includes(written); // what is no text counts as empty to an append
}
