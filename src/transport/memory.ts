/**
 * A transport between nodes of one process, which runs anywhere: for tests, demos and programs that keep several nodes
 * in one process.
 *
 * @module transport/memory
 */
import type { Codec } from '../codec/index.js';
import { checkNodeId, checkNumber, InvalidOptionError, QuorateError } from '../core/index.js';
import type { Clock, NodeId, Transport } from '../core/index.js';
import type { MemoryNetworkCore } from './memory/core.js';
import { MemoryNode } from './memory/node.js';

/** What {@link MemoryNetwork} takes. */
export interface MemoryNetworkOptions {
  /**
   * How long a message travels, in milliseconds. Needs `clock`.
   *
   * @defaultValue 0: messages arrive in a later microtask, before any timer
   */
  readonly latencyMs?: number;
  /** Times the latency. @defaultValue none, which is enough without latency */
  readonly clock?: Clock;
  /**
   * Encodes and decodes each message, so that both sides hold copies, as over a real network.
   *
   * @defaultValue none: messages are immutable once sent, so both sides may share them
   */
  readonly codec?: Codec;
  /**
   * How many messages may be under way from one node to another. Beyond it they are dropped and counted.
   *
   * @defaultValue 65,536: far above what protocols keep in flight, and a bound on what a stalled test can pile up
   */
  readonly maxQueuedMessages?: number;
}

/**
 * A network within the process. All transports made from it reach each other by id; addresses are accepted and not
 * used. Messages between two nodes arrive in order, exactly once, never inside `send`. It loses nothing by itself; the
 * network of a `Simulation` does.
 *
 * Without latency nodes talk in microtasks: two that answer each other for ever keep timers from running.
 */
export class MemoryNetwork {
  readonly #nodes = new Map<NodeId, MemoryNode>();
  /** Pairs that were cut, each as the smaller id, a space, the larger one; ids hold no spaces. */
  readonly #cut = new Set<string>();
  readonly #core: MemoryNetworkCore;

  /** @throws InvalidOptionError */
  constructor(options: MemoryNetworkOptions = {}) {
    const latencyMs = checkNumber('latencyMs', options.latencyMs ?? 0, { min: 0, integer: false });
    if (latencyMs > 0 && options.clock === undefined) {
      throw new InvalidOptionError('clock', undefined, 'a Clock when latencyMs is above 0');
    }
    this.#core = {
      latencyMs,
      clock: options.clock ?? null,
      codec: options.codec ?? null,
      maxQueuedMessages: checkNumber('maxQueuedMessages', options.maxQueuedMessages ?? 65_536, { min: 1 }),
      nodes: this.#nodes,
      linked: (a, b) => this.#nodes.has(a) && this.#nodes.has(b) && !this.#cut.has(pair(a, b)),
    };
  }

  /**
   * Opens the transport of a node and connects it with all others.
   *
   * @throws QuorateError with code `address-in-use` when that node has an open transport already
   */
  transport(id: NodeId): Transport {
    checkNodeId('id', id);
    if (this.#nodes.has(id)) {
      throw new QuorateError(
        'address-in-use',
        `node ${id} has an open transport on this network; close that one first`,
      );
    }
    const node = new MemoryNode(id, this.#core);
    this.#nodes.set(id, node);
    for (const other of this.#nodes.keys()) if (other !== id) this.#noticeBoth(id, other);
    return node;
  }

  /** Cuts two nodes off from each other. What is under way between them is lost. Nodes need not be open. */
  disconnect(a: NodeId, b: NodeId): void {
    this.#cut.add(pair(a, b));
    this.#noticeBoth(a, b);
  }

  /** Undoes {@link MemoryNetwork.disconnect}. */
  connect(a: NodeId, b: NodeId): void {
    this.#cut.delete(pair(a, b));
    this.#noticeBoth(a, b);
  }

  #noticeBoth(a: NodeId, b: NodeId): void {
    this.#nodes.get(a)?.linkChanged(b);
    this.#nodes.get(b)?.linkChanged(a);
  }
}

function pair(a: NodeId, b: NodeId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
