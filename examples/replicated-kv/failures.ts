import { setTimeout as sleep } from 'node:timers/promises';
import { isQuorateError, type NodeId } from 'quorate/core';
import type { KvClient } from './client.js';
import type { Cluster } from './cluster.js';
import { ExampleError } from '../errors.js';
import type { Narrator } from './narrator.js';
import type { Progress } from './progress.js';

/** How long a server may take to have what the leader had when the waiting began. */
const CATCH_UP_MS = 30_000;
const CATCH_UP_PAUSE_MS = 10;

/** Kills leaders at points of the run, and brings the dead processes back. */
export class Failures {
  readonly #cluster: Cluster;
  readonly #client: KvClient;
  readonly #progress: Progress;
  readonly #narrator: Narrator;

  constructor(cluster: Cluster, client: KvClient, progress: Progress, narrator: Narrator) {
    this.#cluster = cluster;
    this.#client = client;
    this.#progress = progress;
    this.#narrator = narrator;
  }

  /**
   * Kills the leader after so many acknowledged writes, each time. Returns how long it took each time, in milliseconds,
   * until another write was acknowledged by a new leader.
   */
  async run(points: readonly number[], inFlight: number): Promise<number[]> {
    const failoverMs: number[] = [];
    for (const [i, point] of points.entries()) {
      // Where everyone stopped at the point to wait for the last victim, let writes flow again first.
      const resumed = this.#progress.acknowledged >= point ? this.#progress.acknowledged + inFlight : point;
      await this.#progress.reached(Math.min(resumed, this.#progress.total - 1));
      // The writers stop at the next point, should they get there before the process that dies now is back.
      this.#progress.limit(points[i + 1] ?? Infinity);
      failoverMs.push(await this.#killLeader());
      this.#progress.limit(Infinity);
    }
    return failoverMs;
  }

  /** Waits until a server has applied what is committed by now. */
  async caughtUp(id: NodeId): Promise<void> {
    const giveUpAt = performance.now() + CATCH_UP_MS;
    const { commitIndex } = await this.#client.status(await this.#client.findLeader());
    while (performance.now() < giveUpAt) {
      if ((await this.#appliedIndex(id)) >= commitIndex) return;
      await sleep(CATCH_UP_PAUSE_MS);
    }
    throw new ExampleError(`server ${id} did not catch up with the others within ${CATCH_UP_MS / 1000} s`);
  }

  /** How far a server is; not far at all while it cannot be reached. */
  async #appliedIndex(id: NodeId): Promise<number> {
    try {
      return (await this.#client.status(id)).appliedIndex;
    } catch (error) {
      if (isQuorateError(error, 'closed')) throw error; // the demo is being ended
      return 0;
    }
  }

  async #killLeader(): Promise<number> {
    const victim = await this.#client.findLeader();
    const { term } = this.#client;
    const first = this.#progress.next((ack) => ack.term > term);
    const killedAt = performance.now();
    const dead = this.#cluster.kill(victim);
    this.#narrator.say(`SIGKILL to ${victim}, the leader of term ${term}, after ${this.#progress.acknowledged} writes`);
    await dead;
    const survives = this.#cluster.ids.length > 2; // then those who are left are still a majority
    if (!survives) await this.#restart(victim);
    const ack = await first;
    const failoverMs = ack.at - killedAt;
    this.#narrator.say(
      `${ack.node} leads in term ${ack.term}; first acknowledgement after ${failoverMs.toFixed(0)} ms`,
    );
    if (survives) await this.#restart(victim);
    await this.caughtUp(victim);
    this.#narrator.say(`${victim} has caught up`);
    return failoverMs;
  }

  async #restart(id: NodeId): Promise<void> {
    const start = performance.now();
    await this.#cluster.restart(id);
    this.#narrator.say(`${id} is back on its journal after ${(performance.now() - start).toFixed(0)} ms`);
  }
}
