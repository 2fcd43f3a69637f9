import { checkNumber, InvalidOptionError, systemNow } from '../../../core/index.js';
import type { Balancer, Lease } from '../../balancer.js';
import { refuseInside } from '../layer-order.js';
import { Layer } from '../layer.js';
import { SessionList, type Session } from './session-list.js';
import { checkWhenUnavailable, SessionUnavailableError, type WhenUnavailable } from './when-unavailable.js';

/** Options of {@link SessionTable}. */
export interface SessionTableOptions<Context> {
  /**
   * What of a request its session is known by: `cookieKey`, `headerKey`, `urlParameter`, `clientAddress`, or any function. A
   * request without a key, or with an empty one, or one of more than 1024 characters, has no session.
   */
  readonly key: (context: Context) => string | undefined;
  /**
   * How long a session lasts without a request, in milliseconds.
   *
   * @defaultValue 1800000: half an hour, as long as sessions of web applications usually last
   */
  readonly idleMs?: number;
  /**
   * How many sessions are remembered. One more, and that which was not used for longest is forgotten.
   *
   * @defaultValue 100000, which take 16 MB with keys of 32 characters
   */
  readonly maxSessions?: number;
  /**
   * What happens to a session whose node cannot be given a request: it moves to another one, or a `SessionUnavailableError` is
   * thrown. If its node was removed it always moves.
   *
   * @defaultValue `'another'`, as HAProxy does with `option redispatch`
   */
  readonly whenUnavailable?: WhenUnavailable;
  /** The time in milliseconds, monotonic. @defaultValue that of `systemNow` */
  readonly now?: () => number;
}

/** What a {@link SessionTable} has counted. */
export interface SessionTableStatus {
  /** Sessions that it knows now. */
  readonly sessions: number;
  /** Sessions that began so far. */
  readonly started: number;
  /** How often one moved to another node. */
  readonly moved: number;
  /** Sessions that ended since no request came in time. */
  readonly expired: number;
  /** Sessions that were forgotten since there were too many: a reason for a higher limit, or somebody makes up keys. */
  readonly evicted: number;
}

/** Longer ones would make memory of what anybody sends. */
const MAX_KEY_LENGTH = 1024;

/** More than can be added in a pick, so that those that have expired become fewer. */
const EXPIRED_A_PICK = 2;

/**
 * Remembers which node a key was given to, and goes on giving it to that: HAProxy's stick table. The first pick of a key is
 * that of the balancer inside. When the node of a session is down the session moves, and stays where it is when that node is
 * back. A node with a weight of 0 drains: it keeps its sessions and gets no new ones, as in HAProxy.
 *
 * A full node, where a layer inside has a limit, is one that cannot be given a request: its sessions move as well, unless
 * they are refused.
 *
 * O(1) for each pick beside that of the balancer inside; no timers. The table is of this process alone, and gone with it: with
 * several balancers in front of the same nodes use `CookieSessions`, or `ConsistentHashing` with a key, which remembers nothing.
 *
 * @typeParam Context - what the key is taken from
 */
export class SessionTable<Context> extends Layer<Context> {
  /** @internal */
  override readonly remembersNodes = true;
  readonly #key: (context: Context) => string | undefined;
  readonly #idleMs: number;
  readonly #maxSessions: number;
  readonly #refuse: boolean;
  readonly #now: () => number;
  readonly #sessions = new SessionList();
  /** How many sessions a node has; a node without any is not there. */
  readonly #counts = new Map<string, number>();
  #started = 0;
  #moved = 0;
  #expired = 0;
  #evicted = 0;

  /** @throws InvalidOptionError, LayerOrderError */
  constructor(inner: Balancer<Context>, options: SessionTableOptions<Context>) {
    super(inner);
    refuseInside(
      SessionTable,
      inner,
      SessionTable,
      'the one inside is never asked about sessions; give one of them a key of both',
    );
    const { key, idleMs = 1_800_000, maxSessions = 100_000, whenUnavailable = 'another', now = systemNow } = options;
    if (typeof key !== 'function')
      throw new InvalidOptionError('key', key, 'a function that gives the key of a request');
    this.#key = key;
    this.#idleMs = checkNumber('idleMs', idleMs, { min: 1, integer: false });
    this.#maxSessions = checkNumber('maxSessions', maxSessions, { min: 1 });
    this.#refuse = checkWhenUnavailable(whenUnavailable) === 'refuse';
    this.#now = now;
  }

  /**
   * The node of the session, or one for a new session.
   *
   * @throws NoNodeError, SessionUnavailableError; then the session stays as it was
   */
  override pick(context: Context): Lease {
    const now = this.#now();
    this.#expire(now, EXPIRED_A_PICK);
    const key = this.#key(context);
    if (key === undefined || key === '' || key.length > MAX_KEY_LENGTH) return super.pick(context);
    const session = this.#alive(key, now);
    const lease = (session && this.#again(session)) ?? super.pick(context);
    if (session === undefined) this.#start(key, lease.node, now);
    else this.#use(session, lease.node, now);
    return lease;
  }

  /** The node of a session, or undefined when there is none. Changes nothing. O(1). */
  nodeOf(key: string): string | undefined {
    const session = this.#sessions.get(key);
    return session === undefined || this.#isOver(session, this.#now()) ? undefined : session.node;
  }

  /** Ends a session, for instance when somebody logs out. Returns whether there was one. O(1). */
  forget(key: string): boolean {
    const session = this.#alive(key, this.#now());
    if (session !== undefined) this.#delete(session);
    return session !== undefined;
  }

  /**
   * How many sessions a node has: with 0 one that drains can be stopped without anybody's noticing. Amortised O(1).
   */
  activeSessions(node: string): number {
    this.#expire(this.#now(), Infinity);
    return this.#counts.get(node) ?? 0;
  }

  /** What was counted so far. */
  status(): SessionTableStatus {
    this.#expire(this.#now(), Infinity);
    return {
      sessions: this.#sessions.size,
      started: this.#started,
      moved: this.#moved,
      expired: this.#expired,
      evicted: this.#evicted,
    };
  }

  #alive(key: string, now: number): Session | undefined {
    const session = this.#sessions.get(key);
    if (session === undefined || !this.#isOver(session, now)) return session;
    this.#delete(session);
    this.#expired++;
    return undefined;
  }

  #isOver({ usedAt }: Session, now: number): boolean {
    return now - usedAt >= this.#idleMs;
  }

  /** Those that are over are the oldest. */
  #expire(now: number, most: number): void {
    for (let i = 0; i < most; i++) {
      const { oldest } = this.#sessions;
      if (oldest === undefined || !this.#isOver(oldest, now)) return;
      this.#delete(oldest);
      this.#expired++;
    }
  }

  /** A request for the session's node, if it can be given one. */
  #again({ node }: Session): Lease | undefined {
    const lease = super.pickNode(node);
    if (lease === undefined && this.#refuse && this.has(node)) throw new SessionUnavailableError(node);
    return lease;
  }

  #start(key: string, node: string, now: number): void {
    if (this.#sessions.size === this.#maxSessions) {
      this.#delete(this.#sessions.oldest!);
      this.#evicted++;
    }
    this.#sessions.add(copied(key), node, now);
    this.#count(node, 1);
    this.#started++;
  }

  #use(session: Session, node: string, now: number): void {
    this.#sessions.use(session, now);
    if (session.node === node) return;
    this.#count(session.node, -1);
    session.node = node;
    this.#count(node, 1);
    this.#moved++;
  }

  #delete(session: Session): void {
    this.#sessions.delete(session);
    this.#count(session.node, -1);
  }

  #count(node: string, by: 1 | -1): void {
    const count = (this.#counts.get(node) ?? 0) + by;
    if (count === 0) this.#counts.delete(node);
    else this.#counts.set(node, count);
  }
}

/** A part of a text keeps all of it in memory: of a header field, for as long as the session. */
function copied(key: string): string {
  return key.split('').join('');
}
