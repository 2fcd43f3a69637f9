/**
 * Hashes of keys that are the same on every platform and in every process, for placing keys on nodes.
 *
 * @module hashing
 */
export { hashKey128, hashKey32 } from './key.js';
