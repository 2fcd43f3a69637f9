import { messagePackCodec } from '../../codec/index.js';
import type { Codec } from '../../codec/index.js';
import { checkNodeId, checkNumber, InvalidOptionError } from '../../core/index.js';
import type { NodeId, QuorateError } from '../../core/index.js';
import { MAX_LABEL_LENGTH } from './hello.js';
import { createProver } from './prover.js';
import type { Prover, Secret } from './prover.js';

/** What all transports over streams of bytes take. */
export interface StreamTransportOptions {
  /** The id of this node. */
  readonly id: NodeId;
  /** The name of the cluster, 1 to 256 characters. Nodes of different clusters refuse each other. */
  readonly cluster: string;
  /** Where others are reached, in the form of the transport. An entry for this node is ignored. */
  readonly addresses?: Readonly<Record<NodeId, string>>;
  /**
   * Tells two runs of this node apart, so that peers give up the connection of the former one at once; a gpid fits.
   *
   * @defaultValue a random string, which is enough to tell runs apart
   */
  readonly incarnation?: string;
  /** Turns messages into bytes. Both sides must use the same. @defaultValue `messagePackCodec()` */
  readonly codec?: Codec;
  /** Codecs of single channels, by name, where the general one is too slow. @defaultValue none */
  readonly codecs?: Readonly<Record<string, Codec>>;
  /**
   * The largest frame accepted and sent, in bytes; a message may be one byte shorter.
   *
   * @defaultValue 8 MiB: room for large batches, little enough to gather in memory for each connection
   */
  readonly maxFrameBytes?: number;
  /**
   * How many bytes may wait for one peer. Beyond it messages are dropped and counted.
   *
   * @defaultValue 16 MiB: two frames of the largest size, about a tenth of a second of a fast network
   */
  readonly maxQueuedBytes?: number;
  /**
   * How many connections that others dialed there may be at once. At the limit the oldest one that has not said hello yet
   * gives way to a new one. Those that this node dials do not count: their number is that of the addresses.
   *
   * @defaultValue 1024: below the usual limit on open files
   */
  readonly maxConnections?: number;
  /**
   * How long connecting and the hello may take, in milliseconds.
   *
   * @defaultValue 2000: one lost packet is sent again after one second
   */
  readonly handshakeTimeoutMs?: number;
  /**
   * The wait after the first failed dial, in milliseconds; it doubles with each failure, with jitter.
   *
   * @defaultValue 50: clients that fail over wait for it
   */
  readonly reconnectMinMs?: number;
  /** The longest wait between dials. @defaultValue 2000: a node that comes back is found within two seconds */
  readonly reconnectMaxMs?: number;
  /**
   * How long `close` tries to send what is queued, in milliseconds.
   *
   * @defaultValue 200: enough for a peer that reads, soon over for one that does not
   */
  readonly closeGraceMs?: number;
  /**
   * A secret that all nodes of the cluster share, of at least 16 bytes; draw 32 at random. Both sides of a connection
   * prove that they hold it, by HMAC over fresh nonces; it is never sent. A node with a secret and one without refuse
   * each other. It does not protect what is said once the connection is made: whoever can change what is on the network
   * needs TLS against them. With a list of up to four, the first one signs and all are accepted, so that a secret can be
   * replaced node by node.
   *
   * @defaultValue none: whoever reaches the port is believed, unless TLS checks certificates
   */
  readonly secret?: Secret | readonly Secret[];
  /**
   * Told of refused connections and failed dials, for logs: once for each reason and peer until that peer was connected.
   * Never for decisions: `status().refused` counts each.
   *
   * @defaultValue silent
   */
  readonly onRefused?: (error: QuorateError) => void;
}

/** {@link StreamTransportOptions}, checked and complete. */
export interface CheckedStreamOptions {
  readonly id: NodeId;
  readonly cluster: string;
  readonly addresses: ReadonlyMap<NodeId, string>;
  readonly incarnation: string;
  readonly codec: Codec;
  readonly codecs: Readonly<Record<string, Codec>>;
  readonly maxFrameBytes: number;
  readonly maxQueuedBytes: number;
  readonly maxConnections: number;
  readonly handshakeTimeoutMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  readonly closeGraceMs: number;
  readonly prover: Prover | null;
  readonly onRefused: (error: QuorateError) => void;
}

const LONGEST_TIMER_MS = 0x7fff_ffff;

/** The check of one address: its form in the transport, or an InvalidOptionError that names `option`. */
export type CheckAddress = (option: string, address: unknown) => string;

/** @throws InvalidOptionError */
export function checkStreamOptions(options: StreamTransportOptions, checkAddress: CheckAddress): CheckedStreamOptions {
  const maxFrameBytes = checkNumber('maxFrameBytes', options.maxFrameBytes ?? 8 << 20, { min: 64, max: 1 << 30 });
  const reconnectMinMs = milliseconds('reconnectMinMs', options.reconnectMinMs ?? 50, 1);
  return {
    id: checkNodeId('id', options.id),
    cluster: checkLabel('cluster', options.cluster),
    addresses: checkAddresses(options.id, options.addresses ?? {}, checkAddress),
    incarnation: checkLabel('incarnation', options.incarnation ?? randomLabel()),
    codec: options.codec ?? messagePackCodec(),
    codecs: options.codecs ?? {},
    maxFrameBytes,
    // room for one frame of the largest size, its length and the name of its channel
    maxQueuedBytes: checkNumber('maxQueuedBytes', options.maxQueuedBytes ?? Math.max(16 << 20, 2 * maxFrameBytes), {
      min: maxFrameBytes + 256,
    }),
    maxConnections: checkNumber('maxConnections', options.maxConnections ?? 1024, { min: 1 }),
    handshakeTimeoutMs: milliseconds('handshakeTimeoutMs', options.handshakeTimeoutMs ?? 2000, 1),
    reconnectMinMs,
    reconnectMaxMs: milliseconds(
      'reconnectMaxMs',
      options.reconnectMaxMs ?? Math.max(2000, reconnectMinMs),
      reconnectMinMs,
    ),
    closeGraceMs: milliseconds('closeGraceMs', options.closeGraceMs ?? 200, 0),
    prover: createProver(options.secret),
    onRefused: options.onRefused ?? (() => {}),
  };
}

/** A whole number of milliseconds that a timer can take. @throws InvalidOptionError */
export function milliseconds(name: string, value: number, min: number): number {
  return checkNumber(name, value, { min, max: LONGEST_TIMER_MS });
}

function checkAddresses(
  own: NodeId,
  addresses: Readonly<Record<NodeId, string>>,
  checkAddress: CheckAddress,
): Map<NodeId, string> {
  const checked = new Map<NodeId, string>();
  for (const [id, address] of Object.entries(addresses)) {
    checkNodeId('addresses', id);
    if (id !== own) checked.set(id, checkAddress(`addresses.${id}`, address));
  }
  return checked;
}

function checkLabel(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_LABEL_LENGTH) return value;
  throw new InvalidOptionError(name, value, `a string of 1 to ${MAX_LABEL_LENGTH} characters`);
}

/** `crypto.randomUUID` is missing in pages that came over plain HTTP. */
function randomLabel(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
