import { helloFrame } from '../transport/stream-bench.js';
import type { Attacker } from './attacker.js';
import {
  again,
  bytewise,
  dial,
  garbage,
  hold,
  plain,
  silent,
  slowly,
  times,
  type Attack,
  type Dial,
} from './tactics.js';

/** The first half of the first message of a client (RFC 8446, section 4.1.2), behind the header of its record. */
function halfAClientHello({ random }: Attacker): Uint8Array {
  const header = Uint8Array.of(0x16, 3, 1, 2, 0);
  return Buffer.concat([header, Uint8Array.of(1, 0, 1, 0xfc, 3, 3), random.bytes(32), random.bytes(218)]);
}

const CLIENT_HELLO_BEGINS = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...new Uint8Array(39));

const withoutCertificate: Dial = (attacker) => attacker.dialSecurely({});
const withForeignCertificate: Dial = (attacker) => attacker.dialSecurely(attacker.entrance.foreign ?? {});

/** By what comes before frames where TLS is spoken, and by certificates. Each by its name. */
export const tlsAttacks: Readonly<Record<string, Attack>> = {
  'random bytes before TLS': again(garbage, plain),
  'a hello without TLS': again(() => helloFrame({ id: 'plain' }), plain),
  'half a ClientHello': times(4, hold(halfAClientHello, plain)),
  'a ClientHello byte by byte': times(
    20,
    slowly(() => bytewise(CLIENT_HELLO_BEGINS), plain),
  ),
  'silent before TLS': times(100, silent(plain)),
  'TLS and nothing else': again(() => new Uint8Array(0), dial),
  'no certificate': again(() => helloFrame({ id: 'nobody' }), withoutCertificate),
  'a foreign certificate': again(() => helloFrame({ id: 'somebody' }), withForeignCertificate),
  'an id that the certificate does not name': again(() => helloFrame({ id: 'honest' }), dial),
};
