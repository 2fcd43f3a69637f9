import { concatenate } from './mutate.js';

/** The form that certificates have: DER, the distinguished encoding rules of ASN.1 (X.690). */

/** A value with its tag, behind its length. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatenate(content);
  return concatenate([Uint8Array.of(tag), lengthOf(body.length), body]);
}

export function sequence(...content: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...content);
}

/** An object identifier, from the bytes of its content in hexadecimal. */
export function objectId(hex: string): Uint8Array {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  return Uint8Array.of(0x82, length >> 8, length & 0xff);
}
