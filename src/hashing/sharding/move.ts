import { InvalidOptionError } from '../../core/index.js';

/**
 * One replica of a shard goes from a node to another. `from` is null for a replica that is added, `to` for one that is
 * given up. Plain data.
 */
export interface Move {
  /** The id of the shard. */
  readonly shard: number;
  readonly from: string | null;
  readonly to: string | null;
}

/** The moves by which these nodes of a shard become those, in whatever order: each that goes with one that comes. */
export function movesBetween(shard: number, before: readonly string[], after: readonly string[]): Move[] {
  const going = before.filter((node) => !after.includes(node));
  const coming = after.filter((node) => !before.includes(node));
  return Array.from({ length: Math.max(going.length, coming.length) }, (_, i) => ({
    shard,
    from: going[i] ?? null,
    to: coming[i] ?? null,
  }));
}

/** The nodes of a shard after a move: the new one has the place of the old. @throws InvalidOptionError */
export function afterMove(nodes: readonly string[], { shard, from, to }: Move): string[] {
  if (to !== null && nodes.includes(to))
    throw new InvalidOptionError('to', to, `a node that does not hold shard ${shard} yet`);
  if (from === null) return to === null ? [...nodes] : [...nodes, to];
  const at = nodes.indexOf(from);
  if (at < 0) throw new InvalidOptionError('from', from, `a node that holds shard ${shard}`);
  return nodes.toSpliced(at, 1, ...(to === null ? [] : [to]));
}
