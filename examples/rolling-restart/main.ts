/**
 * Three HTTP servers, each a process, are restarted with a new version, one after the other, while a client sends requests to
 * them all the time. It balances over those that its own checks find well, makes one attempt for each request, and no request
 * fails. With `--break-last` the new version does not get well on the last server, and all go back to the old one.
 */
import { rollingRestart, RollingRestartError, type RestartProgress } from 'quorate/health';
import { interrupted, runProgram } from '../program.js';
import { Client } from './client.js';
import { Fleet } from './fleet.js';
import { parseOptions, type Options } from './options.js';

const OLD = { version: '1.0', broken: false };

/** Does what was asked for and returns the exit code. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const fleet = new Fleet(OLD);
  const restarting = new AbortController();
  try {
    const work = run(options, fleet, restarting.signal);
    work.catch(() => {}); // it ends with the servers when a signal has come
    return await Promise.race([work, interrupted]);
  } finally {
    restarting.abort();
    await fleet.close();
  }
}

async function run(options: Options, fleet: Fleet, signal: AbortSignal): Promise<number> {
  const nodes = [await fleet.add(), await fleet.add(), await fleet.add()];
  const client = new Client(nodes);
  client.start(options.rate);
  const began = performance.now();
  const error = await restart(options, fleet, nodes, signal);
  const seconds = (performance.now() - began) / 1000;
  await client.stop();
  const { requests, failures, answers } = client;
  const summary = {
    event: 'summary',
    requests,
    failures: failures.length,
    answers: Object.fromEntries(answers),
    restarted: error?.restarted ?? nodes,
    rolledBack: error?.rolledBack ?? [],
    seconds: Number(seconds.toFixed(1)),
  };
  say(options, summary, () => {
    const versions = [...answers].map(([version, count]) => `${count} by version ${version}`).join(', ');
    const end = error === undefined ? 'All servers run the new version' : error.message;
    return `\n${end}.\n${requests} requests in ${summary.seconds} s, ${failures.length} failed; ${versions}.`;
  });
  for (const [reason, count] of countsOf(failures)) process.stderr.write(`${count} times: ${reason}\n`);
  const asExpected = options.breakLast ? error?.rolledBack.length === nodes.length : error === undefined;
  return asExpected && requests > 0 && failures.length === 0 ? 0 : 1;
}

async function restart(
  options: Options,
  fleet: Fleet,
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<RollingRestartError | undefined> {
  const good = fleet.actions({ version: '2.0', broken: false });
  const broken = fleet.actions({ version: '2.0', broken: true });
  const actions = options.breakLast
    ? { ...good, start: (node: string) => (node === nodes.at(-1) ? broken : good).start(node) }
    : good;
  const onProgress = (progress: RestartProgress): void =>
    say(options, { event: 'step', ...progress }, () => describe(progress));
  try {
    await rollingRestart(nodes, actions, {
      noticeMs: 1000, // the client needs two checks, 100 ms apart
      settleMs: 500, // it needs two again
      healthyDeadlineMs: 3000,
      onProgress,
      signal,
    });
    return undefined;
  } catch (error) {
    if (error instanceof RollingRestartError) return error;
    throw error;
  }
}

function describe({ node, step, done, total, rollingBack }: RestartProgress): string {
  return `${rollingBack ? 'back: ' : ''}${done} of ${total}  ${node}  ${step}`;
}

function say(options: Options, event: object, text: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(event)}\n` : `${text()}\n`);
}

function countsOf(reasons: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

await runProgram(main);
