/**
 * How evenly the ways to place keys spread them over nodes, and how many keys move when one node goes away: a table of
 * all, and a picture of a ring with the share of each node.
 */
import { writeFileSync } from 'node:fs';
import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import { HashRing, type ConsistentHash } from 'quorate/hashing';
import { algorithms } from './algorithms.js';
import { draw } from './draw.js';
import { hashes } from './hashes.js';
import { measure, type Measured } from './measure.js';

interface Flags {
  readonly nodes: number;
  readonly keys: number;
  readonly points: number;
  readonly hash: string;
  readonly svg: string;
  readonly json: boolean;
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

function parse(): Flags {
  const program = new Command('node --import tsx examples/ring-explorer/main.ts')
    .description('Compares how keys are placed on nodes, and draws a ring.')
    .option('--nodes <count>', 'how many nodes', number(2, 1000), 10)
    .option('--keys <count>', 'how many keys', number(1, 10_000_000), 500_000)
    .option('--points <count>', 'points of each node in the picture', number(1, 1000), 40)
    .addOption(new Option('--hash <name>', 'what to hash keys by').choices(Object.keys(hashes)).default('murmur3'))
    .option('--svg <file>', 'where to write the picture', 'ring.svg')
    .option('--json', 'print one JSON object an algorithm', false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  return program.parse().opts<Flags & Record<string, unknown>>();
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function table(measured: readonly Measured[]): string {
  const rows = new Table({
    head: ['algorithm', 'fullest', 'emptiest', 'moved', 'moved in vain'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, peak, least, moved, extra } of measured) {
    rows.push([name, peak.toFixed(3), least.toFixed(3), percent(moved), percent(extra)]);
  }
  return rows.toString();
}

const { nodes: count, keys: keyCount, points, hash: hashName, svg, json } = parse();
const hash = await hashes[hashName]!();
const digits = String(count - 1).length;
const nodes = Array.from({ length: count }, (_, i) => `node-${String(i).padStart(digits, '0')}`);
const keys = Array.from({ length: keyCount }, (_, i) => `user:${i}`);

const measured = algorithms(hash).map((algorithm) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${algorithm.name} ...`);
  return measure(algorithm, nodes, keys);
});
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
if (json) for (const one of measured) console.log(JSON.stringify(one));
else {
  console.log(
    `${keyCount} keys on ${count} nodes; the average is 1. Then one node goes, with ${percent(1 / count)} of the keys:`,
  );
  console.log(table(measured));
}

const ring = {
  name: 'ring',
  make: (of: readonly string[]): ConsistentHash => new HashRing(of, { pointsPerNode: points, hash }),
};
writeFileSync(svg, draw(nodes, { pointsPerNode: points, hash }, measure(ring, nodes, keys)));
console.error(`The ring and the shares of its nodes are drawn in ${svg}.`);
