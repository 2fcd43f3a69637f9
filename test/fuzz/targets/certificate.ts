import { X509Certificate } from 'node:crypto';
import { findStranger } from '../../../src/transport/stream/handshake.js';
import { namesIn } from '../../../src/transport/tcp/certificate.js';
import { der, objectId, sequence } from '../der.js';
import { concatenate } from '../mutate.js';
import type { Random } from '../random.js';
import { ensure, ensureSame, type Target } from '../target.js';

const encoder = new TextEncoder();

/** Tags of alternative names (RFC 5280, section 4.2.1.6), of which the first three are texts. */
const [MAIL, DNS, URI, IP, REGISTERED_ID, OTHER, DIRECTORY] = [0x81, 0x82, 0x86, 0x87, 0x88, 0xa0, 0xa4];
/** Tags of the texts that a common name may be: UTF8String, PrintableString, T61String, IA5String, BMPString. */
const TEXTS = [0x0c, 0x13, 0x14, 0x16, 0x1e];
const TAGS = [MAIL, DNS, URI, IP, REGISTERED_ID, OTHER, DIRECTORY, ...TEXTS];
/** Kinds of other names that OpenSSL knows (XMPP address, SRV name), and one that it does not. */
const OTHER_KINDS = ['2b06010505070805', '2b06010505070807', '2a0304'];
const MAX_PARTS = 32;

/** One name: its tag and the bytes of its value. */
interface Part {
  readonly tag: number;
  readonly value: Uint8Array;
}

/**
 * The names in certificates, which are read before anybody knows who made them. An input is a list of names, each behind
 * its tag and its length; a certificate is made of them.
 */
export const certificateNames: Target = {
  name: 'certificate-names',
  valid: (random) => concatenate(Array.from({ length: 1 + random.below(4) }, () => encode(part(random)))),
  generate: (random) => concatenate(random.list(6, () => encode(oddPart(random)))),
  check(input) {
    const parts = decode(input);
    const certificate = parsed(parts);
    if (certificate === undefined) return 'rejected';
    const names = namesIn(certificate);
    const alternatives = certificate.subjectAltName ? parts : parts.filter(({ tag }) => TEXTS.includes(tag));
    ensureSame('the names', expected(alternatives) ?? names, names);
    for (const id of ['node', 'quorate:node']) {
      const stranger = findStranger(id, { names, problem: null });
      ensure((stranger === null) === names.includes(id), `${id} is taken for somebody else`);
      ensure(stranger === null || stranger.detail.length < 500, 'the detail is short');
    }
    return names.length > 0 ? 'accepted' : 'rejected';
  },
};

function part(random: Random): Part {
  const id = random.oneIn(3) ? 'node' : random.name();
  switch (random.below(8)) {
    case 0:
      return { tag: random.pick(TEXTS), value: encoder.encode(id) };
    case 1:
      return nested(random, encoder.encode(id));
    case 2:
      return { tag: MAIL, value: encoder.encode(`${id}@host`) };
    case 3:
    case 4:
      return { tag: URI, value: encoder.encode(`quorate:${id}`) };
    default:
      return { tag: DNS, value: encoder.encode(id) };
  }
}

/** A name of a kind whose value has parts of its own, or is no text. */
function nested(random: Random, text: Uint8Array): Part {
  switch (random.below(4)) {
    case 0:
      return { tag: IP, value: random.bytes(random.pick([4, 16])) };
    case 1:
      return { tag: REGISTERED_ID, value: text };
    case 2:
      return { tag: DIRECTORY, value: sequence(commonName({ tag: random.pick(TEXTS), value: text })) };
    default: {
      const value = der(0xa0, der(random.pick(TEXTS), text));
      return { tag: OTHER, value: concatenate([objectId(random.pick(OTHER_KINDS)), value]) };
    }
  }
}

/** What could be mistaken for more than one name, or for another kind of name. */
const ODD = [', DNS:node', '"', '\\', '\0', '\n', '\u00e9', ' ', ',', 'DNS:node', '", DNS:"node', 'URI:quorate:node'];

function oddPart(random: Random): Part {
  const odd = encoder.encode(random.pick(ODD));
  if (random.oneIn(4)) return nested(random, odd);
  const { tag, value } = part(random);
  const at = random.below(value.length + 1);
  return {
    tag: random.oneIn(4) ? random.pick(TAGS) : tag,
    value: random.oneIn(4) ? random.bytes(random.length(8)) : concatenate([value.slice(0, at), odd, value.slice(at)]),
  };
}

function encode({ tag, value }: Part): Uint8Array {
  return concatenate([Uint8Array.of(TAGS.indexOf(tag), value.length), value]);
}

function decode(input: Uint8Array): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < input.length && parts.length < MAX_PARTS;) {
    const end = at + 2 + (input[at + 1] ?? 0);
    parts.push({ tag: TAGS[input[at]! % TAGS.length]!, value: input.slice(at + 2, end) });
    at = end;
  }
  return parts;
}

/** Nobody has signed it. */
function parsed(parts: readonly Part[]): X509Certificate | undefined {
  try {
    return new X509Certificate(certificate(parts));
  } catch {
    return undefined; // OpenSSL refuses it, and so does TLS
  }
}

/** The naive twin, from the parts that OpenSSL could read; `null` where a common name counts, which OpenSSL converts from several alphabets. */
function expected(parts: readonly Part[]): string[] | null {
  const texts = parts.map(({ tag, value }) => ({ tag, text: Buffer.from(value).toString('latin1') }));
  const ids = texts.filter(({ tag, text }) => tag === DNS || (tag === URI && text.startsWith('quorate:')));
  if (ids.length > 0) return ids.map(({ tag, text }) => (tag === URI ? text.slice('quorate:'.length) : text));
  return texts.some(({ tag }) => TEXTS.includes(tag)) ? null : [];
}

function commonName({ tag, value }: Part): Uint8Array {
  return der(0x31, sequence(objectId('550403'), der(tag, value)));
}

const ECDSA_WITH_SHA256 = sequence(objectId('2a8648ce3d040302'));
const VALIDITY = sequence(der(0x17, encoder.encode('250101000000Z')), der(0x17, encoder.encode('350101000000Z')));
/** The generator of the curve P-256, a point like any other. */
const POINT =
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
  '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5';
const PUBLIC_KEY = sequence(
  sequence(objectId('2a8648ce3d0201'), objectId('2a8648ce3d030107')),
  der(0x03, Uint8Array.of(0), Buffer.from(POINT, 'hex')),
);
const SIGNATURE = der(0x03, Uint8Array.of(0), sequence(der(0x02, Uint8Array.of(1)), der(0x02, Uint8Array.of(1))));

/** A certificate (RFC 5280, section 4.1) with the texts as common names of its subject, the others as alternative names. */
function certificate(parts: readonly Part[]): Uint8Array {
  const texts = parts.filter(({ tag }) => TEXTS.includes(tag));
  const commonNames = texts.map(commonName);
  const others = parts.filter(({ tag }) => !TEXTS.includes(tag)).map(({ tag, value }) => der(tag, value));
  const alternativeNames = sequence(objectId('551d11'), der(0x04, sequence(...others)));
  const version3 = der(0xa0, der(0x02, Uint8Array.of(2)));
  const serial = der(0x02, Uint8Array.of(1));
  const signed = sequence(
    ...[version3, serial, ECDSA_WITH_SHA256, sequence(), VALIDITY, sequence(...commonNames), PUBLIC_KEY],
    ...(others.length === 0 ? [] : [der(0xa3, sequence(alternativeNames))]),
  );
  return sequence(signed, ECDSA_WITH_SHA256, SIGNATURE);
}
