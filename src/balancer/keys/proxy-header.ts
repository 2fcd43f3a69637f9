import { MalformedError } from '../../core/index.js';
import { canonicalIp } from '../../id/index.js';

/** One end of a connection: an address in canonical form and a port, or the path of a UNIX socket. */
export type ProxyEndpoint = { readonly address: string; readonly port: number } | { readonly path: string };

/** What a connection that speaks the PROXY protocol begins with. */
export interface ProxyHeader {
  /** The client; `null` when the connection itself is meant, as for checks of the proxy's own (LOCAL, UNKNOWN, UNSPEC). */
  readonly source: ProxyEndpoint | null;
  /** Where the client connected to; `null` as above. */
  readonly destination: ProxyEndpoint | null;
  /** How many bytes it takes. What the client sent follows. */
  readonly length: number;
}

const V1_START = /* @__PURE__ */ Uint8Array.of(0x50, 0x52, 0x4f, 0x58, 0x59, 0x20); // "PROXY "
const V1_MAX_BYTES = 107;
const V1_LINE = /^PROXY (?:(TCP4|TCP6) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})|UNKNOWN(?: [^]*)?)$/;
const V2_START = /* @__PURE__ */ Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const V2_FIXED_BYTES = 16;
const MAX_PORT = 65_535;

/** Of each family of version 2: the bytes of an address, of a port, and how an end is read. */
const IPV4 = { addressBytes: 4, portBytes: 2, read: (b: Uint8Array, port: number) => ipEndpoint(b.join('.'), port) };
const IPV6 = { addressBytes: 16, portBytes: 2, read: (b: Uint8Array, port: number) => ipEndpoint(groups(b), port) };
const UNIX = { addressBytes: 108, portBytes: 0, read: unixEndpoint };
const FAMILIES = [undefined, IPV4, IPV6, UNIX];

/**
 * Reads the header of the PROXY protocol, version 1 or 2, with which a connection from a proxy begins. `'incomplete'` while
 * more bytes are needed: of version 1 no more than 107 in all, of version 2 as many as it says, at most 65 551. Type-length-value
 * vectors of version 2 are skipped, its checksum among them.
 *
 * Anyone can send one. Expect it only on ports that none but your proxies reach, or give it to `clientAddress`, which
 * looks who has sent it; and where it is expected, a connection without it is to be closed, never served without.
 *
 * @throws MalformedError when it is none, or not as the protocol wants it: as soon as that is certain
 */
export function parseProxyHeader(bytes: Uint8Array): ProxyHeader | 'incomplete' {
  if (bytes.length === 0) return 'incomplete';
  if (begins(bytes, V1_START)) return parseV1(bytes);
  if (begins(bytes, V2_START)) return parseV2(bytes);
  throw malformed('its first bytes are of neither version');
}

/** As far as both go. */
function begins(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.subarray(0, start.length).every((byte, i) => byte === start[i]);
}

function parseV1(bytes: Uint8Array): ProxyHeader | 'incomplete' {
  const text = String.fromCharCode(...bytes.subarray(0, V1_MAX_BYTES));
  const end = text.indexOf('\r\n');
  if (end === -1) {
    if (text.length < V1_MAX_BYTES) return 'incomplete';
    throw malformed(`no end of the line within ${V1_MAX_BYTES} bytes`);
  }
  const match = V1_LINE.exec(text.slice(0, end));
  if (match === null) throw malformed('a line that version 1 does not have');
  const length = end + 2;
  const [, family, source, destination, sourcePort, destinationPort] = match;
  if (family === undefined) return { source: null, destination: null, length };
  return {
    source: textEndpoint(family, source!, Number(sourcePort)),
    destination: textEndpoint(family, destination!, Number(destinationPort)),
    length,
  };
}

function textEndpoint(family: string, text: string, port: number): ProxyEndpoint {
  if (text.includes(':') !== (family === 'TCP6') || port > MAX_PORT) throw malformed('an address that is none');
  return ipEndpoint(text, port);
}

function parseV2(bytes: Uint8Array): ProxyHeader | 'incomplete' {
  const [versionAndCommand = 0x21, familyAndProtocol = 0, high = 0, low = 0] = bytes.subarray(V2_START.length);
  if (versionAndCommand >> 4 !== 2) throw malformed('a version other than 2');
  const command = versionAndCommand & 15;
  if (command > 1) throw malformed('a command that is neither LOCAL nor PROXY');
  const protocol = familyAndProtocol & 15;
  if (command === 1 && (familyAndProtocol > 0x3f || protocol > 2)) throw malformed('a family or protocol that is none');
  if (bytes.length < V2_FIXED_BYTES) return 'incomplete';

  const rest = high * 256 + low;
  const family = command === 0 || protocol === 0 ? undefined : FAMILIES[familyAndProtocol >> 4];
  if (family !== undefined && rest < 2 * (family.addressBytes + family.portBytes))
    throw malformed('a length below that of its addresses');
  const length = V2_FIXED_BYTES + rest;
  if (bytes.length < length) return 'incomplete';
  if (family === undefined) return { source: null, destination: null, length };

  // Both addresses, then both ports.
  const { addressBytes, read } = family;
  const end = (which: 0 | 1): ProxyEndpoint => {
    const at = V2_FIXED_BYTES + which * addressBytes;
    const port = V2_FIXED_BYTES + 2 * addressBytes + 2 * which;
    return read(bytes.subarray(at, at + addressBytes), bytes[port]! * 256 + bytes[port + 1]!);
  };
  return { source: end(0), destination: end(1), length };
}

function ipEndpoint(text: string, port: number): ProxyEndpoint {
  const address = canonicalIp(text);
  if (address === null) throw malformed('an address that is none');
  return { address, port };
}

function groups(bytes: Uint8Array): string {
  const numbers = Array.from({ length: 8 }, (_, i) => bytes[2 * i]! * 256 + bytes[2 * i + 1]!);
  return numbers.map((group) => group.toString(16)).join(':');
}

/** Up to the first zero, but for the one that abstract names begin with. */
function unixEndpoint(bytes: Uint8Array): ProxyEndpoint {
  const zero = bytes.indexOf(0, 1);
  const used = bytes.subarray(0, zero === -1 ? bytes.length : zero);
  return { path: used[0] === 0 && used.length === 1 ? '' : new TextDecoder().decode(used) };
}

function malformed(what: string): MalformedError {
  return new MalformedError(`no header of the PROXY protocol: ${what}`);
}
