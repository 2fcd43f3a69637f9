import { InvalidOptionError } from '../core/index.js';
import type { Lease, Nodes } from './balancer.js';
import { ipBytes } from './keys/ip-bytes.js';
import { Members } from './members.js';
import { UncountedMember } from './uncounted-member.js';

/** Options of {@link NginxIpHash}. */
export interface NginxIpHashOptions<Context> {
  /** The address of the client: `request.socket.remoteAddress`, or what `clientAddress` finds. */
  readonly address: (context: Context) => string | undefined;
}

const START = 89;
const FACTOR = 113;
const MODULUS = 6271;
/** After the first. */
const MAX_RETRIES = 20;
/** What nginx hashes of clients on UNIX sockets. */
const NO_ADDRESS = /* @__PURE__ */ new Uint8Array(3);

/** A node, with where its turns in the round robin stand. */
class Peer extends UncountedMember {
  current = 0;
}

/**
 * The same node for the same client, by the rule of nginx's `ip_hash`: with the same servers, in the same order and with the
 * same weights, every address goes where nginx sends it. Hashed are the first three bytes of an IPv4 address, so that a
 * network of 256 shares a node, and all of an IPv6 one. IPv4-mapped addresses are IPv4 ones, as to an nginx with sockets of
 * its own for IPv4, which is its default; what is no address counts as 0.0.0.0, as clients on UNIX sockets do there.
 *
 * A node that is not available keeps its share, which is spread over the others by hashing on, 20 times; then the smooth
 * weighted round robin of nginx chooses. Its clients come back when it does. Not where nodes come and go: every change of
 * the list or of a weight moves most clients (`ConsistentHashing` moves few); nor for a total weight above some hundreds:
 * there are 6271 hashes.
 *
 * O(nodes), nothing is allocated but the bytes of an address. Weights are whole numbers.
 *
 * @typeParam Context - what the address is taken from
 */
export class NginxIpHash<Context> extends Members<Peer, Context> {
  /** {@inheritDoc Balancer.weighting} */
  readonly weighting = 'placed';
  readonly #address: (context: Context) => string | undefined;
  /** All, in the order in which they were added. */
  #peers: Peer[] = [];
  /** 0 while it must be summed up anew. */
  #totalWeight = 0;

  /** @throws InvalidOptionError also for a weight that is no whole number */
  constructor(nodes: Nodes, { address }: NginxIpHashOptions<Context>) {
    super();
    this.#address = address;
    this.addAll(nodes);
  }

  /** Adds a node behind the others, or changes the weight of one. @throws InvalidOptionError */
  override add(node: string, weight = 1): void {
    if (Number.isFinite(weight) && weight % 1 !== 0)
      throw new InvalidOptionError(`weight of ${node}`, weight, 'a whole number from 0');
    super.add(node, weight);
    this.#totalWeight = 0;
  }

  /** Removes a node. Returns whether it was there. */
  override remove(node: string): boolean {
    this.#peers = this.#peers.filter((peer) => peer.node !== node);
    this.#totalWeight = 0;
    return super.remove(node);
  }

  /** The node of a client. @throws NoNodeError */
  pick(context: Context): Lease {
    const active = this.active();
    if (this.#totalWeight === 0) for (const { weight } of this.#peers) this.#totalWeight += weight;
    const bytes = hashedBytes(this.#address(context));
    for (let hash = START, retries = 0; retries <= MAX_RETRIES; retries++) {
      for (const byte of bytes) hash = (hash * FACTOR + byte) % MODULUS; // on from the last one, not from the start
      const peer = this.#peerAt(hash % this.#totalWeight);
      if (peer.available) return peer.lease();
    }
    return roundRobin(active).lease();
  }

  /** @internal */
  protected member(node: string, order: number): Peer {
    const peer = new Peer(node, order);
    this.#peers.push(peer);
    return peer;
  }

  #peerAt(point: number): Peer {
    let number = 0;
    for (let left = point; left >= this.#peers[number]!.weight; number++) left -= this.#peers[number]!.weight;
    return this.#peers[number]!;
  }
}

function hashedBytes(address: string | undefined): Uint8Array {
  const bytes = address === undefined ? undefined : ipBytes(address);
  if (bytes === undefined) return NO_ADDRESS;
  return bytes.length === 4 ? bytes.subarray(0, 3) : bytes;
}

/** The smooth weighted round robin of nginx: the first of those that are furthest ahead, which then goes back by the total. */
function roundRobin(peers: readonly Peer[]): Peer {
  let best = peers[0]!;
  let total = 0;
  for (const peer of peers) {
    peer.current += peer.weight;
    total += peer.weight;
    if (peer.current > best.current) best = peer;
  }
  best.current -= total;
  return best;
}
