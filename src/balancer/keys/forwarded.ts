import { canonicalIp } from '../../id/index.js';

/** An address with or without a port, which `Forwarded` may obfuscate; IPv6 in brackets. */
const NODE = /^(?:([\d.]+)|\[([\da-f.]*:[\da-f.:]*)\])(?::(?:\d{1,5}|_[\w.-]+))?$/i;

/** A parameter of an element of `Forwarded`, or none, up to the semicolon or the end. */
const PARAMETER =
  /[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"([^"\\]*(?:\\[^][^"\\]*)*)")[ \t]*)?(?:;|$)/y;

/** The longest element that is looked at: what a client sends may be as long as the server lets it. */
const MAX_LENGTH = 4096;

/** The address in an element of `X-Forwarded-For`, canonical: plain, or with a port. `null` when it has none. */
export function forwardedForAddress(element: string): string | null {
  if (element.length > MAX_LENGTH) return null;
  const text = element.trim();
  return canonicalIp(text) ?? nodeAddress(text);
}

/** The address in the `for` of an element of `Forwarded`, canonical; `null` for `unknown`, `_hidden`, and what is no element. */
export function forwardedAddress(element: string): string | null {
  if (element.length > MAX_LENGTH) return null;
  let node: string | undefined;
  PARAMETER.lastIndex = 0;
  while (PARAMETER.lastIndex < element.length) {
    const match = PARAMETER.exec(element);
    if (match === null) return null;
    const [, name, token, quoted] = match;
    if (name?.toLowerCase() !== 'for') continue;
    if (node !== undefined) return null;
    node = token ?? quoted!.replace(/\\([^])/g, '$1');
  }
  return node === undefined ? null : nodeAddress(node);
}

function nodeAddress(text: string): string | null {
  const [, ipv4, ipv6] = NODE.exec(text) ?? [];
  return canonicalIp(ipv4 ?? ipv6 ?? '');
}

/** Where the element of `X-Forwarded-For` begins that ends at `end`. */
export function forwardedForStart(value: string, end: number): number {
  return end === 0 ? 0 : value.lastIndexOf(',', end - 1) + 1;
}

/**
 * Where the element of `Forwarded` begins that ends at `end`. Read backwards, so that what proxies have appended is found
 * whatever the client sent, as a quote that is never closed. What has no beginning begins with the value.
 */
export function forwardedStart(value: string, end: number): number {
  let at = end;
  while (at > 0 && value[at - 1] !== ',') {
    at--;
    if (value[at] === '"') at = openingQuote(value, at);
  }
  return Math.max(at, 0);
}

/** The quote before this one: within, quotes have a backslash before them. -1 if there is none. */
function openingQuote(value: string, closing: number): number {
  let at = closing - 1;
  while (at >= 0 && (value[at] !== '"' || value[at - 1] === '\\')) at--;
  return at;
}
