import { messagePackCodec } from '../../codec/index.js';
import { isNodeId, MalformedError } from '../../core/index.js';
import type { NodeId } from '../../core/index.js';
import { isClusterName } from '../cluster-name.js';
import type { RefusalReason } from '../stream/refusal.js';

/** The version of what is said through a port. */
export const PROTOCOL_VERSION = 1;

/** The largest hello, in bytes. */
const MAX_HELLO_BYTES = 4096;

/**
 * What each side says of itself before anything else. Both say it when they begin to listen; what was said while the
 * other one did not listen yet may be lost (workers of browsers drop it), so the first hello that is heard is answered
 * by another one.
 */
export interface Hello {
  readonly version: number;
  readonly cluster: string;
  readonly id: NodeId;
  /** Whom the speaker believes to be at the other end. */
  readonly to: NodeId;
  /** The largest message that the speaker accepts, in bytes. */
  readonly maxMessageBytes: number;
  /** Whether the speaker has heard the other one's hello. */
  readonly answer: boolean;
}

const codec = messagePackCodec({ maxDepth: 4, maxValues: 64 });

export function encodeHello(hello: Hello): Uint8Array {
  return codec.encode(hello);
}

/** @throws MalformedError */
export function parseHello(bytes: Uint8Array): Hello {
  if (bytes.length > MAX_HELLO_BYTES) throw new MalformedError(`a hello has at most ${MAX_HELLO_BYTES} bytes`);
  const value = codec.decode(bytes);
  if (typeof value !== 'object' || value === null) throw new MalformedError('a hello must be an object');
  const { version, cluster, id, to, maxMessageBytes, answer } = value as Record<string, unknown>;
  const named = isClusterName(cluster) && isNodeId(id) && isNodeId(to);
  if (!named || !isWhole(version) || !isWhole(maxMessageBytes) || typeof answer !== 'boolean') {
    throw new MalformedError('a hello lacks a field, or has one of a wrong form');
  }
  return { version, cluster, id, to, maxMessageBytes, answer };
}

/** Compares the hello of the other side with this side's: why it must be refused, or `null`. */
export function findMismatch(mine: Hello, theirs: Hello): { reason: RefusalReason; detail: string } | null {
  if (theirs.version !== mine.version) {
    return { reason: 'version', detail: `it speaks version ${theirs.version}, this node ${mine.version}` };
  }
  if (theirs.cluster !== mine.cluster) {
    const names = `${JSON.stringify(theirs.cluster)}, this node to ${JSON.stringify(mine.cluster)}`;
    return { reason: 'cluster', detail: `it belongs to cluster ${names}` };
  }
  if (theirs.id !== mine.to) {
    return { reason: 'unexpected-id', detail: `${mine.to} was expected at the other end, and it is ${theirs.id}` };
  }
  if (theirs.to !== mine.id) {
    return { reason: 'unexpected-id', detail: `${theirs.id} expected ${theirs.to} here, and this is ${mine.id}` };
  }
  return null;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
