import { canonicalIp } from '../../id/index.js';

/** The 4 or 16 bytes of an IP address; of an IPv4-mapped one the 4 of the IPv4 address. Undefined when it is none. */
export function ipBytes(text: string): Uint8Array | undefined {
  const canonical = canonicalIp(text);
  if (canonical === null) return undefined;
  if (!canonical.includes(':')) return Uint8Array.from(canonical.split('.'), Number);
  const [head = [], tail = []] = canonical.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  head.forEach((group, i) => view.setUint16(2 * i, parseInt(group, 16)));
  tail.forEach((group, i) => view.setUint16(16 - 2 * (tail.length - i), parseInt(group, 16)));
  return bytes;
}
