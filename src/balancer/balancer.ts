import { QuorateError } from '../core/index.js';

/**
 * Chooses the node of each request, among nodes that come and go and of which some have more weight than others. Without a
 * transport, a clock or timers of its own: what a strategy needs to know it is told.
 *
 * @typeParam Context - what a strategy must know of a request, for instance the key that it hashes; `void` for most
 */
export interface Balancer<Context = void> {
  /** All nodes, in the order in which they were added, whether available or not. O(nodes). */
  readonly nodes: readonly string[];
  /**
   * What keeps weights from being fractions that change often, for layers to refuse it: they make no difference, must be whole,
   * or say where keys belong. @defaultValue nothing does
   */
  readonly weighting?: 'ignored' | 'whole' | 'placed';
  /**
   * Adds a node, or changes the weight of one. A new one is available. Takes effect with the next pick.
   *
   * @param weight - its share relative to others: any number from 0, which gives it none. @defaultValue 1
   * @throws InvalidOptionError
   */
  add(node: string, weight?: number): void;
  /** Removes a node. What it holds can still be finished, and counts no more. Returns whether it was there. */
  remove(node: string): boolean;
  /**
   * Says whether a node may be given requests: false while it is down. It keeps its place, its weight and what
   * it holds. Of nodes that are not there nothing is noted.
   */
  setAvailable(node: string, available: boolean): void;
  /**
   * Chooses a node for a request. Nothing but `pick` and `done` changes what is chosen next.
   *
   * @throws NoNodeError when no node is available that has a weight
   */
  pick(context: Context): Lease;
  /**
   * A request for this node, if it is available, also with a weight of 0: which so drains it of sessions, as in HAProxy, since
   * it keeps those that it has and is given no others. O(1).
   */
  pickNode(node: string): Lease | undefined;
}

/** A node for one request. `const { node, done } = balancer.pick()` works as well. */
export interface Lease {
  readonly node: string;
  /** To be called when the request is over, however it ended. More than once is harmless, as is after the node was removed. */
  readonly done: (result?: RequestResult) => void;
}

/** How a request ended. */
export interface RequestResult {
  /** Whether it failed for reasons of the node, so that a quick failure does not look like a quick node. @defaultValue false */
  readonly failed?: boolean;
}

/** No node can be given a request. Code `no-node`, outcome `failed`: nothing was sent. */
export class NoNodeError extends QuorateError {
  /** How many nodes there are. */
  readonly nodes: number;

  constructor(nodes: number) {
    super(
      'no-node',
      nodes === 0 ? 'there are no nodes; add some' : `none of ${nodes} nodes is available with a weight`,
    );
    this.nodes = nodes;
  }
}

/** Nodes, each with its weight unless that is 1. */
export type Nodes = Iterable<string | readonly [node: string, weight: number]>;
