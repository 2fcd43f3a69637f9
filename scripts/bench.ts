import { readdirSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { DEFAULTS, runSuite, type Report, type Result, type Suite } from '../bench/harness.js';
import { installBenchPackages } from './bench-packages.js';
import { formatTable } from './table.js';

interface Flags {
  readonly seconds: number;
  readonly rounds: number;
  readonly json: boolean;
}

const suites = readdirSync(new URL('../bench/suites/', import.meta.url))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

async function main(): Promise<void> {
  const { suite, flags } = parseArguments();
  installBenchPackages();
  const file = new URL(`../bench/suites/${suite}.ts`, import.meta.url);
  const { default: makeCases, report = table } = (await import(file.href)) as { default: Suite; report?: Report };
  const bar = new SingleBar({ format: '{bar} {value}/{total} {what}', stream: process.stderr, clearOnComplete: true });
  const cases = await makeCases();
  bar.start(cases.length * flags.rounds, 0, { what: '' });
  const results = await runSuite(suite, cases, {
    ...flags,
    progress: (done, _total, what) => bar.update(done, { what }),
  });
  bar.stop();
  const text = report(results, flags);
  process.stdout.write(flags.json ? results.map((result) => `${JSON.stringify(result)}\n`).join('') : text);
}

function parseArguments(): { suite: string; flags: Flags } {
  const command = new Command('npm run bench --')
    .argument('<suite>', `one of: ${suites.join(', ')}`, (value) => {
      if (suites.includes(value)) return value;
      throw new InvalidArgumentError(`The suites are: ${suites.join(', ')}.`);
    })
    .option('--seconds <s>', 'how long one round of one case takes', atLeast(0.001), DEFAULTS.seconds)
    .option('--rounds <n>', 'rounds, of which the median counts', atLeast(1), DEFAULTS.rounds)
    .option('--json', 'one JSON object a line', false)
    .exitOverride();
  try {
    command.parse();
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  }
  return { suite: command.processedArgs[0] as string, flags: command.opts<Flags & Record<string, unknown>>() };
}

function atLeast(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (value >= min && Number.isFinite(value)) return min === 1 ? Math.round(value) : value;
    throw new InvalidArgumentError(`It must be a number of at least ${min}.`);
  };
}

/** A row for each case; peers come with how they compare to ours of the same name. */
function table(results: readonly Result[]): string {
  const rows = results.map(({ case: name, unit, value, peer }) => {
    const ours = results.find((other) => other.case === name && other.peer === null);
    const ratio = peer === null || ours === undefined ? '' : `${(value / ours.value).toFixed(2)} x`;
    return [name, peer ?? 'quorate', value.toLocaleString('en', { maximumSignificantDigits: 4 }), unit, ratio];
  });
  return formatTable({ case: 'left', by: 'left', value: 'right', unit: 'left', 'to ours': 'right' }, rows);
}

await main();
