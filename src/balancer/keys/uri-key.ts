import { checkNumber } from '../../core/index.js';
import type { HttpRequest } from './http-request.js';

/** Options of {@link uriKey}. */
export interface UriKeyOptions {
  /** Takes the query as well. @defaultValue false: what is before the question mark */
  readonly whole?: boolean;
  /** Takes no more than so many characters from the beginning. @defaultValue none: all */
  readonly len?: number;
  /**
   * Takes no more than so many levels of directories: ends before slash number `depth + 1`, so that 2 takes `/a/b` of
   * `/a/b/c`. Slashes in a query count as well.
   *
   * @defaultValue none: all
   */
  readonly depth?: number;
}

const SCHEME_AND_AUTHORITY = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

/**
 * The path of a request as a key: HAProxy's `balance uri`, always `path-only`, so that `http://host/a` and `/a` have one key.
 * For caches: each object is on one node. Nothing is decoded, `/%61` and `/a` are two keys; a fragment is left away.
 *
 * @throws InvalidOptionError; what it returns never throws
 */
export function uriKey(options: UriKeyOptions = {}): (request: Pick<HttpRequest, 'url'>) => string | undefined {
  const { whole = false, len, depth } = options;
  if (len !== undefined) checkNumber('len', len, { min: 1 });
  if (depth !== undefined) checkNumber('depth', depth, { min: 1 });
  return ({ url }) => {
    const all = originForm(url ?? '');
    let end = Math.min(len ?? Infinity, indexOrEnd(all, '#'));
    if (!whole) end = Math.min(end, indexOrEnd(all, '?'));
    if (depth !== undefined) end = Math.min(end, levels(all, depth));
    return all.slice(0, end) || undefined;
  };
}

/** Path, query and fragment. */
function originForm(url: string): string {
  const authority = url.startsWith('/') ? null : SCHEME_AND_AUTHORITY.exec(url);
  if (authority === null) return url;
  const rest = url.slice(authority[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function indexOrEnd(text: string, character: string): number {
  const at = text.indexOf(character);
  return at === -1 ? text.length : at;
}

/** Where the slash is that begins one level too many. */
function levels(text: string, depth: number): number {
  let at = -1;
  for (let slashes = 0; slashes <= depth; slashes++) {
    at = text.indexOf('/', at + 1);
    if (at === -1) return text.length;
  }
  return at;
}
