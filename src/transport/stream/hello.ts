import { messagePackCodec } from '../../codec/index.js';
import { isNodeId, MalformedError } from '../../core/index.js';
import type { NodeId } from '../../core/index.js';
import type { RefusalReason } from './refusal.js';

/** The version of what is said on a connection, from the first byte on. */
export const PROTOCOL_VERSION = 1;

/** The largest frame of a handshake: nobody who has not said who they are gets more memory than this. */
export const MAX_HELLO_BYTES = 4096;

/** The longest name of a cluster and the longest incarnation, in characters. */
export const MAX_LABEL_LENGTH = 256;

/** The length of a nonce: too many values for one to be drawn twice. */
export const NONCE_BYTES = 32;

/** The length of a proof, an HMAC with SHA-256. */
const PROOF_BYTES = 32;

/** What each side says of itself before anything else. The side that dialed speaks first. */
export interface Hello {
  readonly version: number;
  readonly cluster: string;
  readonly id: NodeId;
  /** Tells two runs of one node apart. */
  readonly incarnation: string;
  /** Whom the speaker believes to be at the other end. */
  readonly to: NodeId;
  /** The largest frame that the speaker accepts. */
  readonly maxFrameBytes: number;
  /** Drawn for this connection alone by a speaker that has a secret and asks for a proof; `null` without. */
  readonly nonce: Uint8Array | null;
}

/** A frame of the handshake. */
export type HandshakeFrame =
  | { readonly type: 'hello'; readonly hello: Hello }
  /** The speaker holds the secret. */
  | { readonly type: 'proof'; readonly proof: Uint8Array }
  /** The side that was dialed takes the connection on; only with a secret, without one its hello says so. */
  | { readonly type: 'welcome' }
  /** The speaker does not want to talk. */
  | { readonly type: 'refused'; readonly reason: string };

const codec = messagePackCodec({ maxDepth: 4, maxValues: 64 });

/** The body of a hello; without a nonce it has no such field. */
export function encodeHello({ nonce, ...fields }: Hello): Uint8Array {
  return codec.encode({ type: 'hello', ...fields, ...(nonce === null ? {} : { nonce }) });
}

/** The body of a proof. */
export function encodeProof(proof: Uint8Array): Uint8Array {
  return codec.encode({ type: 'proof', proof });
}

/** The body of a welcome. */
export function encodeWelcome(): Uint8Array {
  return codec.encode({ type: 'welcome' });
}

/** The body of the only, or last, frame of a side that does not want to talk. */
export function encodeRefusal(reason: RefusalReason): Uint8Array {
  return codec.encode({ type: 'refused', reason });
}

/**
 * Reads the body of a frame of a handshake. Fields that it does not know are ignored.
 *
 * @throws MalformedError
 */
export function parseHandshakeFrame(body: Uint8Array): HandshakeFrame {
  const value = codec.decode(body);
  if (typeof value !== 'object' || value === null) throw new MalformedError('a handshake consists of objects');
  const fields = value as Record<string, unknown>;
  if (fields.type === 'hello') return { type: 'hello', hello: parseHello(fields) };
  if (fields.type === 'proof' && isBytes(fields.proof, PROOF_BYTES)) return { type: 'proof', proof: fields.proof };
  if (fields.type === 'welcome') return { type: 'welcome' };
  if (fields.type === 'refused') {
    return { type: 'refused', reason: isLabel(fields.reason) ? fields.reason : 'no reason given' };
  }
  throw new MalformedError('no frame of a handshake has this type, or a field has a wrong form');
}

function parseHello(fields: Record<string, unknown>): Hello {
  const { version, cluster, id, incarnation, to, maxFrameBytes, nonce } = fields;
  const named = isWhole(version) && isLabel(cluster) && isNodeId(id) && isLabel(incarnation) && isNodeId(to);
  if (!named || !isWhole(maxFrameBytes) || !(nonce === undefined || isBytes(nonce, NONCE_BYTES))) {
    throw new MalformedError('a hello lacks a field, or has one of a wrong form');
  }
  return { version, cluster, id, incarnation, to, maxFrameBytes, nonce: nonce ?? null };
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_LABEL_LENGTH;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isBytes(value: unknown, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length;
}
