import { checkNumber, isQuorateError, OverloadedError, type Clock } from '../../core/index.js';
import type { History, HistoryOperation } from './history.js';

/** Options of a {@link HistoryRecorder}. */
export interface HistoryRecorderOptions {
  /**
   * Where times come from. Equal times are pulled apart, because their order is known here.
   *
   * @defaultValue none: calls and returns are numbered, which is all that a check needs
   */
  readonly clock?: Pick<Clock, 'now'>;
  /**
   * How many operations may be recorded.
   *
   * @defaultValue 1,000,000, some hundred megabytes: a test that forgets to stop must not take all memory
   */
  readonly maxOperations?: number;
}

/** An operation that is being recorded: changed in place, because there may be a million of them. */
interface Recorded<Input, Output> {
  readonly process: number | string;
  readonly input: Input;
  readonly calledAt: number;
  outcome: HistoryOperation<Input, Output>['outcome'];
  output: Output | undefined;
  returnedAt: number | null;
}

/** Far below what any clock here can tell, and far above the precision of a number of milliseconds in a long run. */
const TICK_MS = 1e-6;

/**
 * Writes down what callers did, for {@link checkLinearizability}. All callers must share one recorder, and it must run
 * where they do: times of several machines cannot be compared. Note a call before anything of it happens and a return
 * after everything of it has, or the check will find violations that are none.
 */
export class HistoryRecorder<Input, Output> {
  readonly #clock: Pick<Clock, 'now'> | null;
  readonly #maxOperations: number;
  readonly #operations: Recorded<Input, Output>[] = [];
  #last = 0;

  /** @throws `InvalidOptionError` */
  constructor(options: HistoryRecorderOptions = {}) {
    this.#clock = options.clock ?? null;
    this.#maxOperations = checkNumber('maxOperations', options.maxOperations ?? 1_000_000, { min: 1 });
    if (this.#clock !== null) this.#last = -Infinity;
  }

  /**
   * Notes a call and returns its number. Until one of the other methods is called its outcome is unknown.
   *
   * @throws `OverloadedError` when there is no room for it
   */
  call(process: number | string, input: Input): number {
    if (this.#operations.length >= this.#maxOperations) throw new OverloadedError('the history', this.#maxOperations);
    const calledAt = this.#now();
    return (
      this.#operations.push({ process, input, calledAt, outcome: 'unknown', output: undefined, returnedAt: null }) - 1
    );
  }

  /** Notes that a call returned. */
  ok(id: number, output: Output): void {
    this.#operations[id]!.output = output;
    this.#end(id, 'ok');
  }

  /** Notes that a call certainly had no effect and will have none. */
  failed(id: number): void {
    this.#end(id, 'failed');
  }

  /** Notes that nobody will ever know what became of a call. */
  unknown(id: number): void {
    this.#end(id, 'unknown');
  }

  /**
   * Makes a call and notes its beginning and its end. An error counts as `failed` only where it is one of this library
   * that says so (`outcome`); all others may have had an effect. Not for calls whose error is an answer, such as a
   * compare-and-set that rejects when it found another value: turn that into an output.
   */
  async record(process: number | string, input: Input, make: () => Promise<Output>): Promise<Output> {
    const id = this.call(process, input);
    try {
      const output = await make();
      this.ok(id, output);
      return output;
    } catch (error) {
      if (isQuorateError(error) && error.outcome === 'failed') this.failed(id);
      else this.unknown(id);
      throw error;
    }
  }

  /** The operations so far, in the order of their calls. What is still open there goes on being recorded. */
  history(): History<Input, Output> {
    return this.#operations.slice() as HistoryOperation<Input, Output>[];
  }

  #end(id: number, outcome: Recorded<Input, Output>['outcome']): void {
    const operation = this.#operations[id]!;
    operation.outcome = outcome;
    operation.returnedAt = this.#now();
  }

  #now(): number {
    this.#last = this.#clock === null ? this.#last + 1 : Math.max(this.#clock.now(), this.#last + TICK_MS);
    return this.#last;
  }
}
