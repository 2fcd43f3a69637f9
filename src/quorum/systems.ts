import { checkNumber, InvalidOptionError, type NodeId } from '../core/index.js';
import { majoritySize, requireDistinct } from './majority.js';
import { and, choose, formatSystem, or, isSystem, makeSystem, type Part, type QuorumSystem } from './system.js';

/** The largest sum of weights. */
const MAX_TOTAL_WEIGHT = 0x7fff_ffff;

/**
 * A quorum has at least `threshold` of the weight of all (Gifford 1979). For members of unequal strength or trust. With
 * the default threshold any two quorums meet.
 *
 * @param weights - by member, or pairs where the parts are systems: whole numbers from 0
 * @param threshold - @defaultValue more than half of the weight of all
 * @throws InvalidOptionError
 */
export function weighted(
  weights: Readonly<Record<NodeId, number>> | readonly (readonly [Part, number])[],
  threshold?: number,
): QuorumSystem {
  const pairs: readonly (readonly [Part, number])[] = isPairs(weights) ? weights : Object.entries(weights);
  let total = 0;
  for (const [part, weight] of pairs) {
    total += checkNumber(`weight of ${isSystem(part) ? formatSystem(part) : part}`, weight, {
      min: 0,
      max: MAX_TOTAL_WEIGHT,
    });
  }
  checkNumber('the sum of the weights', total, { min: 1, max: MAX_TOTAL_WEIGHT });
  const needed = checkNumber('threshold', threshold ?? Math.floor(total / 2) + 1, { min: 1, max: total });
  return makeSystem(
    needed,
    pairs.map(([part]) => part),
    pairs.map(([, weight]) => weight),
  );
}

function isPairs(weights: object): weights is readonly (readonly [Part, number])[] {
  return Array.isArray(weights);
}

/**
 * Members in rows and columns; a quorum is a full row and a full column (Maekawa 1985; Cheung, Ammar and Ahamad 1992).
 * Any two meet where the row of one crosses the column of the other. Of n members in a square 2 sqrt(n) - 1 are asked,
 * fewer than a majority from 9 on, but as few failures as there are rows or columns can stop it.
 *
 * @param rows - of equal length
 * @throws InvalidOptionError
 */
export function grid(rows: readonly (readonly NodeId[])[]): QuorumSystem {
  checkGrid(rows);
  const columns = rows[0]!.map((_, i) => rows.map((row) => row[i]!));
  return and(or(...rows.map((row) => and(...row))), or(...columns.map((column) => and(...column))));
}

/** @throws InvalidOptionError when the rows are no grid */
export function checkGrid(rows: readonly (readonly NodeId[])[]): void {
  checkRows(rows);
  const uneven = rows.find((row) => row.length !== rows[0]!.length);
  if (uneven !== undefined) throw new InvalidOptionError('rows', `[${uneven.join()}]`, 'rows of equal length');
}

function checkRows(rows: readonly (readonly NodeId[])[]): void {
  if (rows.length === 0 || rows.some((row) => row.length === 0)) {
    throw new InvalidOptionError('rows', `${rows.length} rows`, 'at least one row, and at least one member in each');
  }
  requireDistinct('rows', rows.flat());
}

/**
 * Members as a complete tree (Agrawal and El Abbadi 1991): a quorum is a path from the root to a leaf, where a member
 * that failed is replaced by paths from each of its children. As few as the depth of the tree when nobody failed, a
 * majority at worst; but everybody asks the root while it lives.
 *
 * @param members - in breadth-first order: the root, its children, theirs
 * @param degree - how many children each has. @defaultValue 2
 * @throws InvalidOptionError
 */
export function tree(members: readonly NodeId[], degree = 2): QuorumSystem {
  if (members.length === 0) throw new InvalidOptionError('members', members, 'at least one member');
  requireDistinct('members', members);
  checkNumber('degree', degree, { min: 2 });
  const subtree = (root: number): Part => {
    const first = root * degree + 1;
    const children = members.slice(first, first + degree).map((_, i) => subtree(first + i));
    if (children.length === 0) return members[root]!;
    // The root and one child, or all children. One child alone would leave nothing for the root to stand for.
    const rootWeight = Math.max(1, children.length - 1);
    const parts: [Part, number][] = [
      [members[root]!, rootWeight],
      ...children.map((child): [Part, number] => [child, 1]),
    ];
    return weighted(parts, rootWeight + 1);
  };
  const whole = subtree(0);
  return isSystem(whole) ? whole : and(whole);
}

/**
 * A crumbling wall (Peleg and Wool 1995): a quorum is a full row and one member of each row below it. Rows may differ in
 * length; with a first row of one and rows that grow slowly it has small quorums that are also likely to be alive.
 *
 * @param rows - from top to bottom
 * @throws InvalidOptionError
 */
export function wall(rows: readonly (readonly NodeId[])[]): QuorumSystem {
  checkRows(rows);
  return or(...rows.map((row, i) => and(...row, ...rows.slice(i + 1).map((below) => or(...below)))));
}

/**
 * Groups of weighted members, as ZooKeeper defines it: a quorum has more than half of the weight of a group, in more than
 * half of the groups whose weight is not 0. For several sites: with three sites of three, four of nine members decide, and
 * the loss of one site does no harm.
 *
 * @param groups - of each group the members, or the weight of each member
 * @throws InvalidOptionError
 */
export function hierarchical(groups: readonly (readonly NodeId[] | Readonly<Record<NodeId, number>>)[]): QuorumSystem {
  const weights = groups.map((group) => (isList(group) ? Object.fromEntries(group.map((id) => [id, 1])) : group));
  requireDistinct(
    'groups',
    groups.flatMap((group) => (isList(group) ? group : Object.keys(group))),
  );
  const voting = weights.filter((group) => Object.values(group).some((weight) => weight > 0));
  if (voting.length === 0)
    throw new InvalidOptionError('groups', `${groups.length} groups`, 'at least one with weight');
  return choose(majoritySize(voting.length), ...voting.map((group) => weighted(group)));
}

function isList(group: readonly NodeId[] | Readonly<Record<NodeId, number>>): group is readonly NodeId[] {
  return Array.isArray(group);
}

/**
 * All of several at once: what is decided while one group of members takes over from another (Raft section 6). Parts in
 * which everything is a quorum do not matter.
 */
export function joint(...systems: readonly QuorumSystem[]): QuorumSystem {
  return and(...systems);
}

/**
 * A Byzantine dissemination system (Malkhi and Reiter 1998): any two quorums share at least one member that is honest,
 * which suffices for data that nobody can forge because it is signed. Needs more than three times as many members as may
 * lie.
 *
 * @param faults - how many may lie, called b
 * @throws InvalidOptionError
 */
export function dissemination(members: readonly NodeId[], faults: number): QuorumSystem {
  return byzantine(members, faults, 3);
}

/**
 * A Byzantine masking system (Malkhi and Reiter 1998): any two quorums share more honest members than may lie, so that
 * also data without signatures can be believed. Needs more than four times as many members as may lie.
 *
 * @param faults - how many may lie, called b
 * @throws InvalidOptionError
 */
export function masking(members: readonly NodeId[], faults: number): QuorumSystem {
  return byzantine(members, faults, 4);
}

/** Two quorums share `times - 2` times the faults and one more. */
function byzantine(members: readonly NodeId[], faults: number, times: number): QuorumSystem {
  requireDistinct('members', members);
  checkNumber('faults', faults, { min: 0 });
  const needed = times * faults + 1;
  if (members.length < needed) {
    const remedy = `at least ${needed} for ${faults} that may lie`;
    throw new InvalidOptionError('members', `a list of ${members.length}`, remedy);
  }
  return choose(Math.ceil((members.length + (times - 2) * faults + 1) / 2), ...members);
}
