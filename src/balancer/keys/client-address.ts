import { canonicalIp } from '../../id/index.js';
import { forwardedAddress, forwardedForAddress, forwardedForStart, forwardedStart } from './forwarded.js';
import { fieldValue, type HeaderFields } from './http-request.js';
import type { ProxyHeader } from './proxy-header.js';

/** What is known of who has sent a request. */
export interface ClientConnection {
  /** The other end of the connection: `request.socket.remoteAddress`. */
  readonly remoteAddress?: string | undefined;
  /** The header fields of the request, if it is HTTP. */
  readonly headers?: HeaderFields | undefined;
  /** What the connection began with, if it speaks the PROXY protocol: of `parseProxyHeader`. */
  readonly proxyHeader?: ProxyHeader | undefined;
}

/** Options of {@link clientAddress}. */
export interface ClientAddressOptions {
  /** Whose word is taken: `trustedProxies(['10.0.0.0/8'])`. */
  readonly trusted: (address: string) => boolean;
  /**
   * The header field in which your proxies say from where a request came to them. Only one: what they do not write is
   * what the client wants to be believed.
   *
   * @defaultValue `'x-forwarded-for'`, which most proxies write
   */
  readonly header?: 'x-forwarded-for' | 'forwarded';
}

/** Proxies in a row that are believed: far more than there ever are, and few enough for a field full of them. */
const MAX_HOPS = 64;

/**
 * The address of the client, through proxies: that of the connection, unless it is trusted; then the one that its PROXY
 * protocol names; then, as long as that is trusted, the next in the header field from the right, since each proxy appends the
 * address that it has seen. An element that is no address (`unknown`, obfuscated, malformed, empty) ends the walk at the
 * last hop before it. So nobody who is not trusted can give another address than the own, whatever the header says.
 *
 * Addresses come out in canonical form, IPv4-mapped ones as IPv4, without zones and ports. Undefined when the connection
 * has no address, as on a UNIX socket: pass `'127.0.0.1'` for one that only your own proxies can reach.
 *
 * Reads no more of the field than it walks over, 64 hops at most. Never throws for what comes from outside.
 */
export function clientAddress(connection: ClientConnection, options: ClientAddressOptions): string | undefined {
  const { remoteAddress = '', headers, proxyHeader } = connection;
  const { trusted, header = 'x-forwarded-for' } = options;
  // Node names the interface of link-local addresses.
  let address = canonicalIp(remoteAddress.split('%', 1)[0]!) ?? undefined;
  if (address === undefined || !trusted(address)) return address;
  const source = proxyHeader?.source;
  if (source && 'address' in source) {
    address = source.address;
    if (!trusted(address)) return address;
  }
  const value = headers === undefined ? '' : (fieldValue(headers, header) ?? '');
  const [startOf, addressOf] =
    header === 'forwarded' ? [forwardedStart, forwardedAddress] : [forwardedForStart, forwardedForAddress];
  for (let end = value.length, hops = 0; end >= 0 && hops < MAX_HOPS; hops++) {
    const start = startOf(value, end);
    const next = addressOf(value.slice(start, end));
    if (next === null) break;
    address = next;
    if (!trusted(address)) break;
    end = start - 1;
  }
  return address;
}
