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
} from 'quorate/hashing';
import { md5 } from 'quorate/hashing/node';

/** A way to place keys, by what it is called. */
export interface Algorithm {
  readonly name: string;
  make(nodes: readonly string[]): ConsistentHash;
}

/** All that the library has, rings with different numbers of points. */
export const algorithms: readonly Algorithm[] = [
  ...[40, 160, 1000].map((pointsPerNode): Algorithm => ({
    name: `ring, ${pointsPerNode} points`,
    make: (nodes) => new HashRing(nodes, { pointsPerNode }),
  })),
  { name: 'ketama ring', make: (nodes) => new KetamaRing(nodes, { md5 }) },
  { name: 'nginx ring', make: (nodes) => new NginxRing(nodes) },
  { name: 'jump', make: (nodes) => new JumpHash(nodes) },
  { name: 'rendezvous', make: (nodes) => new RendezvousHash(nodes) },
  { name: 'Maglev', make: (nodes) => new Maglev(nodes) },
  { name: 'multi-probe', make: (nodes) => new MultiProbe(nodes) },
  { name: 'AnchorHash', make: (nodes) => new AnchorHash(nodes, { capacity: 2 * nodes.length }) },
  { name: 'MementoHash', make: (nodes) => new MementoHash(nodes) },
];
