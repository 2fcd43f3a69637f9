import { OverloadedError, type Clock } from '../core/index.js';
import { openCall, OpenCalls, type CallOptions, type OpenCall } from '../host/index.js';
import type { RaftCommand, RaftOutput } from './commands.js';
import { payloadBytes, type Entry } from './entry.js';
import { lostError, refusedError, replacedError } from './errors.js';

interface Proposal<Result> extends OpenCall<Result> {
  /** The term of its entry. */
  term: number;
}

/** Proposals of one turn of the event loop. */
interface Gathering<Result> {
  readonly payloads: Uint8Array[];
  readonly proposals: Proposal<Result>[];
  bytes: number;
}

/**
 * The proposals of a node from the call to the answer. Those of one turn of the event loop go to the machine as one
 * command; then each waits, by its log index, for whatever is applied there.
 */
export class Proposals<Result> {
  readonly #submit: (command: RaftCommand) => void;
  readonly #nextId: () => number;
  readonly #maxUncommittedBytes: number;
  readonly #waiting: OpenCalls<number, Proposal<Result>>;
  readonly #batches = new Map<number, readonly Proposal<Result>[]>();
  /** Callers that wait until proposals are taken again. */
  readonly #held = new Set<OpenCall<void>>();
  #gathering: Gathering<Result> | null = null;

  /** @param nextId - numbers what the machine is asked */
  constructor(
    options: { readonly clock: Clock; readonly timeoutMs: number; readonly maxUncommittedBytes: number },
    nextId: () => number,
    submit: (command: RaftCommand) => void,
  ) {
    this.#waiting = new OpenCalls(options.clock, 'the proposal', options.timeoutMs);
    this.#maxUncommittedBytes = options.maxUncommittedBytes;
    this.#nextId = nextId;
    this.#submit = submit;
  }

  /** How many wait for an answer. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Proposes a payload. */
  propose(payload: Uint8Array, options?: CallOptions): Promise<Result> {
    return openCall<Result>(this.#waiting.deadline(), options, (call) => {
      const gathering = this.#gathering ?? this.#startGathering();
      gathering.bytes += payloadBytes(payload);
      if (gathering.bytes > this.#maxUncommittedBytes && gathering.payloads.length > 0) throw this.#overloaded();
      gathering.payloads.push(payload);
      const proposal = call as Proposal<Result>;
      proposal.term = 0;
      gathering.proposals.push(proposal);
    });
  }

  /** Resolves at the next {@link Proposals.drain}. */
  async drained(options?: CallOptions): Promise<void> {
    let held: OpenCall<void> | undefined;
    try {
      await openCall<void>(Infinity, options, (call) => {
        held = call;
        this.#held.add(call);
      });
    } finally {
      this.#held.delete(held!);
    }
  }

  /** Proposals are taken again: lets all go that wait for it. */
  drain(): void {
    for (const call of this.#held) call.resolve();
  }

  #startGathering(): Gathering<Result> {
    const gathering: Gathering<Result> = { payloads: [], proposals: [], bytes: 0 };
    this.#gathering = gathering;
    queueMicrotask(() => {
      if (this.#gathering !== gathering) return;
      this.#gathering = null;
      const id = this.#nextId();
      this.#batches.set(id, gathering.proposals);
      this.#submit({ type: 'propose', id, payloads: gathering.payloads });
    });
    return gathering;
  }

  /** The machine has put a batch into its log. */
  accepted({ id, index, term }: RaftOutput & { type: 'accepted' }): void {
    const batch = this.#batches.get(id);
    this.#batches.delete(id);
    batch?.forEach((proposal, i) => {
      // An older proposal of ours stood there. Another server may still have that entry, and may yet commit it.
      this.#waiting.take(index + i)?.reject(lostError());
      proposal.term = term;
      this.#waiting.add(index + i, proposal);
    });
  }

  /** The machine did not take a batch. Does nothing for what others asked. */
  refused({ id, reason, leader }: RaftOutput & { type: 'refused' }): void {
    const batch = this.#batches.get(id);
    this.#batches.delete(id);
    for (const proposal of batch ?? []) {
      proposal.reject(reason === 'overloaded' ? this.#overloaded() : refusedError(reason, leader));
    }
  }

  #overloaded(): OverloadedError {
    return new OverloadedError('bytes of uncommitted proposals', this.#maxUncommittedBytes);
  }

  /** An entry was applied, with `result` when it is a command: whoever waits for its index learns what became of it. */
  applied(entry: Entry, result: Result | undefined): void {
    const proposal = this.#waiting.take(entry.index);
    if (proposal === undefined) return;
    if (proposal.term === entry.term && entry.type === 'command') proposal.resolve(result as Result);
    else proposal.reject(replacedError());
  }

  /** A snapshot replaced the log up to `index`: what was applied there cannot be told. */
  overtaken(index: number): void {
    this.#waiting.rejectAll(lostError(), (waiting) => waiting <= index);
  }

  /** Rejects what is open; `reason` must say that the outcome is unknown. */
  close(reason: unknown): void {
    const gathered = this.#gathering?.proposals ?? [];
    this.#gathering = null;
    for (const batch of [gathered, ...this.#batches.values()]) for (const proposal of batch) proposal.reject(reason);
    this.#batches.clear();
    for (const call of this.#held) call.reject(reason);
    this.#waiting.rejectAll(reason);
    this.#waiting.close();
  }
}
