import {
  AnchorHash,
  HashRing,
  JumpHash,
  KetamaRing,
  Maglev,
  MementoHash,
  MultiProbe,
  NginxRing,
  RendezvousHash,
  type ConsistentHash,
  type KeyHash,
} from 'quorate/hashing';
import { md5 } from 'quorate/hashing/node';

/** A way to place keys, by what it is called. */
export interface Algorithm {
  readonly name: string;
  make(nodes: readonly string[]): ConsistentHash;
}

/** All that the library has, rings with different numbers of points. Two of them have a hash of their own. */
export const algorithms = (hash: KeyHash): readonly Algorithm[] => [
  ...[40, 160, 1000].map((pointsPerNode): Algorithm => ({
    name: `ring, ${pointsPerNode} points`,
    make: (nodes) => new HashRing(nodes, { pointsPerNode, hash }),
  })),
  { name: 'ketama ring', make: (nodes) => new KetamaRing(nodes, { md5 }) },
  { name: 'nginx ring', make: (nodes) => new NginxRing(nodes) },
  { name: 'jump', make: (nodes) => new JumpHash(nodes, { hash }) },
  { name: 'rendezvous', make: (nodes) => new RendezvousHash(nodes, { hash }) },
  { name: 'Maglev', make: (nodes) => new Maglev(nodes, { hash }) },
  { name: 'multi-probe', make: (nodes) => new MultiProbe(nodes, { hash }) },
  { name: 'AnchorHash', make: (nodes) => new AnchorHash(nodes, { capacity: 2 * nodes.length, hash }) },
  { name: 'MementoHash', make: (nodes) => new MementoHash(nodes, { hash }) },
];
