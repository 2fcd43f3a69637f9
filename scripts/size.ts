import { spawnSync } from 'node:child_process';
import { formatTable } from './table.js';

/** A line of `size-limit --json`. */
interface Measured {
  readonly name: string;
  readonly size: number;
  readonly sizeLimit: number;
  readonly passed: boolean;
}

const { stdout, stderr } = spawnSync('size-limit', ['--json'], { encoding: 'utf8' });
if (!stdout.startsWith('[')) {
  process.stderr.write(`size-limit could not measure; is the package built?\n${stdout}${stderr}`);
  process.exit(2);
}
const entries = JSON.parse(stdout) as Measured[];
if (process.argv.includes('--json'))
  for (const { name, size, sizeLimit } of entries)
    process.stdout.write(`${JSON.stringify({ entry: name, bytes: size, budget: sizeLimit })}\n`);
else process.stdout.write(table());
const tooLarge = entries.filter(({ passed }) => !passed).map(({ name }) => name);
if (tooLarge.length > 0) process.stderr.write(`Over budget: ${tooLarge.join(', ')}\n`);
process.exitCode = tooLarge.length > 0 ? 1 : 0;

function table(): string {
  const rows = entries.map(({ name, size, sizeLimit }) => [name, `${size}`, `${sizeLimit}`]);
  return formatTable({ entry: 'left', bytes: 'right', budget: 'right' }, rows);
}
