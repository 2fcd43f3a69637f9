import { isQuorateError } from '../core/index.js';
import type { NodeId, Outcome, QuorateError } from '../core/index.js';
import type { Envelope, ErrorEnvelope } from './request-envelope.js';

/** What a {@link RequestHandler} is told besides the body. */
export interface RequestContext {
  /** Who asks. */
  readonly from: NodeId;
  /** Aborts when nobody waits for the answer any more: the requester gave up or is gone, or this side closes. */
  readonly signal: AbortSignal;
}

/**
 * Answers a request with a value, or by throwing. A thrown {@link QuorateError} reaches the requester with its code,
 * message, outcome and `details`, when it has any; any other error as code `internal` with outcome `unknown`, and
 * nothing of its text. The body comes from outside: parse it before use. A handler may see one request twice where the
 * channel duplicates messages, or where the requester sends it again.
 */
export type RequestHandler = (body: unknown, context: RequestContext) => unknown;

/** What a {@link Server} works with. */
export interface ServerOptions {
  readonly handler: RequestHandler | null;
  readonly maxServing: number;
  readonly maxServingPerPeer: number;
  /** Sends an answer. */
  send(to: NodeId, envelope: Envelope): boolean;
}

/**
 * The serving half of `openRequests`: runs the handler, at most `maxServing` at a time and `maxServingPerPeer` for one
 * requester, and sends what comes of it.
 */
export class Server {
  /** Requests that a handler was called for. */
  served = 0;
  /** Requests turned away because too many were being served. */
  overloaded = 0;
  /** Requests that arrived again while they were being served. */
  duplicates = 0;
  /** Answers that could not be sent. */
  repliesDropped = 0;
  readonly #options: ServerOptions;
  /** Requests being served, by requester, then by run and id; a requester without any is not listed. */
  readonly #requesters = new Map<NodeId, Map<string, Served>>();
  #serving = 0;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Requests being served now. */
  get serving(): number {
    return this.#serving;
  }

  /** Takes a request in. */
  request(from: NodeId, { run, id, body }: Envelope & { type: 'request' }): void {
    const { handler, maxServing, maxServingPerPeer } = this.#options;
    const own = this.#requesters.get(from);
    if (own?.has(keyOf(run, id)) === true) {
      this.duplicates++;
    } else if (handler === null) {
      this.#refuse(from, run, id, 'not-served', 'this node serves no requests on this channel');
    } else if (this.#serving >= maxServing) {
      this.#overload(from, run, id, `the node reached its limit of ${maxServing} requests`);
    } else if (own !== undefined && own.size >= maxServingPerPeer) {
      this.#overload(from, run, id, `the node reached its limit of ${maxServingPerPeer} requests for one peer`);
    } else {
      this.#begin(handler, body, new Served(from, run, id));
    }
  }

  /** The requester no longer waits. */
  cancel(from: NodeId, { run, id }: Envelope & { type: 'cancel' }): void {
    this.#requesters.get(from)?.get(keyOf(run, id))?.abort();
  }

  /** A peer is gone, and does not wait for its answers. */
  gone(peer: NodeId): void {
    for (const served of this.#requesters.get(peer)?.values() ?? []) served.abort();
  }

  /** Stops serving; handlers that still run are told by their signal, and their answers dropped. */
  close(): void {
    for (const own of this.#requesters.values()) for (const served of own.values()) served.abort();
  }

  /** Answers at once where the handler does, so that answers to requests that came together leave together. */
  #begin(handler: RequestHandler, body: unknown, served: Served): void {
    this.served++;
    this.#enter(served);
    try {
      const result = handler(body, served);
      if (!isPromise(result)) return this.#finish(served, () => this.#reply(served, result));
      result.then(
        (value) => this.#finish(served, () => this.#reply(served, value)),
        (error: unknown) => this.#finish(served, () => this.#replyError(served, error)),
      );
    } catch (error) {
      this.#finish(served, () => this.#replyError(served, error));
    }
  }

  #enter(served: Served): void {
    const { from, run, id } = served;
    this.#serving++;
    const own = this.#requesters.get(from);
    if (own === undefined) this.#requesters.set(from, new Map([[keyOf(run, id), served]]));
    else own.set(keyOf(run, id), served);
  }

  /** Once for each request, also where what a handler returned is no orderly promise and settles twice. */
  #finish({ from, run, id }: Served, answer: () => void): void {
    const own = this.#requesters.get(from);
    if (own?.delete(keyOf(run, id)) !== true) return;
    this.#serving--;
    if (own.size === 0) this.#requesters.delete(from);
    answer();
  }

  #reply(served: Served, value: unknown): void {
    const { from, run, id } = served;
    const body = value === undefined ? null : value;
    try {
      if (served.aborted || this.#options.send(from, { type: 'reply', run, id, body })) return;
      this.#refuse(from, run, id, 'reply-dropped', 'the answer is too large, or too much waits to be sent', 'unknown');
    } catch {
      this.#replyError(served, null); // the answer cannot be encoded
    }
  }

  #replyError(served: Served, error: unknown): void {
    if (served.aborted) return;
    const { from, run, id } = served;
    const envelope = describe(error, run, id);
    try {
      this.#count(this.#options.send(from, envelope));
    } catch {
      const { details: _, ...rest } = envelope; // what cannot be encoded is left out
      this.#count(this.#options.send(from, rest));
    }
  }

  #overload(from: NodeId, run: number, id: number, limit: string): void {
    this.overloaded++;
    this.#refuse(from, run, id, 'overloaded', `${limit}; try again later`);
  }

  #refuse(from: NodeId, run: number, id: number, code: string, message: string, outcome: Outcome = 'failed'): void {
    this.#count(this.#options.send(from, { type: 'error', run, id, code, message, outcome }));
  }

  #count(sent: boolean): void {
    if (!sent) this.repliesDropped++;
  }
}

/** One request while it is served, and the context that its handler sees. */
class Served implements RequestContext {
  readonly from: NodeId;
  readonly run: number;
  readonly id: number;
  aborted = false;
  #controller: AbortController | null = null;

  constructor(from: NodeId, run: number, id: number) {
    this.from = from;
    this.run = run;
    this.id = id;
  }

  /** Made when a handler first asks for it: most never do, and a signal costs more than the rest of a request. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  abort(): void {
    this.aborted = true;
    this.#controller?.abort();
  }
}

function keyOf(run: number, id: number): string {
  return `${run} ${id}`;
}

function describe(error: unknown, run: number, id: number): ErrorEnvelope {
  if (!isQuorateError(error)) {
    const message = 'the handler failed; see the log of that node';
    return { type: 'error', run, id, code: 'internal', message, outcome: 'unknown' };
  }
  const { code, message, outcome } = error;
  const details = (error as QuorateError & { readonly details?: unknown }).details;
  return { type: 'error', run, id, code, message, outcome, ...(details === undefined ? {} : { details }) };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
