import type { NodeId } from '../../core/index.js';
import type { RefusalReason } from './refusal.js';

/**
 * A connection that carries bytes both ways, in order and unchanged: a socket or a WebSocket. It frames nothing and
 * knows nothing of nodes.
 */
export interface ByteStream {
  /** The address of the other side, for messages to people. */
  readonly remote: string;
  /** The machine at the other side: `remote` without what differs from one connection to the next. */
  readonly host: string;
  /** What the other side's certificate says, asked for when bytes came; `null` where none was asked for. */
  readonly certificate: PeerCertificate | null;
  /** Begins to tell `listener` what happens; called once, in the turn in which the stream was made or handed over. */
  begin(listener: ByteStreamListener): void;
  /**
   * Writes bytes, which stay unchanged until `written` is called: when they were handed to the system, and never on a
   * stream that breaks before.
   */
  write(bytes: Uint8Array, written: () => void): void;
  /** Says goodbye after all that was written; the other side may go on for a while. */
  end(): void;
  /** Ends at once; what was written may be lost. Also allowed instead of `begin`. */
  destroy(): void;
}

/** What the certificate of the other side says. */
export interface PeerCertificate {
  /** The node ids that it names. */
  readonly names: readonly string[];
  /** Why it does not count, or is missing; `null` when it was checked and is good. */
  readonly problem: string | null;
}

/** Why a stream refuses the other side. */
export interface StreamRefusal {
  readonly reason: RefusalReason;
  /** For people. */
  readonly detail: string;
}

/** Who uses a {@link ByteStream}. Nothing is told within a call of the stream's own methods. */
export interface ByteStreamListener {
  /** A stream that was dialed can be written to. */
  connected(): void;
  /** Bytes came, in memory that nobody writes to again. */
  data(chunk: Uint8Array): void;
  /**
   * It is over: told exactly once, as the last thing; with what broke it, or `null` when it ended in good order; and
   * why the other side is refused, when that was it.
   */
  closed(error: Error | null, refusal?: StreamRefusal): void;
}

/** How the streams of a node come about: what it dials with, and where it listens. */
export interface StreamEdge {
  /** Where others dial this node; `null` for one that only dials. */
  readonly address: string | null;
  /**
   * The address of a peer in the form that `dial` takes.
   *
   * @throws InvalidOptionError naming `option`
   */
  checkAddress(option: string, address: unknown): string;
  /** Begins to dial. A failure is told by the stream. */
  dial(address: string, id: NodeId): ByteStream;
  /** Hands over each stream that another node dialed; `failed` for each that could not be accepted. Called once. */
  listen(accept: (stream: ByteStream) => void, failed: () => void): void;
  /** Stops listening at once. Resolves when the port is free, which waits for the accepted streams to close. */
  close(): Promise<void>;
}
