import { isUtf8 } from 'node:buffer';
import { isNodeId, MAX_NODE_ID_LENGTH } from '../../core/index.js';
import type { NodeId } from '../../core/index.js';
import { isChannelName, MAX_CHANNEL_NAME_LENGTH } from '../port.js';

/** The first byte of each datagram. Another one says that nothing is known of the bytes that follow. */
const DATAGRAM_VERSION = 1;

/** The length of the tag that ends a datagram when there is a secret. */
export const TAG_BYTES = 16;

/** Version, flags, and the lengths of four names. */
const FIXED_BYTES = 6;

/** The only flag: a tag ends the datagram. */
const TAGGED = 1;

/** What a datagram says besides its body. */
export interface Header {
  readonly cluster: string;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly channel: string;
  /** Whether the last {@link TAG_BYTES} bytes are a tag. */
  readonly tagged: boolean;
}

/** A datagram taken apart. */
export interface Datagram extends Header {
  /** The encoded message: a view of the datagram. */
  readonly body: Uint8Array;
}

/** How many bytes of a datagram are not body. */
export function overhead(header: Header): number {
  const names = Buffer.byteLength(header.cluster) + header.from.length + header.to.length + header.channel.length;
  return FIXED_BYTES + names + (header.tagged ? TAG_BYTES : 0);
}

/**
 * Puts a datagram together, in memory of its own, with zeros where the tag belongs:
 *
 * | bytes | what |
 * |---|---|
 * | 1 | version |
 * | 1 | flags: 1 when a tag ends the datagram, else 0 |
 * | 4 | lengths of the names that follow, one byte each |
 * | ... | cluster (UTF-8), sender, receiver, channel (ASCII) |
 * | ... | body |
 * | 0 or 16 | tag |
 */
export function encodeDatagram(header: Header, body: Uint8Array): Buffer {
  const { cluster, from, to, channel, tagged } = header;
  const bytes = Buffer.allocUnsafe(overhead(header) + body.length);
  bytes[0] = DATAGRAM_VERSION;
  bytes[1] = tagged ? TAGGED : 0;
  let at = FIXED_BYTES;
  at += bytes[2] = bytes.write(cluster, at, 'utf8');
  at += bytes[3] = bytes.write(from, at, 'latin1');
  at += bytes[4] = bytes.write(to, at, 'latin1');
  at += bytes[5] = bytes.write(channel, at, 'latin1');
  bytes.set(body, at);
  if (tagged) bytes.fill(0, at + body.length);
  return bytes;
}

/**
 * Takes a datagram apart, or says why it is none. Never throws, whatever the bytes are: lengths are checked before
 * anything is read by them, names before they are used.
 */
export function parseDatagram(bytes: Buffer): Datagram | 'version' | 'malformed' {
  if (bytes.length === 0) return 'malformed';
  if (bytes[0] !== DATAGRAM_VERSION) return 'version';
  if (bytes.length < FIXED_BYTES || bytes[1]! > TAGGED) return 'malformed';
  const tagged = bytes[1] === TAGGED;
  const [clusterLength, fromLength, toLength, channelLength] = [bytes[2]!, bytes[3]!, bytes[4]!, bytes[5]!];
  if (fromLength > MAX_NODE_ID_LENGTH || toLength > MAX_NODE_ID_LENGTH) return 'malformed';
  if (clusterLength === 0 || channelLength > MAX_CHANNEL_NAME_LENGTH) return 'malformed';
  const fromAt = FIXED_BYTES + clusterLength;
  const toAt = fromAt + fromLength;
  const channelAt = toAt + toLength;
  const bodyAt = channelAt + channelLength;
  const end = bytes.length - (tagged ? TAG_BYTES : 0);
  if (bodyAt > end || !isUtf8(bytes.subarray(FIXED_BYTES, fromAt))) return 'malformed';
  const from = bytes.toString('latin1', fromAt, toAt);
  const to = bytes.toString('latin1', toAt, channelAt);
  const channel = bytes.toString('latin1', channelAt, bodyAt);
  if (!isNodeId(from) || !isNodeId(to) || !isChannelName(channel)) return 'malformed';
  // a view of type Uint8Array and not Buffer, so that decoded bytes are what the codec promises
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset + bodyAt, end - bodyAt);
  return { cluster: bytes.toString('utf8', FIXED_BYTES, fromAt), from, to, channel, tagged, body };
}
