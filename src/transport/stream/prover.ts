import { InvalidOptionError } from '../../core/index.js';

/** The side of a connection that a proof speaks for: a proof of one side is none of the other. */
export type Role = 'dialer' | 'acceptor';

/** Proves that this side holds the secret, and checks the proofs of others. */
export interface Prover {
  /** The proof of a side for a transcript. */
  sign(role: Role, transcript: Transcript): Promise<Uint8Array>;
  /** Whether a proof of that side was made for this transcript by somebody who holds a secret. */
  verify(role: Role, transcript: Transcript, proof: Uint8Array): Promise<boolean>;
}

/** What both sides said of themselves, as the bytes that went over the wire. */
export interface Transcript {
  readonly dialer: Uint8Array;
  readonly acceptor: Uint8Array;
}

/** A shared secret: bytes, or a text whose UTF-8 bytes are taken. */
export type Secret = string | Uint8Array;

const MIN_SECRET_BYTES = 16;
const MAX_SECRETS = 4;
const HMAC = { name: 'HMAC', hash: 'SHA-256' };

/**
 * The prover for the option `secret`; `null` when there is none. Of several secrets the first one signs, and each one
 * verifies.
 *
 * HMAC (RFC 2104) with SHA-256, by the platform: its `verify` compares in constant time.
 *
 * @throws InvalidOptionError
 */
export function createProver(option: Secret | readonly Secret[] | undefined): Prover | null {
  if (option === undefined) return null;
  const secrets: readonly unknown[] = Array.isArray(option) ? option : [option];
  if (secrets.length < 1 || secrets.length > MAX_SECRETS) {
    throw new InvalidOptionError('secret', `a list of ${secrets.length}`, `one secret, or 1 to ${MAX_SECRETS} of them`);
  }
  const checked = secrets.map(checkSecret);
  const subtle = platformCrypto();
  let imported: Promise<CryptoKey[]> | null = null;
  const keys = (): Promise<CryptoKey[]> =>
    (imported ??= Promise.all(checked.map((bytes) => subtle.importKey('raw', bytes, HMAC, false, ['sign', 'verify']))));
  return {
    async sign(role, transcript) {
      const [first] = await keys();
      return new Uint8Array(await subtle.sign('HMAC', first!, signedBytes(role, transcript)));
    },
    async verify(role, transcript, proof) {
      const bytes = signedBytes(role, transcript);
      const fits = (await keys()).map((key) => subtle.verify('HMAC', key, new Uint8Array(proof), bytes));
      return (await Promise.all(fits)).includes(true);
    },
  };
}

/** The label, then each hello behind its length: no two transcripts have the same bytes. */
function signedBytes(role: Role, { dialer, acceptor }: Transcript): Uint8Array<ArrayBuffer> {
  const label = new TextEncoder().encode(`quorate handshake 1 ${role}\0`);
  const bytes = new Uint8Array(label.length + 8 + dialer.length + acceptor.length);
  const view = new DataView(bytes.buffer);
  bytes.set(label);
  view.setUint32(label.length, dialer.length);
  bytes.set(dialer, label.length + 4);
  view.setUint32(label.length + 4 + dialer.length, acceptor.length);
  bytes.set(acceptor, label.length + 8 + dialer.length);
  return bytes;
}

/** The bytes of a secret. What is wrong is said without repeating the secret. */
function checkSecret(secret: unknown): Uint8Array<ArrayBuffer> {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
  const remedy = `a string or bytes, at least ${MIN_SECRET_BYTES} bytes long: draw 32 at random`;
  if (!(bytes instanceof Uint8Array)) throw new InvalidOptionError('secret', `of type ${typeof secret}`, remedy);
  if (bytes.length < MIN_SECRET_BYTES) throw new InvalidOptionError('secret', `${bytes.length} bytes long`, remedy);
  return new Uint8Array(bytes);
}

function platformCrypto(): SubtleCrypto {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  if (subtle !== undefined) return subtle;
  const remedy = 'left out where the platform has no crypto.subtle: browsers have it in pages from HTTPS or localhost';
  throw new InvalidOptionError('secret', 'given', remedy);
}
