/** By byte, what it does to the register: CRC-32 of IEEE 802.3, reflected, with the polynomial 0xedb88320. */
const TABLE = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The register before the first byte. */
export const CRC32_START = 0xffff_ffff;

/** The register after these bytes; its complement is the CRC-32. O(length). */
export function crc32Update(register: number, bytes: ArrayLike<number>): number {
  let crc = register;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return crc;
}

/** CRC-32 as in zlib, gzip and Ethernet: from 0 to 2^32 - 1. O(length), a table of one kilobyte. */
export function crc32(bytes: ArrayLike<number>): number {
  return ~crc32Update(CRC32_START, bytes) >>> 0;
}
