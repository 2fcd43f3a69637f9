import { checkNumber, ClosedError, OverloadedError, QuorateError, systemRandom, TimeoutError } from '../core/index.js';
import type { Cancel, Channel, Clock, NodeId, QuorateErrorOptions } from '../core/index.js';
import { parseEnvelope } from './request-envelope.js';
import type { Envelope, ErrorEnvelope } from './request-envelope.js';
import { Server } from './serve.js';
import type { RequestHandler } from './serve.js';

/** What {@link openRequests} takes. */
export interface RequestsOptions {
  /** Times the requests. */
  readonly clock: Clock;
  /** Answers the requests of others. @defaultValue none: they are told that this node serves none */
  readonly handler?: RequestHandler;
  /**
   * How long to wait for an answer, in milliseconds, unless the request says otherwise.
   *
   * @defaultValue 5000: longer than an election, so that a request survives one, and shorter than people wait
   */
  readonly timeoutMs?: number;
  /** How many own requests may be pending. @defaultValue 4096: keeps the memory of a stalled peer's requests small */
  readonly maxPending?: number;
  /** How many requests of others may be served at a time. @defaultValue 4096 */
  readonly maxServing?: number;
  /**
   * How many requests of one peer may be served at a time.
   *
   * @defaultValue half of `maxServing`, rounded up: the flood of one peer leaves room for the others
   */
  readonly maxServingPerPeer?: number;
  /**
   * Draws the number that tells this run from others of the same node, uniform in [0, 1).
   *
   * @defaultValue `systemRandom`
   */
  readonly random?: () => number;
}

/** Options of one request. */
export interface RequestOptions {
  /** Stops waiting. The request may have happened all the same. */
  readonly signal?: AbortSignal;
  /** How long to wait, in milliseconds. @defaultValue that of `openRequests` */
  readonly timeoutMs?: number;
}

/** What {@link Requests} counted since it was opened, and how busy it is. */
export interface RequestsStatus {
  /** Own requests that wait for an answer. */
  readonly pending: number;
  /** Requests of others being served. */
  readonly serving: number;
  /** Requests of others that a handler was called for. */
  readonly served: number;
  /** Requests of others turned away because too many were being served. */
  readonly overloaded: number;
  /** Requests of others that arrived again while being served. */
  readonly duplicates: number;
  /** Answers that could not be sent. */
  readonly repliesDropped: number;
  /** Answers that nobody waited for: late, repeated, or meant for an earlier run. */
  readonly lateReplies: number;
  /** Messages that were no envelopes. */
  readonly malformed: number;
}

/**
 * The answer of a peer that a request did not succeed, with the peer's `code`, message and outcome. Handlers throw it
 * to answer with a code of their own.
 */
export class RequestError extends QuorateError {
  /** Plain data that the peer sent along, such as a hint where the leader is. It comes from outside: parse it. */
  readonly details: unknown;

  constructor(code: string, message: string, options: QuorateErrorOptions & { readonly details?: unknown } = {}) {
    super(code, message, options);
    this.details = options.details;
  }
}

/** Requests and answers over one channel, in both directions. Made by {@link openRequests}. */
export interface Requests extends AsyncDisposable {
  /**
   * Asks a peer and waits for its answer. There are three results: the answer; an error with outcome `failed`, when it
   * certainly had no effect; an error with outcome `unknown`, when nobody can say.
   *
   * @throws RequestError when the peer answered with an error, with the peer's code and outcome
   * @throws QuorateError with code `unreachable` (failed) when the message could not be handed over; with code
   * `connection-lost` (unknown) when the peer went away before it answered
   * @throws TimeoutError (unknown)
   * @throws OverloadedError (failed) when `maxPending` requests are pending
   * @throws ClosedError (failed when closed before, unknown when closed while waiting)
   * @throws the reason of the signal; a request that was already sent may have happened all the same
   */
  request(to: NodeId, body: unknown, options?: RequestOptions): Promise<unknown>;
  /** Counters, as of now. */
  status(): RequestsStatus;
  /** Gives the channel free and rejects what is pending, with outcome `unknown`. Closing twice is harmless. */
  close(): Promise<void>;
}

/**
 * Request and answer over any channel, of which it becomes the listener: one process asks and serves on the same
 * channel. A client is a peer that gives no handler. It does not send again: only the caller knows whether that is safe.
 *
 * Costs one message each way, and one timer for all requests together.
 *
 * @throws InvalidOptionError
 * @throws QuorateError with code `channel-in-use`
 */
export function openRequests(channel: Channel, options: RequestsOptions): Requests {
  return new ChannelRequests(channel, options);
}

interface Pending {
  readonly to: NodeId;
  readonly timeoutMs: number;
  readonly deadline: number;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

class ChannelRequests implements Requests {
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #maxPending: number;
  readonly #run: number;
  readonly #server: Server;
  readonly #stopListening: () => void;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #lateReplies = 0;
  #malformed = 0;
  #closed = false;
  /** One timer for all requests, armed for the earliest deadline; it may find that nothing is due. */
  #timerAt = Number.POSITIVE_INFINITY;
  #cancelTimer: Cancel = () => {};

  constructor(channel: Channel, options: RequestsOptions) {
    const { handler = null, timeoutMs = 5000, maxPending = 4096, random = systemRandom } = options;
    const maxServing = checkNumber('maxServing', options.maxServing ?? 4096, { min: 1 });
    const { maxServingPerPeer = Math.ceil(maxServing / 2) } = options;
    this.#channel = channel;
    this.#clock = options.clock;
    this.#timeoutMs = checkNumber('timeoutMs', timeoutMs, { min: 1, integer: false });
    this.#maxPending = checkNumber('maxPending', maxPending, { min: 1 });
    this.#run = Math.floor(random() * 2 ** 32) + Math.floor(random() * 2 ** 20) * 2 ** 32;
    this.#server = new Server({
      handler,
      maxServing,
      maxServingPerPeer: checkNumber('maxServingPerPeer', maxServingPerPeer, { min: 1 }),
      send: (to, envelope) => !this.#closed && channel.send(to, envelope),
    });
    this.#stopListening = channel.listen({
      message: (from, message) => this.#receive(from, message),
      peer: (id, up) => this.#notice(id, up),
    });
  }

  request(to: NodeId, body: unknown, options: RequestOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      const timeoutMs = checkNumber('timeoutMs', options.timeoutMs ?? this.#timeoutMs, { min: 1, integer: false });
      signal?.throwIfAborted();
      if (this.#closed) throw new ClosedError('the channel for requests');
      if (this.#pending.size >= this.#maxPending) throw new OverloadedError('pending requests', this.#maxPending);
      const id = ++this.#lastId;
      if (!this.#channel.send(to, { type: 'request', run: this.#run, id, body })) {
        throw new QuorateError('unreachable', `${to} cannot be reached now: the request was not sent`);
      }
      const pending: Pending = { to, timeoutMs, deadline: this.#clock.now() + timeoutMs, resolve, reject };
      this.#pending.set(id, signal === undefined ? pending : this.#watch(id, pending, signal));
      this.#arm(pending.deadline);
    });
  }

  status(): RequestsStatus {
    const { serving, served, overloaded, duplicates, repliesDropped } = this.#server;
    const [lateReplies, malformed] = [this.#lateReplies, this.#malformed];
    const pending = this.#pending.size;
    return { pending, serving, served, overloaded, duplicates, repliesDropped, lateReplies, malformed };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    this.#cancelTimer();
    this.#server.close();
    this.#rejectWhere(
      () => true,
      () => new ClosedError('the channel for requests', { outcome: 'unknown' }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Ends the request when the signal aborts, and the watch when the request ends. */
  #watch(id: number, pending: Pending, signal: AbortSignal): Pending {
    const abort = (): void => {
      this.#pending.delete(id);
      this.#tellCancelled(id, pending.to);
      pending.reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    const unwatch = (): void => signal.removeEventListener('abort', abort);
    return {
      ...pending,
      resolve: (value) => {
        unwatch();
        pending.resolve(value);
      },
      reject: (reason) => {
        unwatch();
        pending.reject(reason);
      },
    };
  }

  #receive(from: NodeId, message: unknown): void {
    const envelope = parseEnvelope(message);
    switch (envelope?.type) {
      case 'request':
        this.#server.request(from, envelope);
        break;
      case 'cancel':
        this.#server.cancel(from, envelope);
        break;
      case 'reply':
        this.#take(from, envelope)?.resolve(envelope.body);
        break;
      case 'error':
        this.#take(from, envelope)?.reject(toError(envelope));
        break;
      default:
        this.#malformed++;
    }
  }

  /** The request that an answer belongs to, which is pending no longer. */
  #take(from: NodeId, { run, id }: Envelope): Pending | undefined {
    const pending = run === this.#run ? this.#pending.get(id) : undefined;
    if (pending?.to !== from) {
      this.#lateReplies++;
      return undefined;
    }
    this.#pending.delete(id);
    return pending;
  }

  #notice(id: NodeId, up: boolean): void {
    if (up) return;
    this.#server.gone(id);
    const lost = (): QuorateError =>
      new QuorateError('connection-lost', `${id} went away before it answered`, { outcome: 'unknown' });
    this.#rejectWhere((pending) => pending.to === id, lost);
  }

  #arm(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    this.#cancelTimer();
    this.#timerAt = deadline;
    this.#cancelTimer = this.#clock.after(deadline - this.#clock.now(), () => this.#expire());
  }

  /** Rejects what is overdue and arms the timer for the next. Linear in what is pending, and rare. */
  #expire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    this.#rejectWhere(
      (pending) => pending.deadline <= now,
      (pending, id) => {
        this.#tellCancelled(id, pending.to);
        return new TimeoutError(`the request to ${pending.to}`, pending.timeoutMs);
      },
    );
    let next = Number.POSITIVE_INFINITY;
    for (const { deadline } of this.#pending.values()) next = Math.min(next, deadline);
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
  }

  #rejectWhere(condition: (pending: Pending) => boolean, toReason: (pending: Pending, id: number) => Error): void {
    for (const [id, pending] of this.#pending) {
      if (!condition(pending)) continue;
      this.#pending.delete(id);
      pending.reject(toReason(pending, id));
    }
  }

  #tellCancelled(id: number, to: NodeId): void {
    this.#channel.send(to, { type: 'cancel', run: this.#run, id });
  }
}

function toError({ code, message, outcome, details }: ErrorEnvelope): RequestError {
  return new RequestError(code, message, { outcome, details });
}
