import { messagePackCodec } from '../../codec/index.js';
import type { Codec } from '../../codec/index.js';
import { checkNodeId, checkNumber, InvalidOptionError } from '../../core/index.js';
import type { NodeId, QuorateError } from '../../core/index.js';
import { checkClusterName } from '../cluster-name.js';
import { checkPort, type MessagePortLike } from './message-port.js';

/** What `openPortTransport` takes. */
export interface PortTransportOptions {
  /** The id of this node. */
  readonly id: NodeId;
  /** The name of the cluster, 1 to 255 bytes as UTF-8. Nodes of different clusters refuse each other. */
  readonly cluster: string;
  /** A port for each peer, whose other end that peer has. See `connect` of {@link PortTransport}. @defaultValue none */
  readonly ports?: Readonly<Record<NodeId, MessagePortLike>>;
  /** Turns messages into bytes. Both sides must use the same. @defaultValue `messagePackCodec()` */
  readonly codec?: Codec;
  /** Codecs of single channels, by name, where the general one is too slow. @defaultValue none */
  readonly codecs?: Readonly<Record<string, Codec>>;
  /**
   * The largest message accepted and sent, encoded, in bytes.
   *
   * @defaultValue 8 MiB: as over TCP, so that a protocol has the same room
   */
  readonly maxMessageBytes?: number;
  /**
   * How many bytes may wait for one peer, here and in the port, until it has taken them out. Beyond it messages are
   * dropped and counted: a port itself queues without a limit.
   *
   * @defaultValue 16 MiB, or twice `maxMessageBytes`: as over TCP
   */
  readonly maxQueuedBytes?: number;
  /** Told of each port that was refused, for logs. Never for decisions. @defaultValue silent */
  readonly onRefused?: (error: QuorateError) => void;
}

/** {@link PortTransportOptions}, checked and complete. */
export interface CheckedOptions {
  readonly id: NodeId;
  readonly cluster: string;
  readonly ports: ReadonlyMap<NodeId, MessagePortLike>;
  readonly codec: Codec;
  readonly codecs: Readonly<Record<string, Codec>>;
  readonly maxMessageBytes: number;
  readonly maxQueuedBytes: number;
  readonly onRefused: (error: QuorateError) => void;
}

/** @throws InvalidOptionError */
export function checkOptions(options: PortTransportOptions): CheckedOptions {
  const id = checkNodeId('id', options.id);
  const maxMessageBytes = checkNumber('maxMessageBytes', options.maxMessageBytes ?? 8 << 20, { min: 64, max: 1 << 30 });
  return {
    id,
    cluster: checkClusterName(options.cluster),
    ports: checkPorts(id, options.ports ?? {}),
    codec: options.codec ?? messagePackCodec(),
    codecs: options.codecs ?? {},
    maxMessageBytes,
    // room for one message of the largest size with the name of its channel
    maxQueuedBytes: checkNumber('maxQueuedBytes', options.maxQueuedBytes ?? Math.max(16 << 20, 2 * maxMessageBytes), {
      min: maxMessageBytes + 256,
    }),
    onRefused: options.onRefused ?? (() => {}),
  };
}

function checkPorts(own: NodeId, ports: Readonly<Record<NodeId, MessagePortLike>>): Map<NodeId, MessagePortLike> {
  const checked = new Map<NodeId, MessagePortLike>();
  for (const [id, port] of Object.entries(ports)) {
    if (checkNodeId('ports', id) === own)
      throw new InvalidOptionError(`ports.${id}`, port, 'left out: it is this node');
    checked.set(id, checkPort(`ports.${id}`, port));
  }
  return checked;
}
