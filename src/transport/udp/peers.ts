import type { NodeId, PeerStatus } from '../../core/index.js';
import type { Endpoint, Target } from './target.js';

/** What the transport knows of one peer. */
export class UdpPeer {
  readonly id: NodeId;
  /** Where it was said to be; `null` when only its datagrams tell. */
  target: Target | null = null;
  /** Where its last valid datagram came from. */
  source: Endpoint | null = null;
  /** Monotonic milliseconds of that. */
  heardAt = Number.NEGATIVE_INFINITY;
  sent = 0;
  received = 0;
  dropped = 0;
  queuedBytes = 0;

  constructor(id: NodeId) {
    this.id = id;
  }

  /** Where to send now; `null` while that is not known. What the program said comes before what datagrams say. */
  endpoint(): Endpoint | null {
    return this.target === null ? this.source : this.target.endpoint();
  }

  /** @param heardSince - when it must have been heard from to count as connected */
  status(heardSince: number): PeerStatus {
    const { id, sent, received, dropped, queuedBytes } = this;
    return { id, connected: this.heardAt >= heardSince, sent, received, dropped, queuedBytes };
  }
}

/**
 * The peers of a transport. Those with an address that the program told are there until it takes that back. Besides
 * them, so that they can be answered, those that were heard from: at most `maxLearned`, and the one that was silent for
 * longest makes room. Constant time for each call.
 */
export class PeerTable {
  readonly #maxLearned: number;
  readonly #evicted: () => void;
  readonly #told = new Map<NodeId, UdpPeer>();
  /** In the order in which they were last heard from. */
  readonly #learned = new Map<NodeId, UdpPeer>();

  /** @param evicted - called for each peer that made room */
  constructor(maxLearned: number, evicted: () => void) {
    this.#maxLearned = maxLearned;
    this.#evicted = evicted;
  }

  *[Symbol.iterator](): Iterator<UdpPeer> {
    yield* this.#told.values();
    yield* this.#learned.values();
  }

  get(id: NodeId): UdpPeer | undefined {
    return this.#told.get(id) ?? this.#learned.get(id);
  }

  /** Says where a peer is; `null` leaves it to its datagrams, and forgets it if there was none. */
  tell(id: NodeId, target: Target | null): void {
    const peer = this.get(id) ?? new UdpPeer(id);
    peer.target = target;
    this.#told.delete(id);
    this.#learned.delete(id);
    if (target !== null) this.#told.set(id, peer);
    else if (peer.source !== null) this.#learn(peer);
  }

  /** A valid datagram came from a peer. */
  heard(id: NodeId, from: Endpoint, now: number): UdpPeer {
    const told = this.#told.get(id);
    const peer = told ?? this.#learned.get(id) ?? new UdpPeer(id);
    peer.heardAt = now;
    const { source } = peer;
    if (source?.port !== from.port || source.address !== from.address) {
      peer.source = { address: from.address, port: from.port };
    }
    if (told === undefined) this.#learn(peer);
    return peer;
  }

  #learn(peer: UdpPeer): void {
    this.#learned.delete(peer.id);
    this.#learned.set(peer.id, peer); // the last one now
    if (this.#learned.size <= this.#maxLearned) return;
    const [longestSilent] = this.#learned.keys();
    this.#learned.delete(longestSilent!);
    this.#evicted();
  }
}
