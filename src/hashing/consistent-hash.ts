import { checkNumber, InvalidOptionError } from '../core/index.js';
import type { Key } from './key.js';

/**
 * Places keys on nodes so that few move when nodes come and go. The same nodes with the same weights place a key alike in
 * every process and on every platform, in whatever order they were added.
 */
export interface ConsistentHash {
  /** The nodes, in ascending order. */
  readonly nodes: readonly string[];
  /**
   * Adds a node, or changes the weight of one that is there.
   *
   * @param weight - its share of the keys, in relation to the weights of the others. @defaultValue 1
   * @throws InvalidOptionError for an empty name or a weight that this algorithm cannot give
   */
  add(node: string, weight?: number): void;
  /** Removes a node. Returns whether it was there. */
  remove(node: string): boolean;
  /** The node of a key; undefined when there are no nodes. */
  get(key: Key): string | undefined;
  /**
   * The nodes of a key in order of preference, each once, beginning with that of `get`. Fewer than `count` when there are
   * fewer.
   */
  getN(key: Key, count: number): string[];
}

/** A node with its weight. */
export type WeightedNode = readonly [node: string, weight: number];

/** What constructors take: names, or names with weights. */
export type Nodes = Iterable<string | WeightedNode>;

/** The name and the weight of what was given, checked. @throws InvalidOptionError */
export function checkNode(node: string | WeightedNode): WeightedNode {
  const [name, weight] = typeof node === 'string' ? [node, 1] : node;
  if (typeof name !== 'string' || name === '')
    throw new InvalidOptionError('node', name, 'a name of at least one character');
  return [name, checkNumber(`weight of ${name}`, weight, { min: 0, integer: false })];
}
