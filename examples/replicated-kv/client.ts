import { setTimeout as sleep } from 'node:timers/promises';
import { isQuorateError, systemClock, type NodeId } from 'quorate/core';
import { openRequests, type RequestError, type Requests } from 'quorate/host';
import { openTcpTransport, type TcpTransport } from 'quorate/transport/tcp';
import type { Identity } from './certificates.js';
import { messageOf } from './errors.js';
import { ExampleError } from '../errors.js';
import type { Json } from './kv-state-machine.js';
import {
  CLUSTER,
  KV_CHANNEL,
  type DumpReply,
  type GetReply,
  type KvRequest,
  type PutReply,
  type StatusReply,
} from './protocol.js';

/** How long a request may take before it is tried elsewhere. Only needed when a server hangs: a dead one is noticed. */
const REQUEST_TIMEOUT_MS = 2000;

/** How long a server may take to put a page together; asking another server would not help. */
const DUMP_TIMEOUT_MS = 10_000;

/** How long a server may take to say whether it leads, and the pause before all are asked again. */
const PROBE_TIMEOUT_MS = 250;
const PROBE_PAUSE_MS = 10;

/** The pauses between two attempts: doubled each time from the first up to the last. */
const FIRST_PAUSE_MS = 4;
const LAST_PAUSE_MS = 100;

/** After so long without success a call is given up. */
const GIVE_UP_MS = 30_000;

/** A peer that is no member finds back to a restarted server quickly. */
const RECONNECT_MAX_MS = 200;

/** The id of this process among the clients: no other one has it. */
export const CLIENT_ID: NodeId = `client-${process.pid}`;

/**
 * A client of the store. It finds the leader, follows it from server to server, and repeats what did not succeed, so a
 * call takes as long as it takes to elect a new leader, and fails only when there is none for half a minute.
 *
 * Repeating is safe here even when nobody knows whether an attempt had an effect: a put writes the same value under the
 * same key again, and nobody else writes to that key. Where this does not hold (a counter, say), each command must carry
 * an id by which the state machine recognises a repetition.
 */
export class KvClient implements AsyncDisposable {
  readonly #ids: readonly NodeId[];
  readonly #transport: TcpTransport;
  readonly #requests: Requests;
  #leader: NodeId | null = null;
  /** The highest term that any server has told. */
  #term = 0;
  #search: Promise<NodeId> | null = null;
  #closed = false;

  private constructor(transport: TcpTransport, ids: readonly NodeId[]) {
    this.#ids = ids;
    this.#transport = transport;
    this.#requests = openRequests(transport.channel(KV_CHANNEL), {
      clock: systemClock,
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
  }

  /**
   * Connects to the servers, as far as they are up.
   *
   * @param tls - a certificate that names {@link CLIENT_ID}, where the servers want one
   */
  static async open(addresses: Readonly<Record<NodeId, string>>, tls: Identity | null = null): Promise<KvClient> {
    const transport = await openTcpTransport({
      id: CLIENT_ID,
      cluster: CLUSTER,
      listen: null,
      addresses,
      reconnectMaxMs: RECONNECT_MAX_MS,
      ...(tls === null ? {} : { tls }),
    });
    return new KvClient(transport, Object.keys(addresses));
  }

  /** Who leads, as far as is known; `null` while a leader is looked for. */
  get leader(): NodeId | null {
    return this.#leader;
  }

  /** The term of the last leader. */
  get term(): number {
    return this.#term;
  }

  /** Stores a value; resolves when a majority of the servers has it on disk. */
  async put(key: string, value: Json): Promise<PutReply> {
    const reply = (await this.#askLeader({ op: 'put', key, value })) as PutReply;
    this.#term = Math.max(this.#term, reply.term);
    return reply;
  }

  /**
   * Stores a value with one attempt, for keys that others write too: a repetition could overwrite what came in between.
   *
   * @throws QuorateError whose `outcome` tells whether the value may have been stored all the same
   */
  async putOnce(key: string, value: Json): Promise<PutReply> {
    const leader = await this.findLeader();
    try {
      return (await this.#requests.request(leader, { op: 'put', key, value })) as PutReply;
    } catch (error) {
      if (!this.#closed && isRetryable(error)) this.#reconsider(leader, error);
      throw error;
    }
  }

  /** The value that the last acknowledged put has left. */
  async get(key: string): Promise<GetReply> {
    return (await this.#askLeader({ op: 'get', key })) as GetReply;
  }

  /** Where a server stands. Tried once. */
  async status(id: NodeId): Promise<StatusReply> {
    return (await this.#requests.request(id, { op: 'status' }, { timeoutMs: PROBE_TIMEOUT_MS })) as StatusReply;
  }

  /** A page of what a server holds itself. Tried once. */
  async dump(id: NodeId, from: number): Promise<DumpReply> {
    return (await this.#requests.request(id, { op: 'dump', from }, { timeoutMs: DUMP_TIMEOUT_MS })) as DumpReply;
  }

  /** Asks the servers until one of them says that it leads. However many callers wait, there is one search. */
  findLeader(): Promise<NodeId> {
    if (this.#leader !== null) return Promise.resolve(this.#leader);
    this.#search ??= this.#searchLeader().finally(() => (this.#search = null));
    return this.#search;
  }

  /** Gives up everything that is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#requests.close();
    await this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #searchLeader(): Promise<NodeId> {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    while (performance.now() < giveUpAt && !this.#closed) {
      const leader = await Promise.any(this.#ids.map((id) => this.#mustLead(id))).catch(() => null);
      if (leader !== null) {
        this.#leader = leader.node;
        this.#term = leader.term;
        return leader.node;
      }
      await sleep(PROBE_PAUSE_MS);
    }
    throw new ExampleError(this.#closed ? 'the client is closed' : `no leader was found in ${GIVE_UP_MS / 1000} s`);
  }

  /** Rejects unless that server leads; one that leads in a bygone term has not heard yet that it was replaced. */
  async #mustLead(id: NodeId): Promise<StatusReply> {
    const status = await this.status(id);
    if (status.role === 'leader' && status.term >= this.#term) return status;
    throw new ExampleError(`${id} does not lead`);
  }

  async #askLeader(request: KvRequest): Promise<unknown> {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (let attempt = 0; ; attempt++) {
      const leader = await this.findLeader();
      try {
        return await this.#requests.request(leader, request);
      } catch (error) {
        if (this.#closed || !isRetryable(error)) throw error;
        if (performance.now() > giveUpAt) throw gaveUp(request, error);
        this.#reconsider(leader, error);
      }
      await sleep(pauseBefore(attempt));
    }
  }

  /** Draws conclusions about who leads from what `asked` answered, unless somebody else has drawn them meanwhile. */
  #reconsider(asked: NodeId, error: unknown): void {
    if (this.#leader !== asked || isQuorateError(error, 'overloaded')) return;
    const hint = isQuorateError(error, 'not-leader') ? leaderIn((error as RequestError).details) : null;
    this.#leader = hint !== null && hint !== asked && this.#ids.includes(hint) ? hint : null;
  }
}

/** What another attempt, at another server or a little later, may cure. */
const RETRYABLE = new Set([
  'not-leader',
  'unreachable',
  'connection-lost',
  'timeout',
  'overloaded',
  'replaced', // a new leader put another entry in its place
  'proposal-lost',
  'not-served', // the server is starting
  'closed', // the server is stopping
]);

function isRetryable(error: unknown): boolean {
  return isQuorateError(error) && RETRYABLE.has(error.code);
}

/** Who leads, says a server that does not. It comes from outside, so it may be anything. */
function leaderIn(details: unknown): NodeId | null {
  const { leader } = (typeof details === 'object' && details !== null ? details : {}) as { leader?: unknown };
  return typeof leader === 'string' ? leader : null;
}

/** Doubles with each attempt up to a limit; partly random, so that callers who failed together do not return together. */
function pauseBefore(attempt: number): number {
  return Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
}

function gaveUp(request: KvRequest, error: unknown): ExampleError {
  return new ExampleError(`a ${request.op} did not succeed within ${GIVE_UP_MS / 1000} s: ${messageOf(error)}`);
}
