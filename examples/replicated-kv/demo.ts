import type { Authority } from './certificates.js';
import { CLIENT_ID, KvClient } from './client.js';
import type { Cluster } from './cluster.js';
import { CONTENDED_KEYS, Contention } from './contention.js';
import { Failures } from './failures.js';
import { killPoints } from './kill-schedule.js';
import { runLoad } from './load.js';
import type { Narrator } from './narrator.js';
import type { Options } from './options.js';
import { Progress } from './progress.js';
import type { RecordedHistory } from './recorded-history.js';
import type { Result } from './report.js';
import { verify } from './verification.js';
import type { Workload } from './workload.js';

/** What a run works with. */
export interface DemoParts {
  readonly options: Options;
  readonly workload: Workload;
  readonly cluster: Cluster;
  /** Makes the client's certificate, where there are any. */
  readonly authority: Authority | null;
  readonly history: RecordedHistory;
  readonly narrator: Narrator;
  /** Rejects when the run cannot or must not go on. */
  readonly stopped: Promise<never>;
}

/** One run from the start of the servers to the verdict. Whoever calls ends the servers, whatever happens. */
export async function runDemo(parts: DemoParts): Promise<Result> {
  const { options, cluster, authority, narrator, stopped } = parts;
  const start = performance.now();
  await Promise.race([cluster.start(), stopped]);
  await using client = await KvClient.open(cluster.addresses, (await authority?.issue(CLIENT_ID)) ?? null);
  const leader = await Promise.race([client.findLeader(), stopped]);
  const startMs = (performance.now() - start).toFixed(0);
  narrator.say(`${cluster.ids.join(', ')} are up after ${startMs} ms; ${leader} leads; seed ${options.seed}`);
  return await Promise.race([writeAndVerify(parts, client), stopped]); // closing the client ends what goes on then
}

async function writeAndVerify(parts: DemoParts, client: KvClient): Promise<Result> {
  const { options, workload, cluster, history, narrator } = parts;
  const progress = new Progress(workload.size);
  const failures = new Failures(cluster, client, progress, narrator);
  const inFlight = writesInFlight(options);
  const contention = new Contention(client, history, inFlight + 1);
  narrator.follow(progress, client);
  const [load, failoverMs] = await Promise.all([
    runLoad(workload, client, progress, history, inFlight).finally(() => contention.stop()),
    failures.run(killPoints(options.seed, workload.size), inFlight),
    contention.run(),
  ]);
  await contention.settle();
  narrator.stop();
  narrator.say('all writes are acknowledged; reading everything back from each server');
  for (const id of cluster.ids) await failures.caughtUp(id);
  const firstProcess = inFlight + 1 + Contention.processes;
  const verdict = await verify({
    workload,
    client,
    ids: cluster.ids,
    history,
    firstProcess,
    unforeseen: CONTENDED_KEYS,
  });
  return { load, failoverMs, verdict, consistency: history.check() };
}

/** Fewer than wished in a very short run, which would otherwise be over before the second kill. */
function writesInFlight({ clients, ops }: Options): number {
  return Math.min(clients, Math.ceil(ops / 10));
}
