import type { Codec } from '../../codec/index.js';
import type { Clock, NodeId } from '../../core/index.js';
import type { MemoryNode } from './node.js';

/** What nodes of a `MemoryNetwork` share. */
export interface MemoryNetworkCore {
  readonly latencyMs: number;
  readonly clock: Clock | null;
  readonly codec: Codec | null;
  readonly maxQueuedMessages: number;
  readonly nodes: Map<NodeId, MemoryNode>;
  /** Whether messages flow between two nodes now. */
  linked(a: NodeId, b: NodeId): boolean;
}
