import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { isNodeId, isQuorateError, systemClock, type NodeId } from '../../src/core/index.js';
import { parseRecording, raftReplayRules, replayRecording } from '../../src/testing/index.js';
import type { Recording, ReplayPace, ReplayRules } from '../../src/testing/index.js';
import { openTcpTransport, type HostPort } from '../../src/transport/tcp.js';

interface Options {
  readonly node?: NodeId;
  readonly cluster: string;
  readonly listen: Readonly<Record<NodeId, HostPort>>;
  readonly connect?: string;
  readonly ignore: readonly string[];
  readonly rules?: string;
  readonly pace: ReplayPace;
  readonly timeout: number;
  readonly json?: boolean;
}

/** The call or its input is wrong: exit code 2. */
class UsageError extends Error {}

const RULES: ReadonlySet<string> = new Set<keyof ReplayRules>(['normalise', 'stream', 'covers', 'plays', 'codec']);

const program = new Command('npm run replay --')
  .description(
    'Plays all the peers of a node over TCP, from a recording or a script, against a node in any language,\n' +
      'and compares what the node sends with what was recorded.',
  )
  .argument('<recording>', 'JSON lines: {"recording":1,"node":ID}, then an event a line (see docs/guide/recorder.md)')
  .option('--node <id>', 'the id of the node under test (default: that of the recording)')
  .option('--cluster <name>', 'the name of its cluster', 'test')
  .option('--listen <peer=host:port>', 'where a peer listens; repeat it (default: a free port)', listenAt, {})
  .option('--connect <host:port>', 'where the node listens (default: it dials the peers)')
  .option('--ignore <field>', 'a field of messages, as a.b, that may differ; repeat it', append, [])
  .option(
    '--rules <rules>',
    'what may differ: raft, or a module that exports normalise, stream, covers, plays or codec',
  )
  .option('--pace <how>', 'each message when it is its turn (answers), at its time (time), or both', pace, 'answers')
  .option('--timeout <ms>', 'how long a connection or an answer may take, 1 to 3600000', milliseconds, 5000)
  .option('--json', 'print one JSON object on standard output')
  .addHelpText('after', '\nExit codes: 0 it did the same, 1 it did something else, 2 the call or its input is wrong.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program.parse();
process.exit(await main(program.args[0]!, program.opts<Options>()).catch(exitCodeOf));

async function main(path: string, options: Options): Promise<number> {
  const recording = read(path, options.node);
  const { cluster, connect, ignore, json = false } = options;
  const { normalise = (message: unknown) => message, ...rules } = await rulesOf(options.rules);
  const addresses = connect === undefined ? {} : { [recording.node]: connect };
  const result = await replayRecording(recording, {
    async open(id) {
      const listen = options.listen[id] ?? { host: '127.0.0.1', port: 0 };
      const transport = await openTcpTransport({ id, cluster, listen, addresses });
      process.stderr.write(`${id} listens on ${transport.address}\n`);
      return transport;
    },
    clock: systemClock,
    pace: options.pace,
    timeoutMs: options.timeout,
    ...rules,
    normalise(message, channel, peer) {
      const compared = normalise(message, channel, peer);
      return ignore.reduce((rest, field) => without(rest, field.split('.')), compared);
    },
  });
  const { node, events, cut } = recording;
  if (cut) process.stderr.write('the recording was cut at its limit; what came later is not played\n');
  if (json) console.log(JSON.stringify({ node, events: events.length, ...result }));
  else console.log(result.mismatch ?? `${node} did the same: ${result.compared} messages as recorded`);
  return result.mismatch === null ? 0 : 1;
}

function read(path: string, node?: NodeId): Recording {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`);
  }
  const recording = parseRecording(text);
  const given: unknown = node;
  if (given !== undefined && !isNodeId(given)) throw new UsageError('--node must be a node id: printable, no spaces');
  return { ...recording, node: node ?? recording.node };
}

async function rulesOf(name: string | undefined): Promise<ReplayRules> {
  if (name === undefined) return {};
  if (name === 'raft') return raftReplayRules();
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(resolve(name)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`cannot load ${name}: ${(error as Error).message}`);
  }
  const rules = Object.entries(module).filter(([key, rule]) => RULES.has(key) && typeof rule === 'function');
  if (rules.length === 0) throw new UsageError(`${name} exports none of the functions ${[...RULES].join(', ')}`);
  return Object.fromEntries(rules);
}

/** A copy without that field. */
function without(value: unknown, [field, ...rest]: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || field === undefined) return value;
  if (Array.isArray(value)) return value.map((part) => without(part, [field, ...rest]));
  const { [field]: part, ...others } = value as Record<string, unknown>;
  return rest.length === 0 || part === undefined ? others : { ...others, [field]: without(part, rest) };
}

function listenAt(text: string, known: Readonly<Record<NodeId, HostPort>>): Record<NodeId, HostPort> {
  const [, peer, host, port] = /^([^=\s]+)=\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (peer === undefined || host === undefined || Number(port) > 65_535) {
    throw new InvalidArgumentError('It must be PEER=HOST:PORT.');
  }
  return { ...known, [peer]: { host, port: Number(port) } };
}

function append(text: string, known: readonly string[]): string[] {
  return [...known, text];
}

function pace(text: string): string {
  if (text === 'answers' || text === 'time' || text === 'both') return text;
  throw new InvalidArgumentError('It must be answers, time or both.');
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= 3_600_000) return value;
  throw new InvalidArgumentError('It must be a number from 1 to 3600000.');
}

function exitCodeOf(error: unknown): number {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof UsageError || isQuorateError(error) ? 2 : 1;
}
