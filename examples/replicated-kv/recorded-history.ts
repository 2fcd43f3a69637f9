import { hashKey32 } from 'quorate/hashing';
import {
  checkLinearizability,
  HistoryRecorder,
  keyValueModel,
  renderTimeline,
  type HistoryOperation,
  type KeyValueInput,
  type KeyValueOutput,
} from 'quorate/testing';
import type { Call, History, Return } from './history.js';
import type { Json } from './kv-state-machine.js';

/** How many calls are kept in memory, about: some hundred megabytes. */
const MAX_CALLS = 1_000_000;

/** What checking the history has shown. */
export interface Consistency {
  /** `null` when the checker's budget ran out before it could tell. */
  readonly linearizable: boolean | null;
  /** How many operations were checked. */
  readonly checked: number;
  /** Of a violation: the key, and a page that shows it. */
  readonly violation: { readonly key: string; readonly page: string } | null;
}

/**
 * Keeps calls and returns in memory, to check them when the run is over, and passes them on to another history. Of very
 * long runs only every so many keys are kept, each with everything that happened to it, so that the check stays sound.
 */
export class RecordedHistory implements History {
  readonly #recorder = new HistoryRecorder<KeyValueInput, KeyValueOutput>({
    clock: performance,
    maxOperations: 3 * MAX_CALLS,
  });
  readonly #other: History;
  readonly #every: number;
  /**
   * For each call that has not returned its number in the recorder. `null` where every call is kept: then the recorder
   * numbers them in the same way, from 0, and looking each of them up would cost more than all else here.
   */
  readonly #open: Map<number, number> | null;
  /** Values as text: compared quickly, and each kept once. */
  readonly #texts = new WeakMap<object, string>();
  #lastId = 0;

  /** @param expectedCalls - about how many calls there will be */
  constructor(other: History, expectedCalls: number) {
    this.#other = other;
    this.#every = Math.ceil(expectedCalls / MAX_CALLS);
    this.#open = this.#every === 1 ? null : new Map();
  }

  call(call: Call): number {
    const id = ++this.#lastId;
    this.#other.call(call);
    if (!this.#isKept(call.key)) return id;
    const recorded = this.#recorder.call(processOf(call), this.#inputOf(call));
    this.#open?.set(id, recorded);
    return id;
  }

  returned(id: number, result: Return): void {
    this.#other.returned(id, result);
    const recorded = this.#open === null ? id - 1 : this.#open.get(id);
    if (recorded === undefined) return;
    this.#open?.delete(id);
    if (result.outcome !== 'ok') return this.#recorder[result.outcome](recorded);
    const { found, value = null } = result;
    this.#recorder.ok(recorded, found === undefined ? undefined : { found, value: this.#textOf(value) });
  }

  close(): void {
    this.#other.close();
  }

  /** Checks what was recorded. */
  check(): Consistency {
    const history = this.#recorder.history();
    const result = checkLinearizability(history, keyValueModel());
    const checked = history.length;
    if (result.verdict !== 'violation')
      return { linearizable: result.verdict === 'ok' || null, checked, violation: null };
    const page = renderTimeline(history, result, { describe });
    return { linearizable: false, checked, violation: { key: result.partition, page } };
  }

  /** Every so many keys of the workload, by their hash. The contended ones have no number behind `#`; they are few. */
  #isKept(key: string): boolean {
    return this.#every === 1 || !key.includes('#') || hashKey32(key) % this.#every === 0;
  }

  #inputOf(call: Call): KeyValueInput {
    const { op, key } = call;
    return op === 'put' ? { op, key, value: this.#textOf(call.value) } : { op, key };
  }

  #textOf(value: Json): string {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    let text = this.#texts.get(value);
    if (text === undefined) this.#texts.set(value, (text = JSON.stringify(value)));
    return text;
  }
}

/** What a replica holds itself is read by nobody in particular. */
function processOf(call: Call): number | string {
  return call.op === 'get' && call.replica !== undefined ? call.replica : call.process;
}

function describe({ input, outcome, ...rest }: HistoryOperation<KeyValueInput, KeyValueOutput>): string {
  if (input.op === 'put') return `put ${String(input.value)}`;
  const output = outcome === 'ok' ? (rest as { readonly output: KeyValueOutput }).output : undefined;
  if (output === undefined) return 'get';
  return output.found ? `get → ${String(output.value)}` : 'get → nothing';
}
