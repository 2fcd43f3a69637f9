import { messagePackCodec } from '../../codec/index.js';
import type { Codec } from '../../codec/index.js';
import { checkNodeId, checkNumber, InvalidOptionError, MAX_NODE_ID_LENGTH } from '../../core/index.js';
import type { NodeId, QuorateError } from '../../core/index.js';
import { checkClusterName } from '../cluster-name.js';
import { MAX_CHANNEL_NAME_LENGTH } from '../port.js';
import { parseAddress } from '../../core/index.js';
import { checkListen } from '../tcp/address.js';
import type { HostPort } from '../../core/index.js';
import { MAX_SECRETS, MIN_SECRET_BYTES } from './authenticator.js';
import { overhead } from './datagram.js';

/** What `openUdpTransport` takes. */
export interface UdpTransportOptions {
  /** The id of this node. */
  readonly id: NodeId;
  /** The name of the cluster, 1 to 255 bytes as UTF-8. Nodes of different clusters do not hear each other. */
  readonly cluster: string;
  /**
   * Where to receive: `host` is the interface, which should be an address that others can send to, and port 0 takes a
   * free port. An IPv4 host makes a socket that reaches IPv4 addresses; `::` one that reaches both versions.
   */
  readonly listen: HostPort;
  /**
   * Where others are reached, as `host:port`, an IPv6 host in brackets. An entry for this node is ignored. Names are
   * looked up, see `resolveEveryMs`.
   */
  readonly addresses?: Readonly<Record<NodeId, string>>;
  /**
   * A secret that all nodes of the cluster share: at least 16 bytes (a string counts as UTF-8); draw 32 at random. Each
   * datagram then carries 16 bytes of HMAC-SHA256, and those without a right one are refused. It costs some microseconds
   * a datagram. With a list of up to four, the first one signs and all are accepted, so that a secret can be replaced node
   * by node.
   *
   * @defaultValue none: whoever reaches the port can claim to be any node
   */
  readonly secret?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Turns messages into bytes. Both sides must use the same. @defaultValue `messagePackCodec()` */
  readonly codec?: Codec;
  /** Codecs of single channels, by name, where the general one is too slow. @defaultValue none */
  readonly codecs?: Readonly<Record<string, Codec>>;
  /**
   * The largest datagram sent and accepted, in bytes, names and tag included; at most 65,507. The same on all nodes.
   *
   * @defaultValue 1200: what every path carries in one piece, because IPv6 demands 1280 of which headers take 48 and
   * tunnels some (QUIC starts from it too: RFC 9000, section 14). A larger datagram may travel in fragments, and is lost
   * when one of them is
   */
  readonly maxDatagramBytes?: number;
  /**
   * How many bytes may be with the system and not yet sent, to all peers together. Beyond it messages are dropped and
   * counted. What is sent in one go counts until the next turn of the event loop.
   *
   * @defaultValue 1 MiB: above what sockets buffer by default, so that a burst which could be sent is not dropped here
   */
  readonly maxQueuedBytes?: number;
  /**
   * How many peers without an address of their own are remembered by where their datagrams came from. Beyond it the one
   * that was silent for longest is forgotten until it sends again.
   *
   * @defaultValue 1024: some hundred KiB
   */
  readonly maxLearnedPeers?: number;
  /**
   * How many bytes the system keeps of what arrived and was not taken out yet. What does not fit is lost, and nobody
   * counts it. Systems have limits of their own.
   *
   * @defaultValue that of the system
   */
  readonly receiveBufferBytes?: number;
  /**
   * How long the address of a name is used before the name is looked up again, in milliseconds. Lookups happen when an
   * address is told and when something is sent, one at a time for each peer.
   *
   * @defaultValue 30,000: a node that moved is found within half a minute, for a lookup every half a minute
   */
  readonly resolveEveryMs?: number;
  /**
   * For how long after its last datagram a peer counts as connected in `status()`, in milliseconds. Nothing else depends
   * on it; decide by heartbeats.
   *
   * @defaultValue 10,000: ten heartbeats of a second
   */
  readonly heardWithinMs?: number;
  /** Told of addresses that could not be looked up, for logs. @defaultValue silent */
  readonly onLookupFailed?: (error: QuorateError) => void;
}

/** {@link UdpTransportOptions}, checked and complete. */
export interface CheckedOptions {
  readonly id: NodeId;
  readonly cluster: string;
  readonly listen: HostPort;
  readonly addresses: ReadonlyMap<NodeId, HostPort>;
  readonly secrets: readonly [Uint8Array, ...Uint8Array[]] | null;
  readonly codec: Codec;
  readonly codecs: Readonly<Record<string, Codec>>;
  readonly maxDatagramBytes: number;
  readonly maxQueuedBytes: number;
  readonly maxLearnedPeers: number;
  readonly receiveBufferBytes: number | null;
  readonly resolveEveryMs: number;
  readonly heardWithinMs: number;
  readonly onLookupFailed: (error: QuorateError) => void;
}

/** The largest datagram of IPv4: 65,535 bytes less the headers of IP and UDP. */
const LARGEST_DATAGRAM = 65_507;

/** What must be left for the message in the smallest datagram allowed. */
const LEAST_MESSAGE_BYTES = 64;

/** @throws InvalidOptionError */
export function checkOptions(options: UdpTransportOptions): CheckedOptions {
  const id = checkNodeId('id', options.id);
  const cluster = checkClusterName(options.cluster);
  const secrets = options.secret === undefined ? null : checkSecrets(options.secret);
  const longestChannel = 'x'.repeat(MAX_CHANNEL_NAME_LENGTH);
  const most = largestOverhead(cluster, id, longestChannel, secrets !== null);
  const maxDatagramBytes = checkNumber('maxDatagramBytes', options.maxDatagramBytes ?? 1200, {
    min: most + LEAST_MESSAGE_BYTES,
    max: LARGEST_DATAGRAM,
  });
  return {
    id,
    cluster,
    listen: checkListen(options.listen, '{ host, port }; a client takes port 0'),
    addresses: checkAddresses(id, options.addresses ?? {}),
    secrets,
    codec: options.codec ?? messagePackCodec(),
    codecs: options.codecs ?? {},
    maxDatagramBytes,
    maxQueuedBytes: checkNumber('maxQueuedBytes', options.maxQueuedBytes ?? 1 << 20, { min: maxDatagramBytes }),
    maxLearnedPeers: checkNumber('maxLearnedPeers', options.maxLearnedPeers ?? 1024, { min: 0 }),
    receiveBufferBytes:
      options.receiveBufferBytes === undefined
        ? null
        : checkNumber('receiveBufferBytes', options.receiveBufferBytes, { min: 1, max: 0x7fff_ffff }),
    resolveEveryMs: checkNumber('resolveEveryMs', options.resolveEveryMs ?? 30_000, { min: 1 }),
    heardWithinMs: checkNumber('heardWithinMs', options.heardWithinMs ?? 10_000, { min: 1 }),
    onLookupFailed: options.onLookupFailed ?? (() => {}),
  };
}

/** What a datagram of that channel holds besides the message, to the receiver with the longest id. */
export function largestOverhead(cluster: string, from: NodeId, channel: string, tagged: boolean): number {
  return overhead({ cluster, from, to: 'x'.repeat(MAX_NODE_ID_LENGTH), channel, tagged });
}

/** What is wrong is said without repeating the secret. */
function checkSecrets(option: unknown): readonly [Uint8Array, ...Uint8Array[]] {
  const list: readonly unknown[] = Array.isArray(option) ? option : [option];
  const [first, ...others] = list.map(checkSecret);
  if (first !== undefined && list.length <= MAX_SECRETS) return [first, ...others];
  throw new InvalidOptionError('secret', list, `one secret, or a list of 1 to ${MAX_SECRETS}`);
}

function checkSecret(secret: unknown): Uint8Array {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret;
  if (bytes instanceof Uint8Array && bytes.length >= MIN_SECRET_BYTES) return bytes.slice();
  const given = bytes instanceof Uint8Array ? `(of ${bytes.length} bytes)` : `(of type ${typeof secret})`;
  throw new InvalidOptionError('secret', given, `a string or bytes, at least ${MIN_SECRET_BYTES} bytes long`);
}

function checkAddresses(own: NodeId, addresses: Readonly<Record<NodeId, string>>): Map<NodeId, HostPort> {
  const checked = new Map<NodeId, HostPort>();
  for (const [id, address] of Object.entries(addresses)) {
    checkNodeId('addresses', id);
    if (id !== own) checked.set(id, parseAddress(`addresses.${id}`, address));
  }
  return checked;
}
