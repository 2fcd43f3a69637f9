import { QuorateError } from '../../core/index.js';

/** Why a connection was refused or given up. Counted in `status().refused` under this name. */
export type RefusalReason =
  /** The first frame, or a later one, is not what it must be. */
  | 'malformed'
  /** A frame is empty or larger than `maxFrameBytes`. */
  | 'bad-frame-length'
  /** The other side speaks another version of the protocol. */
  | 'version'
  /** The other side belongs to another cluster. */
  | 'cluster'
  /** Only one side has a secret, or the other side's proof of it is wrong: see the option `secret`. */
  | 'unauthenticated'
  /** The other side's certificate is missing, expired, made by a foreign authority, or names another node. */
  | 'certificate'
  /** Only one side has TLS, or they have no version of it in common. */
  | 'tls'
  /** It is a web page from elsewhere than the option `origins` allows. */
  | 'origin'
  /** The other side has the id of this node. */
  | 'own-id'
  /** Another node than the one dialed is at that address, or this node is not the one that the other side dialed. */
  | 'unexpected-id'
  /** Both sides dialed at once, and the other connection is kept. Nothing is wrong. */
  | 'duplicate'
  /** The first frame did not come in time. */
  | 'handshake-timeout'
  /** The limit on accepted connections is reached. */
  | 'too-many-connections'
  /** The other side refused this node. */
  | 'refused-by-peer';

/** A connection was refused or given up. Code `connection-refused`; `reason` says why. */
export class ConnectionRefusedError extends QuorateError {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, remote: string, detail: string, cause?: unknown) {
    super('connection-refused', `connection with ${remote} refused (${reason}): ${detail}`, { cause });
    this.reason = reason;
  }
}
