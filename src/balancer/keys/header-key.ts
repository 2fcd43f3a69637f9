import { checkToken, fieldValue, type HttpRequest } from './http-request.js';

/** Options of {@link headerKey}. */
export interface HeaderKeyOptions {
  /**
   * Of the name of a host takes the label before the last dot only, in lower case, as HAProxy's `use_domain_only`:
   * `example` of `www.Example.com:8080`. Of what has no dot it takes all. Not for hosts that are IP addresses, nor where
   * domains are under `co.uk`.
   *
   * @defaultValue false
   */
  readonly domainOnly?: boolean;
}

/**
 * The value of a header field as a key, whatever the case of its name: HAProxy's `balance hdr(name)`. Several values are
 * one key, joined by a comma and a space, whether they came in one field or in several (HAProxy hashes the first one only).
 * A field that is missing or empty gives no key.
 *
 * @throws InvalidOptionError for what cannot be a name; what it returns never throws
 */
export function headerKey(
  name: string,
  options: HeaderKeyOptions = {},
): (request: Pick<HttpRequest, 'headers'>) => string | undefined {
  const { domainOnly = false } = options;
  const field = checkToken('header', name).toLowerCase();
  return ({ headers }) => {
    const value = fieldValue(headers, field) ?? '';
    return (domainOnly ? domainOf(value) : value) || undefined;
  };
}

function domainOf(host: string): string {
  const labels = host.toLowerCase();
  const end = labels.lastIndexOf('.');
  if (end === -1) return labels;
  return labels.slice(0, end).slice(labels.slice(0, end).lastIndexOf('.') + 1);
}
