import { messagePackCodec } from '../../codec/index.js';
import { isNodeId, MalformedError } from '../../core/index.js';
import type { NodeId } from '../../core/index.js';
import type { RefusalReason } from './refusal.js';

/** The version of what is said on a connection, from the first byte on. */
export const PROTOCOL_VERSION = 1;

/** The largest first frame: nobody who has not said who they are gets more memory than this. */
export const MAX_HELLO_BYTES = 4096;

/** The longest name of a cluster and the longest incarnation, in characters. */
export const MAX_LABEL_LENGTH = 256;

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
}

const codec = messagePackCodec({ maxDepth: 4, maxValues: 64 });

/** The body of the first frame of a side that is willing to talk. */
export function encodeHello(hello: Hello): Uint8Array {
  return codec.encode({ type: 'hello', ...hello });
}

/** The body of the only frame of a side that is not. */
export function encodeRefusal(reason: RefusalReason): Uint8Array {
  return codec.encode({ type: 'refused', reason });
}

/**
 * The hello in the body of a first frame, or the reason why the other side refused this one.
 *
 * @throws MalformedError
 */
export function parseFirst(body: Uint8Array): Hello | { readonly refused: string } {
  const value = codec.decode(body);
  if (typeof value !== 'object' || value === null) throw new MalformedError('a hello must be an object');
  const { type, reason, version, cluster, id, incarnation, to, maxFrameBytes } = value as Record<string, unknown>;
  if (type === 'refused') return { refused: isLabel(reason) ? reason : 'no reason given' };
  const valid =
    type === 'hello' && isWhole(version) && isLabel(cluster) && isNodeId(id) && isLabel(incarnation) && isNodeId(to);
  if (!valid || !isWhole(maxFrameBytes)) throw new MalformedError('a hello lacks a field, or has one of a wrong form');
  return { version, cluster, id, incarnation, to, maxFrameBytes };
}

/** Compares the hello of the other side with this side's: why it must be refused, or `null`. */
export function findMismatch(
  mine: Pick<Hello, 'cluster' | 'id'>,
  theirs: Hello,
  dialed: NodeId | null,
): { readonly reason: RefusalReason; readonly detail: string } | null {
  if (theirs.version !== PROTOCOL_VERSION) {
    return { reason: 'version', detail: `it speaks version ${theirs.version}, this node ${PROTOCOL_VERSION}` };
  }
  if (theirs.cluster !== mine.cluster) {
    const names = `${JSON.stringify(theirs.cluster)}, this node to ${JSON.stringify(mine.cluster)}`;
    return { reason: 'cluster', detail: `it belongs to cluster ${names}` };
  }
  if (theirs.id === mine.id) return { reason: 'own-id', detail: `it has the id of this node, ${mine.id}` };
  if (dialed !== null && theirs.id !== dialed) {
    return { reason: 'unexpected-id', detail: `${dialed} was expected there, and ${theirs.id} answered` };
  }
  if (theirs.to !== mine.id) {
    return { reason: 'unexpected-id', detail: `${theirs.id} expected ${theirs.to} here, and this is ${mine.id}` };
  }
  return null;
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_LABEL_LENGTH;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
