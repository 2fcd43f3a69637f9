import { InvalidOptionError } from '../core/index.js';

/** The longest name of a cluster, in bytes as UTF-8: its length fits into one byte. */
const MAX_CLUSTER_BYTES = 255;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Whether a value is a valid name of a cluster: well-formed Unicode of 1 to 255 bytes as UTF-8. */
export function isClusterName(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_CLUSTER_BYTES) return false;
  const bytes = encoder.encode(value);
  return bytes.length <= MAX_CLUSTER_BYTES && decoder.decode(bytes) === value; // a lone surrogate comes back changed
}

/** @throws InvalidOptionError */
export function checkClusterName(value: unknown): string {
  if (isClusterName(value)) return value;
  throw new InvalidOptionError('cluster', value, `a string of 1 to ${MAX_CLUSTER_BYTES} bytes as UTF-8`);
}
