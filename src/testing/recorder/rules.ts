import type { Codec, NodeId } from '../../core/index.js';

/**
 * What of a message is compared; `undefined` leaves it out on both sides, as if it had never been sent.
 *
 * @param peer - whom the node sends it to
 */
export type Normalise = (message: unknown, channel: string, peer: NodeId) => unknown;

/**
 * In what a node may differ from the recorded one and still do the same. Messages that differ from run to run need rules;
 * a node on a virtual clock needs none. `raftReplayRules` are those of a Raft server.
 */
export interface ReplayRules {
  /** What is compared of what the node sends. @defaultValue whole messages */
  readonly normalise?: Normalise;
  /**
   * Which order matters: messages to one peer on one channel are compared in order within each stream, and those of
   * different streams may overtake each other. For answers of which some wait for a disk and some do not.
   * @defaultValue one stream
   */
  readonly stream?: (message: unknown, channel: string, peer: NodeId) => string;
  /**
   * Whether a message says everything that an earlier one of its stream says, so that the earlier one may come or not.
   * For answers that a node gathers, such as acknowledgements up to a number. Gets what `normalise` returned, of two
   * messages that differ.
   * @defaultValue never
   */
  readonly covers?: (later: unknown, earlier: unknown) => boolean;
  /**
   * Whether the peers send the node this message again. Leave out answers to what the node says at times of its own,
   * since it may not have said it.
   * @defaultValue all
   */
  readonly plays?: (message: unknown, channel: string, peer: NodeId) => boolean;
  /** The codec that a protocol brings along for its channel. @defaultValue that of the transport */
  readonly codec?: (channel: string) => Codec | undefined;
}
