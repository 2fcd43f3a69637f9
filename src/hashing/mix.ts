/** The odd number next to 2^32 divided by the golden ratio: its multiples are spread evenly over 32 bits. */
const GOLDEN = 0x9e37_79b9;

/**
 * The finalizer of MurmurHash3, fmix32: a bijection of 32 bits in which each bit of the input changes about half of those
 * of the output. Integers only, so the same everywhere.
 */
export function mix32(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Hash number `n` of those that are derived from one hash of a key, as if the key had been hashed with another seed. */
export function derive32(hash: number, n: number): number {
  return mix32(hash + Math.imul(n, GOLDEN));
}
