import { InvalidOptionError } from '../core/index.js';
import type { Nodes } from './consistent-hash.js';
import { bytesOf, type Key } from './key.js';
import type { PointList } from './points.js';
import { Ring } from './ring.js';

/** MD5: 16 bytes for any bytes. Must not keep the bytes that it is given, nor change them. */
export type Md5 = (bytes: Uint8Array) => Uint8Array;

/** Options of {@link KetamaRing}. */
export interface KetamaRingOptions {
  /** MD5, of which platforms have their own and browsers none. `quorate/hashing/node` exports that of Node. */
  readonly md5: Md5;
}

const DIGESTS_PER_NODE = 40;
const EMPTY = 'd41d8cd98f00b204e9800998ecf8427e';

/**
 * The ring of libketama (Jones 2007), which clients of memcached share: with the same nodes and weights every key is where
 * they put it. Names are what those clients hash, `10.0.0.1:11211`; libmemcached leaves the port away when it is 11211.
 *
 * MD5 of `name-0`, `name-1` ... gives four points each. Weights are shares: a node has floor(40 n share) digests of the n
 * nodes whose weight is not 0, computed with floats of 32 bits as libketama does. So equal nodes have 160 points each (156
 * when there are 61 or 122), and only keys to or from a node move when it comes or goes. With unequal weights the share of
 * every node changes then, and some keys move between nodes that stay.
 *
 * O(1) on average and one MD5 a lookup (about a microsecond), 10 bytes a point, 40 MD5 a node at the first lookup after a
 * change; the fullest of ten equal nodes has some 12 % more than the average. Not when no other client must agree:
 * `HashRing` is ten times as fast and moves fewer keys with weights. Where two nodes have one point, which libketama leaves
 * to its sort, it belongs to the name that comes first.
 *
 * @throws InvalidOptionError
 */
export class KetamaRing extends Ring {
  readonly #md5: Md5;

  constructor(nodes: Nodes, options: KetamaRingOptions) {
    const md5 = checkMd5(options.md5);
    super(nodes, (key) => word(md5(bytesOf(key)), 0));
    this.#md5 = md5;
  }

  /** @internal */
  protected addPoints(nodes: readonly string[], weights: readonly number[], points: PointList): void {
    const total = Math.fround(weights.reduce((sum, weight) => sum + weight, 0));
    nodes.forEach((node, number) => {
      // A float times doubles, made a float before the floor: every rounding counts.
      const share = Math.fround(Math.fround(weights[number]!) / total);
      const digests = Math.floor(Math.fround(share * DIGESTS_PER_NODE * nodes.length));
      for (let i = 0; i < digests; i++) this.#add(points, `${node}-${i}`, number);
    });
  }

  #add(points: PointList, text: Key, node: number): void {
    const digest = this.#md5(bytesOf(text));
    for (let offset = 0; offset < 16; offset += 4) points.add(word(digest, offset), node);
  }
}

/** Four bytes of a digest, the least significant first. */
function word(digest: Uint8Array, at: number): number {
  return (digest[at]! | (digest[at + 1]! << 8) | (digest[at + 2]! << 16) | (digest[at + 3]! << 24)) >>> 0;
}

/** What gives text in hexadecimal, or another hash, would place every key and agree with nobody. */
function checkMd5(md5: Md5): Md5 {
  const digest: unknown = typeof md5 === 'function' ? md5(new Uint8Array(0)) : undefined;
  const hex = digest instanceof Uint8Array ? Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')) : [];
  if (hex.join('') === EMPTY) return md5;
  throw new InvalidOptionError('md5', md5, 'a function that gives the 16 bytes of MD5; quorate/hashing/node has one');
}
