import { cookiePairs } from './cookie-pairs.js';
import { checkToken, fieldValue, type HttpRequest } from './http-request.js';

/**
 * The value of a cookie as a key. The `Cookie` field is read as RFC 6265 has user agents write it: pairs between semicolons,
 * names with their case, white space around names and values left away, quotes kept. Of several cookies of one name it is the
 * first, which user agents send for the longest path. A cookie that is missing or empty gives no key.
 *
 * O(length of the field). Anyone can send any cookie, so a client chooses its node.
 *
 * @throws InvalidOptionError for what cannot be a name; what it returns never throws
 */
export function cookieKey(name: string): (request: Pick<HttpRequest, 'headers'>) => string | undefined {
  checkToken('cookie', name);
  return ({ headers }) => {
    const pairs = cookiePairs(fieldValue(headers, 'cookie', '; ') ?? '');
    return pairs.find((pair) => pair.name === name)?.value || undefined;
  };
}
