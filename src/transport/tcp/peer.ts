import type { NodeId, PeerStatus } from '../../core/index.js';
import type { HostPort } from './address.js';
import type { Connection } from './connection.js';

/** What the transport knows of one peer: one connection at most, and whether it is dialed. */
export class Peer<InboundChannel> {
  readonly id: NodeId;
  /** Where to dial it; `null` when only it dials. */
  address: HostPort | null = null;
  /** The connection that messages take. */
  connection: Connection<InboundChannel> | null = null;
  /** Stops the dialing that is under way. */
  dialing: AbortController | null = null;
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
 * Whether the connection there is stays when another one of the same peer comes. Nodes that know each other dial each
 * other, and when both do so at once, both must keep the same one: that which the node with the smaller id dialed. In
 * all other cases the new one wins, because nobody dials a peer that it is connected with: the old one is dead and
 * nobody noticed yet, or its peer was started anew.
 *
 * @param ageMs - how long the present connection has been open
 * @param windowMs - how old it may be for the two to have been dialed at once: the longest time a dial takes
 */
export function keepsPresent(present: Rival, next: Rival, ageMs: number, windowMs: number): boolean {
  const atOnce = present.dialer !== next.dialer && present.incarnation === next.incarnation && ageMs <= windowMs;
  return atOnce && present.dialer < next.dialer;
}
