import { InvalidOptionError } from '../../core/index.js';

/**
 * The header fields of a request: `request.headers` of Node, the `Headers` of fetch, or a record of names in any case with
 * one or several values.
 */
export type HeaderFields =
  | {
      /** The value of a field, whatever the case of its name. */
      get(name: string): string | null | undefined;
    }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** What keys are taken from: the `IncomingMessage` of Node is one, as is the `Request` of fetch. */
export interface HttpRequest {
  /** The target of the request, `/path?query`, or an absolute URL. */
  readonly url?: string | undefined;
  readonly headers: HeaderFields;
}

/** The names of header fields, of cookies and of parameters of `Forwarded`: a token of RFC 9110. */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** @throws InvalidOptionError when it can be no name of a header field or of a cookie */
export function checkToken(option: string, name: string): string {
  if (TOKEN.test(name)) return name;
  throw new InvalidOptionError(option, name, "a name of letters, digits and the other characters of RFC 9110's tokens");
}

/**
 * The value of a header field; several values are joined. Undefined when it is missing.
 *
 * @param name - in lower case
 */
export function fieldValue(fields: HeaderFields, name: string, separator = ', '): string | undefined {
  if (isLookup(fields)) return fields.get(name) ?? undefined;
  // Node has names in lower case; whatever else is looked through only then.
  const key = Object.hasOwn(fields, name) ? name : Object.keys(fields).find((other) => other.toLowerCase() === name);
  const value = key === undefined ? undefined : fields[key];
  return typeof value === 'object' ? value.join(separator) : value;
}

/** A record may have a field of that name, but no function. */
function isLookup(fields: HeaderFields): fields is { get(name: string): string | null | undefined } {
  return typeof fields.get === 'function';
}
