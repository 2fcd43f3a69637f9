import { checkNumber, type NodeId } from '../core/index.js';
import { requireIntersection } from './intersection.js';
import { majoritySize, requireDistinct } from './majority.js';
import { and, choose, dual, or, type QuorumSystem } from './system.js';
import { checkGrid } from './systems.js';

/** What reads must reach, and what writes must: each read quorum meets each write quorum. */
export interface ReadWriteSystem {
  readonly read: QuorumSystem;
  readonly write: QuorumSystem;
}

/**
 * A pair of systems to read and write with. A read then meets the last write. Two writes need not meet, unless also
 * `readWrite({ read: write, write })` is accepted: then they can be ordered by reading before.
 *
 * @param systems - either, or both. What is missing is the dual of the other: the largest system that meets it
 * @throws DisjointQuorumsError naming a read quorum and a write quorum without a common member
 */
export function readWrite(
  systems:
    | { readonly read: QuorumSystem; readonly write?: QuorumSystem }
    | { readonly write: QuorumSystem; readonly read?: undefined },
): ReadWriteSystem {
  const [read, write] = meeting(systems.read, systems.write, ['read', 'write']);
  return { read, write };
}

/** Two systems whose quorums meet; the dual of the one takes the place of the other, which then needs no proof. */
function meeting(
  first: QuorumSystem | undefined,
  second: QuorumSystem | undefined,
  names: readonly [string, string],
): [QuorumSystem, QuorumSystem] {
  if (first === undefined) return [dual(second!), second!];
  if (second === undefined) return [first, dual(first)];
  requireIntersection(first, second, names);
  return [first, second];
}

/**
 * Reads from R of N members and writes to W, with R + W > N (Gifford 1979). Small R for cheap reads, small W for cheap
 * writes.
 *
 * @throws InvalidOptionError; DisjointQuorumsError when R + W is N or less
 */
export function readWriteCounts(
  members: readonly NodeId[],
  counts: { readonly read: number; readonly write: number },
): ReadWriteSystem {
  requireDistinct('members', members);
  const range = { min: 1, max: members.length };
  const read = choose(checkNumber('read', counts.read, range), ...members);
  return readWrite({ read, write: choose(checkNumber('write', counts.write, range), ...members) });
}

/**
 * A grid to read one full row of, and to write to one member of each row, or the other way round with `rows` and columns
 * exchanged (Cheung, Ammar and Ahamad 1992). Of n members in a square each asks sqrt(n).
 *
 * @param rows - of equal length
 * @throws InvalidOptionError
 */
export function readWriteGrid(rows: readonly (readonly NodeId[])[]): ReadWriteSystem {
  checkGrid(rows);
  const read = or(...rows.map((row) => and(...row)));
  return { read, write: dual(read) };
}

/** The quorums of the two phases of Paxos. */
export interface FlexibleSystem {
  /** Who must promise: to become leader, to prepare a ballot. */
  readonly phase1: QuorumSystem;
  /** Who must accept: to have a value chosen. */
  readonly phase2: QuorumSystem;
}

/**
 * Quorums of Flexible Paxos (Howard, Malkhi and Spiegelman 2016): only those of different phases must meet. A small
 * phase 2 makes each decision cheap and electing a new leader dear.
 *
 * @param systems - either, or both. What is missing is the dual of the other
 * @throws DisjointQuorumsError naming a quorum of each phase without a common member
 */
export function flexible(
  systems:
    | { readonly phase1: QuorumSystem; readonly phase2?: QuorumSystem }
    | { readonly phase2: QuorumSystem; readonly phase1?: undefined },
): FlexibleSystem {
  const [phase1, phase2] = meeting(systems.phase1, systems.phase2, ['phase 1', 'phase 2']);
  return { phase1, phase2 };
}

/** How many members the quorums of Fast Paxos have. */
export interface FastPaxosSizes {
  readonly classic: number;
  readonly fast: number;
}

/**
 * The least quorums of Fast Paxos (Lamport 2006) among n members: two classic ones meet, and a classic one meets any two
 * fast ones in a common member.
 *
 * @param size - n
 * @param classic - @defaultValue a majority, the least
 * @throws InvalidOptionError
 */
export function fastPaxosSizes(size: number, classic?: number): FastPaxosSizes {
  checkNumber('size', size, { min: 1 });
  const chosen = checkNumber('classic', classic ?? majoritySize(size), { min: majoritySize(size), max: size });
  return { classic: chosen, fast: Math.floor((2 * size - chosen) / 2) + 1 };
}

/** The quorums of Fast Paxos of {@link fastPaxosSizes}, for these members. @throws InvalidOptionError */
export function fastPaxos(
  members: readonly NodeId[],
  classic?: number,
): { readonly classic: QuorumSystem; readonly fast: QuorumSystem } {
  requireDistinct('members', members);
  const sizes = fastPaxosSizes(members.length, classic);
  return { classic: choose(sizes.classic, ...members), fast: choose(sizes.fast, ...members) };
}
