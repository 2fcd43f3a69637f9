import type { NodeId } from './node-id.js';

/**
 * A protocol as a deterministic state machine: no clock, no randomness, no I/O. A host steps inputs in, takes effects
 * out, carries them out, and feeds back what came of them. The same machine runs for real, in a seeded simulation and
 * under an exhaustive checker.
 *
 * `step` is a pure function of the state, the input, `now` and the generator that the state holds. `step` records,
 * `take` builds: what one take returns is formed once for all the inputs since the last one, which is where batching
 * comes from.
 *
 * @typeParam Message - what nodes send each other; immutable once sent; null, booleans, finite numbers, strings,
 * bytes, arrays and plain objects only
 * @typeParam Command - what the local host asks for, and its answers to outputs that asked for help
 * @typeParam Output - decisions for the host, and requests for its help
 * @typeParam Write - records to make durable, in order
 * @typeParam State - plain data
 */
export interface Machine<Message, Command, Output, Write, State> {
  /** Takes one input in. `now` is the host's monotonic time in milliseconds and never goes back. */
  step(input: Input<Message, Command>, now: number): void;
  /**
   * What to do since the last take. Returns {@link NOTHING}, the very object, exactly when there is nothing; the host
   * takes until it sees that.
   */
  take(): Effects<Message, Output, Write>;
  /**
   * The next time the machine wants a `wake`; `Infinity` for never. A new machine says `-Infinity`, and the first wake
   * arms its timers. May move at any time, in both directions.
   */
  readonly wakeAt: number;
  /**
   * The whole state as plain data, asked only after `take()` returned {@link NOTHING}. It is the live object: copy it
   * before the next step, and do not change it.
   */
  state(): State;
}

/** What a {@link Machine} is told. */
export type Input<Message, Command> =
  /** A message arrived. It has passed the protocol's `parseMessage`. */
  | { readonly type: 'message'; readonly from: NodeId; readonly message: Message }
  /** The local host asks for something, or answers an output. */
  | { readonly type: 'command'; readonly command: Command }
  /** All writes with numbers up to `upTo` are durable. A write number, never a log index. */
  | { readonly type: 'stored'; readonly upTo: number }
  /** The transport noticed that a peer came or went. A hint, never a proof. */
  | { readonly type: 'peer'; readonly id: NodeId; readonly up: boolean }
  /** `wakeAt` is reached. */
  | { readonly type: 'wake' };

/**
 * What a {@link Machine} wants done. Writes are numbered 1, 2, 3 ... in the order in which `take` returned them, from 1
 * in each incarnation; `after` names the write that must be durable before an effect may leave, 0 for at once. Arrays
 * belong to the host once taken; the machine does not touch them again.
 */
export interface Effects<Message, Output, Write> {
  /** Records to make durable, in this order. */
  readonly writes: readonly Write[];
  /** Messages to send. */
  readonly messages: readonly Outgoing<Message>[];
  /** Decisions for the host. */
  readonly outputs: readonly Decision<Output>[];
}

/** A message with its destination and the write that it waits for. */
export interface Outgoing<Message> {
  readonly to: NodeId;
  readonly message: Message;
  /** The number of the write that must be durable first; 0: none. */
  readonly after: number;
}

/** An output with the write that it waits for. */
export interface Decision<Output> {
  readonly output: Output;
  /** The number of the write that must be durable first; 0: none. */
  readonly after: number;
}

/** The one value that `take()` returns when there is nothing to do. Compare by identity. */
export const NOTHING: Effects<never, never, never> = /* @__PURE__ */ Object.freeze({
  writes: /* @__PURE__ */ Object.freeze([]),
  messages: /* @__PURE__ */ Object.freeze([]),
  outputs: /* @__PURE__ */ Object.freeze([]),
});
