import type { ConsistentHash } from 'quorate/hashing';
import type { Algorithm } from './algorithms.js';

/** What an algorithm makes of some nodes and keys. Shares are parts of all keys. */
export interface Measured {
  readonly name: string;
  /** Of each node, in ascending order of nodes. */
  readonly shares: readonly number[];
  /** The share of the fullest node, and of the emptiest one, with 1 for the average. */
  readonly peak: number;
  readonly least: number;
  /** How many keys moved when one node went away: at least those that it had. */
  readonly moved: number;
  /** How many of them moved though their node stayed. */
  readonly extra: number;
}

/** Places all keys, takes away the node in the middle, and places them again. */
export function measure(algorithm: Algorithm, nodes: readonly string[], keys: readonly string[]): Measured {
  const hash = algorithm.make(nodes);
  const before = placed(hash, keys);
  const counts = new Map(hash.nodes.map((node) => [node, 0]));
  for (const node of before) counts.set(node, counts.get(node)! + 1);
  const shares = Array.from(counts.values(), (count) => count / keys.length);
  const gone = hash.nodes[nodes.length >> 1]!;
  hash.remove(gone);
  const after = placed(hash, keys);
  const moved = before.filter((node, i) => node !== after[i]);
  return {
    name: algorithm.name,
    shares,
    peak: Math.max(...shares) * nodes.length,
    least: Math.min(...shares) * nodes.length,
    moved: moved.length / keys.length,
    extra: moved.filter((node) => node !== gone).length / keys.length,
  };
}

function placed(hash: ConsistentHash, keys: readonly string[]): string[] {
  return keys.map((key) => hash.get(key)!);
}
