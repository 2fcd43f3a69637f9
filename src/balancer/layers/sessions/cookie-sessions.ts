import { systemClock } from '../../../core/index.js';
import type { Balancer, Lease } from '../../balancer.js';
import { cookiePairs, type CookiePair } from '../../keys/cookie-pairs.js';
import { splitPrefix, withPrefix } from './cookie-prefix.js';
import { checkCookieOptions, cookieAttributes } from './cookie-sessions-options.js';
import type { CookieMode, CookieSessionsOptions } from './cookie-sessions-options.js';
import { CookieTokens, type CookieToken } from './cookie-token.js';
import { nameAsId, NodeIds } from './node-ids.js';
import { parseSetCookie } from './set-cookie.js';
import { SessionUnavailableError } from './when-unavailable.js';

/** A node for a request, and what becomes of its cookies. */
export interface CookiePick {
  /** The node. `lease.done()` when the request is over. */
  readonly lease: Lease;
  /** The `Cookie` field for the node; undefined for none. */
  readonly forward: string | undefined;
  /**
   * The `Set-Cookie` fields for the client. Call it once, when the node has answered. Where the answer could be cached, send
   * `Cache-Control: private` when one is new: HAProxy's `nocache`.
   *
   * @param setCookies - those of the node, one element each: `getSetCookie()` of fetch, `headers['set-cookie']` of Node
   * @param node - which has answered. @defaultValue that of the lease; another one after a retry
   */
  respond(setCookies?: readonly string[], node?: string): readonly string[];
}

/** What {@link CookieSessions} have counted. */
export interface CookieSessionsStatus {
  /** Requests that were given to the node of their session. */
  readonly kept: number;
  /** Those without a session, or none any more, which were given to any node. */
  readonly started: number;
  /** Those whose node could not be given a request, and which were given to another one. */
  readonly moved: number;
  /** Cookies of sessions that were over. */
  readonly expired: number;
  /** Cookies that name no node that is there. */
  readonly unknown: number;
  /** Cookies that are none of ours, or wrongly signed. */
  readonly invalid: number;
}

/** What a cookie was found to say. */
interface Found extends CookieToken {
  readonly node: string;
}

/** Cookies of one name that are looked at in a request: those of several paths, not a field full of them. */
const MAX_COOKIES = 8;

/**
 * Sessions that stay with a node by a cookie in which it is named, so that the balancer remembers nothing: any balancer with
 * the same options knows the session, also after a restart. HAProxy's `cookie` in its modes, without a transport: it is
 * given header fields and returns header fields.
 *
 * When the node cannot be given a request, the session moves; in mode `insert` it stays where it is then, since the cookie is
 * set anew; in the others the cookie is set when the application sets it, and until then each request goes to any other node.
 * A node with a weight of 0 drains: it keeps its sessions and gets no new ones, as in HAProxy.
 *
 * Of several cookies of the name the first that is valid counts. What is not valid is as none, and counted. Without a signer
 * anyone can write the cookie, and so choose a node, or send everything to one; a signed one can still be given to others,
 * who then share the node: it proves nothing about who sends it.
 *
 * O(length of the fields), a signature for each, and O(nodes) for a cookie that names a node that is not there. Not for clients
 * without cookies: `SessionTable`; nor where a key is at hand and moves do no harm: `ConsistentHashing` with `cookieKey`.
 *
 * @typeParam Context - as of the balancer
 */
export class CookieSessions<Context = void> {
  readonly #balancer: Balancer<Context>;
  readonly #name: string;
  readonly #mode: CookieMode;
  readonly #refuse: boolean;
  readonly #indirect: boolean;
  readonly #preserve: boolean;
  readonly #maxIdleMs: number;
  readonly #maxLifeMs: number;
  readonly #attributes: string;
  readonly #wall: () => number;
  readonly #ids: NodeIds;
  readonly #tokens: CookieTokens;
  readonly #counters = { kept: 0, started: 0, moved: 0, expired: 0, unknown: 0, invalid: 0 };

  /**
   * @param balancer - the outermost, layers and all
   * @throws InvalidOptionError
   */
  constructor(balancer: Balancer<Context>, options: CookieSessionsOptions) {
    checkCookieOptions(options);
    const { name, mode = 'insert', signer, maxIdleMs = Infinity, maxLifeMs = Infinity } = options;
    this.#balancer = balancer;
    this.#name = name;
    this.#mode = mode;
    this.#refuse = options.whenUnavailable === 'refuse';
    this.#indirect = options.indirect ?? true;
    this.#preserve = options.preserve ?? false;
    this.#maxIdleMs = maxIdleMs;
    this.#maxLifeMs = maxLifeMs;
    this.#attributes = mode === 'insert' ? cookieAttributes(options) : '';
    this.#wall = options.wall ?? (() => systemClock.wall());
    this.#ids = new NodeIds(() => balancer.nodes, options.idOf ?? nameAsId);
    const dated = maxIdleMs < Infinity || maxLifeMs < Infinity;
    this.#tokens = new CookieTokens({ purpose: `quorate ${mode} ${name}`, dated, signer });
  }

  /**
   * The node of the session that the cookies name, or one for a new session.
   *
   * @param cookies - the `Cookie` field of the request, whatever it holds; undefined when there is none
   * @throws NoNodeError, SessionUnavailableError; InvalidOptionError when `idOf` makes what it must not
   */
  pick(context: Context, cookies?: string): CookiePick {
    const pairs = cookies === undefined ? [] : cookiePairs(cookies);
    const found = this.#find(pairs);
    const lease = this.#again(found) ?? this.#balancer.pick(context);
    if (found === undefined) this.#counters.started++;
    else this.#counters[found.node === lease.node ? 'kept' : 'moved']++;
    return {
      lease,
      forward: this.#forward(cookies, pairs),
      respond: (setCookies = [], node = lease.node) => this.#respond(setCookies, node, found),
    };
  }

  /** What was counted so far. */
  status(): CookieSessionsStatus {
    return { ...this.#counters };
  }

  /** What the first cookie says that is valid. */
  #find(pairs: readonly CookiePair[]): Found | undefined {
    let looked = 0;
    for (const { name, value } of pairs) {
      if (name !== this.#name) continue;
      if (looked++ === MAX_COOKIES) return undefined;
      const text = this.#mode === 'prefix' ? splitPrefix(value)?.token : value;
      const found = text === undefined ? undefined : this.#read(text);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #read(text: string): Found | undefined {
    const token = this.#tokens.parse(text);
    if (token === undefined) return this.#none('invalid');
    if (this.#isOver(token)) return this.#none('expired');
    const node = this.#ids.nodeOf(token.id);
    return node === undefined ? this.#none('unknown') : { ...token, node };
  }

  #none(why: 'expired' | 'unknown' | 'invalid'): undefined {
    this.#counters[why]++;
  }

  /** Whichever way the clock is set meanwhile: what is as far in the future is over as well. */
  #isOver({ lastUsed, began }: CookieToken): boolean {
    const now = this.#wall();
    return Math.abs(now - lastUsed * 1000) > this.#maxIdleMs || Math.abs(now - began * 1000) > this.#maxLifeMs;
  }

  /** A request for the session's node, if it can be given one. */
  #again(found: Found | undefined): Lease | undefined {
    if (found === undefined) return undefined;
    const lease = this.#balancer.pickNode(found.node);
    if (lease === undefined && this.#refuse && this.#balancer.nodes.includes(found.node))
      throw new SessionUnavailableError(found.node);
    return lease;
  }

  /** The field without what is the balancer's. As it came when nothing of it is. */
  #forward(cookies: string | undefined, pairs: readonly CookiePair[]): string | undefined {
    const taken = this.#mode === 'prefix' || (this.#mode === 'insert' && this.#indirect);
    if (!taken || !pairs.some(({ name }) => name === this.#name)) return cookies;
    const left = pairs.flatMap((pair) => {
      if (pair.name !== this.#name) return [pair.text];
      return this.#mode === 'prefix' ? [this.#withoutPrefix(pair)] : [];
    });
    return left.join(';').trim() || undefined;
  }

  /** Also where the prefix is expired or wrongly signed: the application has not set it. */
  #withoutPrefix({ text, value }: CookiePair): string {
    const split = splitPrefix(value);
    if (split === undefined || !this.#tokens.isToken(split.token)) return text;
    return text.slice(0, text.indexOf('=') + 1) + split.rest;
  }

  #respond(setCookies: readonly string[], node: string, found: Found | undefined): readonly string[] {
    if (this.#mode === 'insert') return this.#inserted(setCookies, node, found);
    const token = this.#tokens.format({ id: this.#ids.idOf(node), lastUsed: 0, began: 0 });
    return setCookies.map((field) => {
      const { name, before, value, behind } = parseSetCookie(field);
      if (name !== this.#name) return field;
      return before + (this.#mode === 'prefix' ? withPrefix(token, value) : token) + behind;
    });
  }

  #inserted(setCookies: readonly string[], node: string, found: Found | undefined): readonly string[] {
    const others = setCookies.filter((field) => parseSetCookie(field).name !== this.#name);
    if (this.#preserve && others.length < setCookies.length) return setCookies;
    const lastUsed = Math.max(0, Math.floor(this.#wall() / 1000));
    const stale = this.#maxIdleMs < Infinity && found?.lastUsed !== lastUsed;
    if (found?.node === node && !stale) return others;
    const token = this.#tokens.format({ id: this.#ids.idOf(node), lastUsed, began: found?.began ?? lastUsed });
    return [...others, `${this.#name}=${token}${this.#attributes}`];
  }
}
