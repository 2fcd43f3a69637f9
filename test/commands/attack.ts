import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { AttackedCluster } from '../attacks/attacked-cluster.js';
import { TRANSPORTS, type TransportName } from '../attacks/attacked-transport.js';
import { pause } from '../attacks/attacker.js';
import { attacksOn } from '../attacks/attacks.js';
import { AttackCertificates } from '../attacks/certificates.js';
import type { ServerSample } from './attack-server.js';
import type { AttackOrder } from './attack-worker.js';
import { bundledWorker } from './bundled-worker.js';

interface Flags {
  readonly transport: TransportName;
  readonly seconds: number;
  readonly json: boolean;
}

/** One second of the run. */
interface Second extends ServerSample {
  readonly puts: number;
}

const MIB = 1 << 20;
/** Fewer than the attacks would make. */
const MAX_CONNECTIONS = 128;
/** Seconds under attack until what may be held is held. */
const WARM_UP = 0.25;
/** How much the memory may grow from the first quarter after that to the last one, in MiB. */
const MAX_GROWTH_MIB = 32;

const SERVER = fileURLToPath(new URL('./attack-server.ts', import.meta.url));
const ATTACKERS = fileURLToPath(new URL('./attack-worker.ts', import.meta.url));

function parse(): Flags {
  const program = new Command('npm run attack --')
    .description('All attacks at once on one of three live servers, while honest clients put; watches its memory.')
    .addOption(
      new Option('--transport <name>', 'what the servers talk over; tls is TCP with mutual TLS')
        .choices(TRANSPORTS)
        .default('tcp'),
    )
    .option('--seconds <count>', 'how long', seconds, 60)
    .option('--json', 'print one JSON object', false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  return program.parse().opts<Flags & Record<string, unknown>>();
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 8 && value <= 86_400) return value;
  throw new InvalidArgumentError('It must be a whole number from 8 to 86400.');
}

/** Looks once a second. */
async function watch(cluster: AttackedCluster, count: number): Promise<Second[]> {
  const samples: Second[] = [];
  const start = performance.now();
  let before = cluster.acknowledged;
  for (let second = 1; second <= count; second++) {
    await pause(Math.max(0, start + second * 1000 - performance.now()));
    const sample = { ...(await cluster.sample()), puts: cluster.acknowledged - before };
    before = cluster.acknowledged;
    samples.push(sample);
    const { residentBytes, usedBytes, peers, puts, role, term } = sample;
    const memory = `${mib(residentBytes)} MiB resident, ${mib(usedBytes)} used`;
    process.stderr.write(`${second} s: ${memory}, ${peers} peers, ${role} of term ${term}, ${puts} puts\n`);
  }
  return samples;
}

async function countsOf(attackers: ChildProcess): Promise<Record<string, number>> {
  attackers.send('how many?');
  const [counts] = (await once(attackers, 'message')) as [Record<string, number>];
  return counts;
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** How much the median of the last quarter is above that of the first one, in MiB. */
function growth(samples: readonly Second[], of: (sample: Second) => number): number {
  const quarter = Math.max(1, samples.length >> 2);
  return mib(median(samples.slice(-quarter).map(of)) - median(samples.slice(0, quarter).map(of)));
}

function summary(
  samples: readonly Second[],
  quiet: readonly Second[],
  attacks: Record<string, number>,
): Record<string, unknown> {
  const settled = samples.slice(Math.ceil(samples.length * WARM_UP));
  const puts = samples.map((sample) => sample.puts);
  const last = samples.at(-1)!;
  return {
    transport,
    seconds: samples.length,
    residentMiB: {
      quiet: mib(quiet.at(-1)!.residentBytes),
      median: mib(median(settled.map((one) => one.residentBytes))),
      max: mib(Math.max(...samples.map((one) => one.residentBytes))),
    },
    usedMiB: {
      quiet: mib(quiet.at(-1)!.usedBytes),
      median: mib(median(settled.map((one) => one.usedBytes))),
      max: mib(Math.max(...samples.map((one) => one.usedBytes))),
    },
    grewMiB: {
      resident: growth(settled, (one) => one.residentBytes),
      used: growth(settled, (one) => one.usedBytes),
      allowed: MAX_GROWTH_MIB,
    },
    putsPerSecond: { quiet: median(quiet.map((one) => one.puts)), median: median(puts), min: Math.min(...puts) },
    peers: last.peers,
    term: last.term,
    refused: last.refused,
    malformed: last.malformed,
    attacks,
  };
}

/** What does not hold. */
function problems({ grewMiB, putsPerSecond }: Record<string, unknown>): string[] {
  const { resident, used } = grewMiB as { readonly resident: number; readonly used: number };
  const { median: puts } = putsPerSecond as { readonly median: number };
  return [
    ...(resident > MAX_GROWTH_MIB
      ? [`resident memory grew by ${resident} MiB, and ${MAX_GROWTH_MIB} are allowed`]
      : []),
    ...(used > MAX_GROWTH_MIB ? [`used memory grew by ${used} MiB, and ${MAX_GROWTH_MIB} are allowed`] : []),
    ...(puts === 0 ? ['honest clients were not served'] : []),
  ];
}

const flags = parse();
const [server, attacker] = [await bundledWorker(SERVER), await bundledWorker(ATTACKERS)];
const { transport } = flags;
const certificates = transport === 'tls' ? await AttackCertificates.create() : null;
const cluster = await AttackedCluster.start(server, MAX_CONNECTIONS, async (id) =>
  certificates === null ? { transport } : { transport, tls: await certificates.of(id) },
);
try {
  const quiet = await watch(cluster, 3);
  const attackers = fork(attacker, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    const papers = (await certificates?.ofAttackers(Object.keys(attacksOn(transport)))) ?? { certified: {} };
    attackers.send({ address: cluster.address, transport, ...papers } satisfies AttackOrder);
    const samples = await watch(cluster, flags.seconds);
    const result = summary(samples, quiet, await countsOf(attackers));
    console.log(flags.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
    for (const problem of problems(result)) {
      process.stderr.write(`${problem}\n`);
      process.exitCode = 1;
    }
  } finally {
    attackers.kill('SIGKILL');
  }
} finally {
  await cluster.stop();
}
