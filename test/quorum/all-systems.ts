import {
  choose,
  dissemination,
  dual,
  grid,
  hierarchical,
  joint,
  majority,
  masking,
  readWriteGrid,
  tree,
  wall,
  weighted,
  type QuorumSystem,
} from '../../src/quorum/index.js';

/** A system, with what it is called in the name of a test. */
export type NamedSystem = readonly [name: string, system: QuorumSystem];

const letters = (count: number): string[] => [...'abcdefghijklmnopqrstuvwxyz'.slice(0, count)];

/** The ways to write a number as a sum of numbers from 1, in every order. */
function compositions(total: number): number[][] {
  if (total === 0) return [[]];
  return letters(total).flatMap((_, i) => compositions(total - i - 1).map((rest) => [i + 1, ...rest]));
}

/** Members in rows of these lengths. */
function rowsOf(lengths: readonly number[]): string[][] {
  let next = 0;
  return lengths.map((length) => letters(26).slice(next, (next += length)));
}

function* counted(members: readonly string[]): Iterable<NamedSystem> {
  const { length } = members;
  yield [`majority of ${length}`, majority(members)];
  for (let k = 1; k <= length; k++) yield [`${k} of ${length}`, choose(k, ...members)];
  for (let b = 0; 3 * b < length; b++) yield [`dissemination of ${length}, ${b} lie`, dissemination(members, b)];
  for (let b = 0; 4 * b < length; b++) yield [`masking of ${length}, ${b} lie`, masking(members, b)];
}

function* shaped(members: readonly string[]): Iterable<NamedSystem> {
  const { length } = members;
  for (const degree of [2, 3, 4]) yield [`tree of ${length}, degree ${degree}`, tree(members, degree)];
  for (const lengths of compositions(length)) {
    const rows = rowsOf(lengths);
    yield [`wall ${lengths.join('-')}`, wall(rows)];
    yield [`hierarchical ${lengths.join('-')}`, hierarchical(rows)];
    if (new Set(lengths).size > 1) continue;
    yield [`grid ${lengths.join('-')}`, grid(rows)];
    yield [`rows of a grid ${lengths.join('-')}`, readWriteGrid(rows).read];
    yield [`columns of a grid ${lengths.join('-')}`, readWriteGrid(rows).write];
  }
}

function* mixed(members: readonly string[]): Iterable<NamedSystem> {
  const { length } = members;
  for (const first of [1, 2, 5]) {
    const weights = Object.fromEntries(members.map((member, i) => [member, i === 0 ? first : 1 + (i % 3)]));
    yield [`weights of ${length}, first ${first}`, weighted(weights)];
  }
  for (let i = 1; i < length; i++) {
    const overlapping = joint(majority(members.slice(0, i + 1)), majority(members.slice(i - 1)));
    yield [`joint majorities of ${length} from ${i}`, overlapping];
  }
}

/** Systems of every kind that the library makes, in every shape of up to `most` members, and their duals. */
export function* allSystems(most: number): Iterable<NamedSystem> {
  for (let length = 1; length <= most; length++) {
    const members = letters(length);
    for (const part of [counted, shaped, mixed]) {
      for (const [name, system] of part(members)) {
        yield [name, system];
        yield [`dual of ${name}`, dual(system)];
      }
    }
  }
}
