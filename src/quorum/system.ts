import { checkNodeId, checkNumber, InvalidOptionError, type NodeId } from '../core/index.js';

/** What a {@link QuorumSystem} is made of: a member, or another system. */
export type Part = NodeId | QuorumSystem;

/**
 * A quorum system: says which sets of members are quorums. A set is one when it satisfies the threshold: the weights of
 * the parts that it satisfies add up to at least that. It satisfies a member by containing it, and a part that is a
 * system by being a quorum of it. Each system in which more members never do harm can be written so. Plain data, never
 * changed; made by `majority`, `choose`, `and` and the other functions of this folder.
 */
export interface QuorumSystem {
  /** Everybody who is named, once. */
  readonly members: readonly NodeId[];
  /** What the weights of the satisfied parts must add up to. 0 without parts: then everything is a quorum. */
  readonly threshold: number;
  readonly parts: readonly Part[];
  /** The weight of each part. */
  readonly weights: readonly number[];
  /**
   * For {@link reached}: systems in postfix order, each as threshold, count of parts, count of those that are systems,
   * count of weights or 0 when all are 1; then for each part, systems first, its position in `members`, which means
   * nothing for a system; then the weights.
   */
  readonly program: readonly number[];
}

/** How many parts a system may have in all, those of inner ones included: evaluation works in memory of this size. */
export const MAX_QUORUM_PARTS = 1024;

/**
 * The system of these parts, of which `threshold` must be a weight that they can reach.
 *
 * @internal
 * @throws InvalidOptionError
 */
export function makeSystem(
  threshold: number,
  parts: readonly Part[],
  weights: readonly number[] = parts.map(() => 1),
): QuorumSystem {
  const positions = new Map<NodeId, number>();
  const program: number[] = [];
  const count = append({ threshold, parts, weights }, positions, program);
  if (count > MAX_QUORUM_PARTS) throw new InvalidOptionError('parts', count, `at most ${MAX_QUORUM_PARTS}`);
  return { members: [...positions.keys()], threshold, parts: [...parts], weights, program };
}

/** Appends a system to the program, and to `positions` who is named for the first time; returns its count of parts. */
function append(
  { threshold, parts, weights }: Pick<QuorumSystem, 'threshold' | 'parts' | 'weights'>,
  positions: Map<NodeId, number>,
  program: number[],
): number {
  const inner: number[] = [];
  const outer: number[] = [];
  const places: number[] = [];
  let count = parts.length;
  parts.forEach((part, i) => {
    if (isSystem(part)) {
      count += append(part, positions, program);
      inner.push(weights[i]!);
    } else {
      if (!positions.has(checkNodeId('member', part))) positions.set(part, positions.size);
      outer.push(weights[i]!);
      places.push(positions.get(part)!);
    }
  });
  const weighed = isUnit(weights) ? [] : [...inner, ...outer];
  program.push(threshold, parts.length, inner.length, weighed.length, ...inner, ...places, ...weighed);
  return count;
}

function isUnit(weights: readonly number[]): boolean {
  return weights.every((weight) => weight === 1);
}

/** Whether a part is a system of its own. */
export function isSystem(part: Part): part is QuorumSystem {
  return part instanceof Object;
}

/**
 * The system whose quorums satisfy at least `threshold` of the parts.
 *
 * @throws InvalidOptionError when more are asked for than there are, or none of some
 */
export function choose(threshold: number, ...parts: readonly Part[]): QuorumSystem {
  checkNumber('threshold', threshold, { min: Math.min(1, parts.length), max: parts.length });
  return makeSystem(threshold, parts);
}

/** The system whose quorums satisfy all parts. Without parts it is the neutral one: everything is a quorum. */
export function and(...parts: readonly Part[]): QuorumSystem {
  return choose(parts.length, ...parts);
}

/** The system whose quorums satisfy at least one part. @throws InvalidOptionError without parts */
export function or(...parts: readonly Part[]): QuorumSystem {
  if (parts.length === 0) throw new InvalidOptionError('parts', parts, 'at least one member or system');
  return choose(1, ...parts);
}

/**
 * The dual: the system whose quorums are the sets that share a member with each quorum of `system`. So it is the largest
 * system to write with when `system` is read with. The dual of the dual is the system itself. O(parts).
 *
 * @throws InvalidOptionError for a system in which everything is a quorum: its dual has none
 */
export function dual({ threshold, parts, weights }: QuorumSystem): QuorumSystem {
  if (threshold === 0) throw new InvalidOptionError('system', 'and()', 'one with members: its dual has no quorum');
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const duals = parts.map((part) => (isSystem(part) ? dual(part) : part));
  return makeSystem(total - threshold + 1, duals, weights);
}

/** The expression of a system, for people: `and(a, choose(2, b, c, d))`. */
export function formatSystem({ threshold, parts, weights }: QuorumSystem): string {
  const texts = parts.map((part) => (isSystem(part) ? formatSystem(part) : part));
  if (!isUnit(weights)) {
    return `weighted(${threshold}, ${texts.map((text, i) => `${text}: ${weights[i]}`).join(', ')})`;
  }
  const list = texts.join(', ');
  if (threshold === parts.length) return `and(${list})`;
  return threshold === 1 ? `or(${list})` : `choose(${threshold}, ${list})`;
}
