import fc from 'fast-check';
import { canonicalIp, type Gpid } from 'quorate/id';

const uint32 = fc.oneof(fc.constantFrom(1, 0xffff_ffff), fc.integer({ min: 1, max: 0xffff_ffff }));
const port = fc.oneof(fc.constantFrom(0, 65535), fc.integer({ min: 0, max: 65535 }));
const startTimeUs = fc.oneof(fc.constantFrom(0, Number.MAX_SAFE_INTEGER), fc.maxSafeNat());

/** Canonical gpids of few addresses or many, so that orders meet equal fields. */
export function gpids(ip: fc.Arbitrary<string> = fc.oneof(fc.ipV4(), fc.ipV6())): fc.Arbitrary<Gpid> {
  const fields = { ip: ip.map((text) => canonicalIp(text)!), port, startTimeUs, pid: uint32 };
  return fc.oneof(fc.record(fields), fc.record({ ...fields, nonce: uint32 }));
}

/** Gpids that are often equal in some fields, sometimes in all. */
export function similarGpids(): fc.Arbitrary<Gpid> {
  const few = fc.constantFrom(1, 2);
  const fields = { ip: fc.constantFrom('10.0.0.7', '::1'), port: few, startTimeUs: few, pid: few };
  return fc.oneof(fc.record(fields), fc.record({ ...fields, nonce: fc.constantFrom(0, 1) }));
}
