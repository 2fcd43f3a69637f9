import type { HttpRequest } from './http-request.js';

/**
 * The value of a parameter in the query of a URL as a key: HAProxy's `balance url_param`. Names and values are decoded as forms
 * are (`application/x-www-form-urlencoded` of the URL standard): `+` is a space, `%c3%b6` an ö, and what is no such sequence
 * stands for itself; so `a%20b` and `a+b` are one key (HAProxy takes bytes as they are). Of several parameters of one name
 * it is the first. One that is missing or empty gives no key.
 *
 * O(length of the query).
 */
export function urlParameter(name: string): (request: Pick<HttpRequest, 'url'>) => string | undefined {
  return ({ url = '' }) => {
    const [target = ''] = url.split('#', 1);
    const question = target.indexOf('?');
    if (question === -1) return undefined;
    return new URLSearchParams(target.slice(question + 1)).get(name) || undefined;
  };
}
