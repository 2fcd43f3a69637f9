import { OverloadedError, type Clock } from '../core/index.js';
import { openCall, OpenCalls, type CallOptions, type OpenCall } from '../host/index.js';
import type { RaftCommand, RaftOutput } from './commands.js';
import { refusedError } from './errors.js';

/** The reads of a node: first confirmed by the machine, then held until the state machine is far enough. */
export class PendingReads {
  readonly #submit: (command: RaftCommand) => void;
  readonly #nextId: () => number;
  readonly #maxPendingReads: number;
  readonly #open: OpenCalls<number, OpenCall<void>>;
  /** The reads that are confirmed at an index which is not applied yet. */
  #unapplied: { readonly id: number; readonly index: number }[] = [];

  /** @param nextId - numbers what the machine is asked */
  constructor(
    options: { readonly clock: Clock; readonly timeoutMs: number; readonly maxPendingReads: number },
    nextId: () => number,
    submit: (command: RaftCommand) => void,
  ) {
    this.#open = new OpenCalls(options.clock, 'the read', options.timeoutMs);
    this.#maxPendingReads = options.maxPendingReads;
    this.#nextId = nextId;
    this.#submit = submit;
  }

  /** How many wait for an answer. */
  get size(): number {
    return this.#open.size;
  }

  /** Resolves when a read of the state machine is linearizable. */
  read(options?: CallOptions): Promise<void> {
    return openCall<void>(this.#open.deadline(), options, (call) => {
      if (this.#open.size >= this.#maxPendingReads) throw this.#overloaded();
      const id = this.#nextId();
      this.#open.add(id, call);
      this.#submit({ type: 'read', id });
    });
  }

  /** Resolves when the state machine has applied everything up to `index`. */
  reached(index: number, appliedIndex: number, options?: CallOptions): Promise<void> {
    return openCall<void>(this.#open.deadline(), options, (call) => {
      if (index <= appliedIndex) return call.resolve();
      const id = this.#nextId();
      this.#open.add(id, call);
      this.#holdBack(id, index);
    });
  }

  /** The machine confirmed a read at an index, of which `appliedIndex` is applied. */
  readable({ id, index }: RaftOutput & { type: 'readable' }, appliedIndex: number): void {
    if (index <= appliedIndex) this.#open.take(id)?.resolve();
    else this.#holdBack(id, index);
  }

  /** The machine cannot confirm a read. Does nothing for what others asked. */
  refused({ id, reason, leader }: RaftOutput & { type: 'refused' }): void {
    this.#open.take(id)?.reject(reason === 'overloaded' ? this.#overloaded() : refusedError(reason, leader));
  }

  /** The read waits for the state machine. Those that were given up meanwhile must not pile up. */
  #holdBack(id: number, index: number): void {
    if (this.#unapplied.length >= 2 * this.#maxPendingReads) {
      this.#unapplied = this.#unapplied.filter((read) => this.#open.has(read.id));
    }
    this.#unapplied.push({ id, index });
  }

  #overloaded(): OverloadedError {
    return new OverloadedError('pending reads', this.#maxPendingReads);
  }

  /** The state machine has applied everything up to `appliedIndex`. */
  applied(appliedIndex: number): void {
    if (this.#unapplied.length === 0) return;
    const ready = this.#unapplied.filter(({ index }) => index <= appliedIndex);
    this.#unapplied = this.#unapplied.filter(({ index }) => index > appliedIndex);
    for (const { id } of ready) this.#open.take(id)?.resolve();
  }

  /** Rejects what is open. */
  close(reason: unknown): void {
    this.#open.rejectAll(reason);
    this.#open.close();
  }
}
