import { format, resolveConfig } from 'prettier';
import {
  grid,
  hierarchical,
  majority,
  readWriteCounts,
  readWriteGrid,
  tree,
  wall,
  weighted,
  type QuorumSystem,
  type ReadWriteSystem,
} from '../src/quorum/index.js';
import { failureProbability, load, minimalQuorums, resilience } from '../src/quorum/analysis/index.js';

const BEGIN = '<!-- computed by npm run docs:quorum -->';
const END = '<!-- end of what is computed -->';

const five = [...'abcde'];
const nine = [...'abcdefghi'];
const square = [nine.slice(0, 3), nine.slice(3, 6), nine.slice(6)];

const systems: readonly (readonly [name: string, members: number, system: QuorumSystem | ReadWriteSystem])[] = [
  ['majority', 5, majority(five)],
  ['weighted 2 1 1 1 1', 5, weighted({ a: 2, b: 1, c: 1, d: 1, e: 1 })],
  ['tree', 5, tree(five)],
  ['wall of rows of 1, 2, 2', 5, wall([['a'], ['b', 'c'], ['d', 'e']])],
  ['read one, write all', 5, readWriteCounts(five, { read: 1, write: 5 })],
  ['majority', 9, majority(nine)],
  ['weighted 3 2 2 1 1 1 1 1 1', 9, weighted({ a: 3, b: 2, c: 2, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1 })],
  ['grid of 3 by 3', 9, grid(square)],
  ['tree', 9, tree(nine)],
  ['wall of rows of 1, 2, 3, 3', 9, wall([['a'], ['b', 'c'], ['d', 'e', 'f'], ['g', 'h', 'i']])],
  ['hierarchical, 3 groups of 3', 9, hierarchical(square)],
  ['read one, write all', 9, readWriteCounts(nine, { read: 1, write: 9 })],
  ['read a row, write one of each', 9, readWriteGrid(square)],
];

/** A guide with the table of quorum systems between its two comments as it must be now. */
export async function withTable(guide: string): Promise<string> {
  const [before, rest] = guide.split(BEGIN);
  const [, after] = (rest ?? '').split(END);
  if (after === undefined) throw new Error(`The guide must have ${BEGIN} and ${END}`);
  const text = `${before}${BEGIN}\n\n${await table()}\n\n${END}${after}`;
  return format(text, { ...(await resolveConfig('docs/guide/quorum.md')), parser: 'markdown' });
}

async function table(): Promise<string> {
  const head = ['system', 'members', 'smallest', 'largest', 'load', 'resilience', 'F at 0.01', 'F at 0.1'];
  const rows = await Promise.all(
    systems.map(async ([name, members, system]) => {
      const each = (of: (one: QuorumSystem) => string): string =>
        'read' in system ? `${of(system.read)} / ${of(system.write)}` : of(system);
      const sizes = (one: QuorumSystem): number[] => minimalQuorums(one).map(({ length }) => length);
      return [
        name,
        `${members}`,
        each((one) => `${Math.min(...sizes(one))}`),
        each((one) => `${Math.max(...sizes(one))}`),
        (await load({ system, readFraction: 0.5 })).toFixed(3),
        each((one) => `${resilience(one)}`),
        each((one) => formatProbability(failureProbability(one, 0.01))),
        each((one) => formatProbability(failureProbability(one, 0.1))),
      ];
    }),
  );
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function formatProbability(p: number): string {
  return p < 0.001 ? p.toExponential(1) : p.toPrecision(2);
}
