/**
 * MD5 by Node, for rings that agree with other clients of memcached. Needs Node; everything else of hashing runs anywhere
 * and is in `quorate/hashing`.
 *
 * @module hashing/node
 */
import { createHash } from 'node:crypto';
import type { Nodes } from './consistent-hash.js';
import { KetamaRing } from './ketama.js';

/**
 * MD5 of bytes, by OpenSSL: about a microsecond for a short key. Not for secrets: collisions are easily made. Throws where
 * OpenSSL has no MD5, as under FIPS.
 */
export function md5(bytes: Uint8Array): Uint8Array {
  return createHash('md5').update(bytes).digest();
}

/** A {@link KetamaRing} with the MD5 of Node. @throws InvalidOptionError */
export function ketamaRing(nodes: Nodes = []): KetamaRing {
  return new KetamaRing(nodes, { md5 });
}
