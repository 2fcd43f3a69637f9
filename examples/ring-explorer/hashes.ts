import { hashKey32, type KeyHash } from 'quorate/hashing';
import xxhash from 'xxhash-wasm';

/** Hashes to place keys by. The second shows how to bring one of your own: compiled code, which must be loaded first. */
export const hashes: Readonly<Record<string, () => Promise<KeyHash>>> = {
  murmur3: async () => hashKey32,
  xxhash: async () => {
    const compiled = await xxhash();
    return (key, seed) => (typeof key === 'string' ? compiled.h32(key, seed) : compiled.h32Raw(key, seed));
  },
};
