import type { Codec } from './codec.js';
import type { NodeId } from './node-id.js';

/**
 * Carries messages between nodes with datagram semantics: a message may be lost, duplicated or reordered; it is never
 * corrupted and never delivered to another node. Nothing here waits for anything.
 */
export interface Transport extends AsyncDisposable {
  /** The node at this end. */
  readonly id: NodeId;
  /**
   * The channel of that name, made on first use. Protocols that share a transport use one channel each; both ends of a
   * channel use the same name, and the same codec.
   */
  channel(name: string, options?: ChannelOptions): Channel;
  /**
   * Says where a node is reached, in the form the transport uses (for TCP `host:port`); `null` forgets it. A node
   * without an address can still be answered while it is connected.
   */
  setAddress(id: NodeId, address: string | null): void;
  /** Counters and queue sizes, as of now. */
  status(): TransportStatus;
  /** Stops listening, closes connections, frees the port. Closing twice is harmless. */
  close(): Promise<void>;
}

/** What a protocol may say of its {@link Channel}; the first that says something counts. */
export interface ChannelOptions {
  /**
   * Turns the messages of this channel into bytes, where the transport does so at all: for protocols that have a form of
   * their own for messages of which there are many. @defaultValue that of the transport
   */
  readonly codec?: Codec;
}

/** One protocol's share of a {@link Transport}. */
export interface Channel {
  /** The name that both ends use. */
  readonly name: string;
  /** What this channel promises beyond datagrams. */
  readonly supports: ChannelSupport;
  /**
   * Hands a message over for sending and returns at once. Never throws for an unreachable peer. `false`: it was
   * dropped here (not connected, queue full, too large, closed); `true` promises nothing.
   *
   * @throws QuorateError with code `not-encodable` when the message holds what messages must not hold
   */
  send(to: NodeId, message: unknown): boolean;
  /**
   * Starts delivery to `listener`, at most one at a time; what arrives while none listens is dropped.
   *
   * @returns a function that stops delivery
   * @throws QuorateError with code `channel-in-use` when somebody listens already
   */
  listen(listener: ChannelListener): () => void;
}

/** Receives what arrives on a {@link Channel}. Calls never happen inside `send` or `listen`. */
export interface ChannelListener {
  /** A message arrived. It comes from outside: parse it before use. */
  message(from: NodeId, message: unknown): void;
  /** The transport noticed that a peer came or went. A hint, never a proof. */
  peer?(id: NodeId, up: boolean): void;
}

/** What a {@link Channel} promises. */
export interface ChannelSupport {
  /** Messages between two nodes that both stay connected arrive in the order in which they were sent. */
  readonly ordered: boolean;
  /** The largest encoded message, in bytes. */
  readonly maxBytes: number;
}

/** What a {@link Transport} counted since it was made. */
export interface TransportStatus {
  /** The address that others can dial; `null` when this transport does not listen. */
  readonly address: string | null;
  /** The peers that are known, by id. */
  readonly peers: readonly PeerStatus[];
  /** Connections or messages from outside that were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** What a {@link Transport} knows of one peer. */
export interface PeerStatus {
  readonly id: NodeId;
  /** Whether messages can flow now, as far as is known. */
  readonly connected: boolean;
  /** Messages handed over and not dropped here. */
  readonly sent: number;
  /** Messages delivered here. */
  readonly received: number;
  /** Messages dropped here, for whatever reason. */
  readonly dropped: number;
  /** Bytes waiting to be sent. */
  readonly queuedBytes: number;
}
