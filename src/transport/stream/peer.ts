import type { NodeId, PeerStatus } from '../../core/index.js';
import type { Connection } from './connection.js';
import type { Hello } from './hello.js';

/** A connection that the peer dialed, and that waits for what becomes of the one that this side dialed. */
export interface Held<InboundChannel> {
  readonly connection: Connection<InboundChannel>;
  readonly hello: Hello;
}

/** What the transport knows of one peer: one connection at most, and what is under way to make one. */
export class Peer<InboundChannel> {
  readonly id: NodeId;
  /** Where to dial it; `null` when only it dials. */
  address: string | null = null;
  /** The connection that messages take. */
  connection: Connection<InboundChannel> | null = null;
  /** Stops the dialing that is under way. */
  dialing: AbortController | null = null;
  /** The connection that this side is dialing and that is not open yet. */
  attempt: Connection<InboundChannel> | null = null;
  held: Held<InboundChannel> | null = null;
  sent = 0;
  received = 0;
  dropped = 0;

  constructor(id: NodeId) {
    this.id = id;
  }

  status(): PeerStatus {
    return {
      id: this.id,
      connected: this.connection !== null,
      sent: this.sent,
      received: this.received,
      dropped: this.dropped,
      queuedBytes: this.connection?.queuedBytes ?? 0,
    };
  }
}

/** One of two connections of the same pair of nodes. */
export interface Rival {
  /** The node that dialed it. */
  readonly dialer: NodeId;
  /** The run of the peer that is at its other end. */
  readonly incarnation: string;
}

/**
 * Whether an open connection stays when another one of the same peer comes. When both nodes dialed at once, both must
 * keep the same one: that which the node with the smaller id dialed. In all other cases the new one wins, because
 * nobody dials a peer that it is connected with: the old one is dead and nobody noticed yet, or its peer was started
 * anew.
 *
 * @param ageMs - how long the present connection has been open
 * @param windowMs - how old it may be for the two to have been dialed at once: the longest time a dial takes
 */
export function keepsPresent(present: Rival, next: Rival, ageMs: number, windowMs: number): boolean {
  const atOnce = present.dialer !== next.dialer && present.incarnation === next.incarnation && ageMs <= windowMs;
  return atOnce && present.dialer < next.dialer;
}

/**
 * What to do with a connection that a peer dialed while this side is dialing the peer. `wait`: the peer may have taken
 * on the connection of this side, which wins because this id is smaller. `take`: the peer has the smaller id; or this
 * side has not said yet all that the peer needs to take its connection on, and giving it up is harmless. Deciding so
 * before either is open spares both sides a connection that is replaced as soon as it is used.
 */
export function whileDialing(own: NodeId, peer: NodeId, offered: boolean): 'wait' | 'take' {
  return own < peer && offered ? 'wait' : 'take';
}
