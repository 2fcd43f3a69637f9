import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { Corpus, readInput } from '../fuzz/corpus.js';
import { tryInput } from '../fuzz/run.js';
import { targets } from '../fuzz/targets/index.js';
import { FuzzPool, type DecoderReport } from './fuzz-pool.js';

interface Flags {
  readonly inputs: number;
  readonly seed: number;
  readonly first: number;
  readonly replay?: string;
  readonly json: boolean;
}

const corpus = new Corpus(fileURLToPath(new URL('../fuzz/kept', import.meta.url)));

function number(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${most}.`);
  };
}

function parse(): { readonly decoders: readonly string[]; readonly flags: Flags } {
  const names = [...targets.keys()];
  const program = new Command('npm run fuzz --')
    .description(
      'Feeds decoders with damaged and random bytes, spread over the cores. What finds something is made small and kept in test/fuzz/kept.',
    )
    .argument('[decoders...]', `all, or some of: ${names.join(', ')}`)
    .option('--inputs <count>', 'how many inputs for each decoder', number(1e12), 1_000_000)
    .option('--seed <seed>', 'from which all inputs follow', number(0xffff_ffff), 1)
    .option('--first <number>', 'the number of the first input', number(1e12), 0)
    .option('--replay <file>', 'try the one input in this file, of the one decoder that is named')
    .option('--json', 'print one JSON object a decoder', false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  program.parse();
  const unknown = program.args.find((name) => !targets.has(name));
  if (unknown !== undefined) {
    program.error(`error: unknown decoder "${unknown}"; choose of: ${names.join(', ')}`, { exitCode: 2 });
  }
  const flags = program.opts<Flags & Record<string, unknown>>();
  if (flags.replay !== undefined && program.args.length !== 1) {
    program.error('error: --replay needs the name of one decoder', { exitCode: 2 });
  }
  return { decoders: program.args.length === 0 ? names : program.args, flags };
}

/** Tries one input that was kept. */
async function replay(decoder: string, path: string): Promise<void> {
  const outcome = await tryInput(targets.get(decoder)!, readInput(path));
  if (!(outcome instanceof Error)) return console.log(outcome);
  console.log(outcome.stack);
  process.exitCode = 1;
}

/** Tries what was kept of a decoder. What is still wrong counts as a finding. */
async function replayKept(decoder: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const path of corpus.paths(decoder)) {
    const outcome = await tryInput(targets.get(decoder)!, readInput(path));
    if (outcome instanceof Error) wrong.push(`${outcome.message}\n  ${replayCommand(decoder, path)}`);
  }
  return wrong;
}

function replayCommand(decoder: string, path: string): string {
  return `npm run fuzz -- ${decoder} --replay ${relative(process.cwd(), path)}`;
}

/** Keeps the inputs of findings, and says how to see them again. */
function explain({ decoder, findings }: DecoderReport, { seed }: Flags): string[] {
  return findings.map((finding) => {
    const { input, message } = finding!;
    if (input === '') return `${message} of seed ${seed}`;
    return `${message}\n  ${replayCommand(decoder, corpus.keep(decoder, Buffer.from(input, 'hex')))}`;
  });
}

async function fuzz(decoders: readonly string[], flags: Flags): Promise<void> {
  const kept = new Map<string, string[]>();
  for (const decoder of decoders) kept.set(decoder, await replayKept(decoder));
  const reports = await new FuzzPool({ decoders, ...flags }).run((share, decoder) => {
    process.stderr.write(`${Math.floor(share * 100)} %, ${decoder}\n`);
  });
  const lines = reports.map((report) => {
    const { decoder, inputs, rejected, startedAt, endedAt } = report;
    const wrong = [...kept.get(decoder)!, ...explain(report, flags)];
    for (const one of wrong) process.stderr.write(`${decoder}: ${one}\n`);
    const inputsPerSecond = Math.round(inputs / Math.max(0.001, (endedAt - startedAt) / 1000));
    return { decoder, inputs, rejected, findings: wrong.length, inputsPerSecond };
  });
  if (flags.json) for (const line of lines) console.log(JSON.stringify(line));
  else console.table(lines);
  if (lines.some(({ findings }) => findings > 0)) process.exitCode = 1;
}

const { decoders, flags } = parse();
if (flags.replay === undefined) await fuzz(decoders, flags);
else await replay(decoders[0]!, flags.replay);
