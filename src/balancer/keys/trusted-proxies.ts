import { InvalidOptionError } from '../../core/index.js';
import { ipBytes } from './ip-bytes.js';

/** The addresses that begin with the same bits. */
interface Prefix {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

const MAPPED_BITS = 96;

/**
 * Whose word is taken for the addresses of clients, as addresses (`10.1.2.3`) and prefixes (`10.0.0.0/8`, `fd00::/8`), IPv4
 * and IPv6. IPv4-mapped addresses, and prefixes of them (`::ffff:10.0.0.0/104`), are IPv4: no other IPv6 prefix holds them,
 * nor does `::/0`. Parsed once; what it returns says of an address in any form whether it is among them, and of what is no
 * address that it is not. O(prefixes) an address.
 *
 * List your own load balancers and nothing else: who is trusted can claim to be anyone.
 *
 * @throws InvalidOptionError naming the entry, also for one with bits behind its length, as `10.1.0.0/8`: it may be a slip
 */
export function trustedProxies(entries: Iterable<string>): (address: string) => boolean {
  const prefixes = Array.from(entries, parsePrefix);
  return (address) => {
    const bytes = ipBytes(address);
    return bytes !== undefined && prefixes.some((prefix) => begins(bytes, prefix));
  };
}

function parsePrefix(entry: string): Prefix {
  const [, address = '', length] = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(entry) ?? [];
  const bytes = ipBytes(address);
  if (bytes === undefined) throw invalid(entry, 'an IP address, or one with the length of a prefix, as 10.0.0.0/8');
  const mapped = address.includes(':') && bytes.length === 4 ? MAPPED_BITS : 0;
  const width = 8 * bytes.length;
  const bits = length === undefined ? width : Number(length) - mapped;
  if (bits < 0 || bits > width) throw invalid(entry, `a prefix with a length from ${mapped} to ${mapped + width}`);
  if (bytes.some((byte, i) => byte & ~mask(bits, i))) throw invalid(entry, 'a prefix with zeros behind its length');
  return { bytes, bits };
}

/** Which bits of byte `i` are in a prefix. */
function mask(bits: number, i: number): number {
  return 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - 8 * i)));
}

function begins(address: Uint8Array, { bytes, bits }: Prefix): boolean {
  return bytes.length === address.length && bytes.every((byte, i) => ((byte ^ address[i]!) & mask(bits, i)) === 0);
}

function invalid(entry: string, allowed: string): InvalidOptionError {
  return new InvalidOptionError('trusted proxy', entry, allowed);
}
