import { checkNumber, InvalidOptionError } from '../../../core/index.js';
import { checkToken } from '../../keys/http-request.js';
import type { Signer } from './signer.js';
import { checkWhenUnavailable, type WhenUnavailable } from './when-unavailable.js';

/**
 * Who sets the cookie, as in HAProxy. `insert`: the balancer sets one of its own. `rewrite`: the application sets one whose
 * value is the balancer's. `prefix`: the application has one, and the balancer puts its own before the value, which the
 * application does not see.
 */
export type CookieMode = 'insert' | 'rewrite' | 'prefix';

/** Options of `CookieSessions`. Those that say so are for mode `insert` only, and refused in others. */
export interface CookieSessionsOptions {
  /** The name of the cookie: in modes `rewrite` and `prefix` that of the application's. */
  readonly name: string;
  /** @defaultValue `'insert'`, which needs nothing of the application */
  readonly mode?: CookieMode;
  /**
   * Signs the value, and refuses those that it has not signed: `hmacSigner` of `quorate/balancer/node`.
   *
   * @defaultValue none: a client that writes another value chooses its node
   */
  readonly signer?: Signer;
  /**
   * How long a session lasts without a request, in milliseconds, from 1000. Each response then sets the cookie again, once a
   * second at most. `insert` only.
   *
   * @defaultValue none: as long as the user agent keeps the cookie, usually until it is closed
   */
  readonly maxIdleMs?: number;
  /** How long a session lasts, in milliseconds, from 1000. `insert` only. @defaultValue none */
  readonly maxLifeMs?: number;
  /**
   * What stands for a node in the cookie: no two nodes the same, and the same in all balancers, for as long as sessions last.
   * To hide addresses let a signer make it that is not the one above, so that its secret stays when that one's changes:
   * `hmacSigner(idSecret).sign`, as HAProxy does with `dynamic-cookie-key`. A hash
   * without a secret is soon found by trying all addresses.
   *
   * @defaultValue the name of the node, which shows what it says
   */
  readonly idOf?: (node: string) => string;
  /**
   * What happens to a session whose node cannot be given a request: it moves to another one, or a `SessionUnavailableError` is
   * thrown. If its node was removed it always moves.
   *
   * @defaultValue `'another'`, as HAProxy does with `option redispatch`
   */
  readonly whenUnavailable?: WhenUnavailable;
  /**
   * Whether the cookie is taken out of what is passed to nodes: HAProxy's `indirect`. `insert` only.
   * @defaultValue true: it is none of the application's business
   */
  readonly indirect?: boolean;
  /**
   * Whether a cookie of that name that the application sets goes to the client in place of the balancer's, so that an
   * application can end a session: HAProxy's `preserve`. `insert` only.
   *
   * @defaultValue false: it is taken out
   */
  readonly preserve?: boolean;
  /** The paths that the cookie is for. `insert` only. @defaultValue `'/'`: all */
  readonly path?: string;
  /** The domain that it is for, with all below. `insert` only. @defaultValue none: the host alone */
  readonly domain?: string;
  /** Whether it is sent by HTTPS only. `insert` only. @defaultValue false, since not everyone has it; set it if you have */
  readonly secure?: boolean;
  /** Whether it is hidden from scripts. `insert` only. @defaultValue true: none needs it */
  readonly httpOnly?: boolean;
  /** Whether it is sent with requests from other sites. `insert` only. @defaultValue none: user agents take `Lax` */
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
  /** Milliseconds since the epoch. @defaultValue that of `systemClock` */
  readonly wall?: () => number;
}

const INSERT_ONLY = [
  ...(['maxIdleMs', 'maxLifeMs', 'indirect', 'preserve'] as const),
  ...(['path', 'domain', 'secure', 'httpOnly', 'sameSite'] as const),
];

/** @throws InvalidOptionError */
export function checkCookieOptions(options: CookieSessionsOptions): void {
  const { name, mode = 'insert', maxIdleMs, maxLifeMs, whenUnavailable = 'another' } = options;
  checkToken('name', name);
  if (!['insert', 'rewrite', 'prefix'].includes(mode))
    throw new InvalidOptionError('mode', mode, "'insert', 'rewrite' or 'prefix'");
  if (maxIdleMs !== undefined) checkNumber('maxIdleMs', maxIdleMs, { min: 1000, integer: false });
  if (maxLifeMs !== undefined) checkNumber('maxLifeMs', maxLifeMs, { min: 1000, integer: false });
  checkWhenUnavailable(whenUnavailable);
  for (const option of INSERT_ONLY)
    if (mode !== 'insert' && options[option] !== undefined)
      throw new InvalidOptionError(
        option,
        options[option],
        `left out in mode ${mode}: the application makes the cookie`,
      );
}

/** What follows the value of a cookie. @throws InvalidOptionError */
export function cookieAttributes(options: CookieSessionsOptions): string {
  const { name, path = '/', domain, secure = false, httpOnly = true, sameSite } = options;
  if (!/^\/[ -:<-~]*$/.test(path)) throw new InvalidOptionError('path', path, 'a path, of ASCII without semicolons');
  if (domain !== undefined && !/^[\w.-]+$/.test(domain)) throw new InvalidOptionError('domain', domain, 'a domain');
  if (sameSite !== undefined && !['Strict', 'Lax', 'None'].includes(sameSite))
    throw new InvalidOptionError('sameSite', sameSite, "'Strict', 'Lax' or 'None'");
  if (!secure && (sameSite === 'None' || /^__(Secure|Host)-/i.test(name)))
    throw new InvalidOptionError('secure', secure, 'true, or user agents drop such a cookie');
  if (/^__Host-/i.test(name) && (domain !== undefined || path !== '/'))
    throw new InvalidOptionError('name', name, 'without __Host- when the cookie has a domain, or a path other than /');
  const attributes = [`; Path=${path}`];
  if (domain !== undefined) attributes.push(`; Domain=${domain}`);
  if (secure) attributes.push('; Secure');
  if (httpOnly) attributes.push('; HttpOnly');
  if (sameSite !== undefined) attributes.push(`; SameSite=${sameSite}`);
  return attributes.join('');
}
