import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from 'quorate/core';
import type { Authority } from './certificates.js';
import type { Cluster } from './cluster.js';
import type { ControlRequest } from './control.js';
import { messageOf } from './errors.js';
import { ExampleError } from '../errors.js';
import type { Narrator } from './narrator.js';
import { Place, type Running } from './place.js';

/** How often a server that ended is started again until it is given up, and the pause before: long enough to look. */
const REVIVE_ATTEMPTS = 5;
const REVIVE_PAUSE_MS = 1000;

/** What a cluster that stays consists of. */
export interface KeptParts {
  readonly cluster: Cluster;
  readonly directory: string;
  readonly authority: Authority | null;
  readonly narrator: Narrator;
}

/** A cluster that stays after its run: other terminals find it, and servers that are killed are started again. */
export class KeptCluster {
  readonly #parts: KeptParts;
  #place: Place | null = null;
  #askToStop: () => void = () => {};
  #tellGone: () => void = () => {};
  /** Resolves when somebody wants it to end. */
  readonly #stopAsked = new Promise<void>((resolve) => (this.#askToStop = resolve));
  /** Resolves when nothing of it is left but this object. */
  readonly #gone = new Promise<void>((resolve) => (this.#tellGone = resolve));

  private constructor(parts: KeptParts) {
    this.#parts = parts;
  }

  /** Takes the place where it is found. It can be used from {@link stay} on. @throws UsageError when there is one already */
  static async prepare(parts: KeptParts): Promise<KeptCluster> {
    const kept = new KeptCluster(parts);
    kept.#place = await Place.take(kept.#running(false), (request) => kept.#answer(request));
    return kept;
  }

  /** Rejects when it is to end while its run goes on; never resolves. */
  async stoppedEarly(): Promise<never> {
    await this.#stopAsked;
    throw new ExampleError('it was stopped before its run was over');
  }

  /** Lets it be used, and resolves when it is to end: by `stop`, or by `interrupted`, which rejects. */
  async stay(interrupted: Promise<never>): Promise<void> {
    const { cluster, narrator } = this.#parts;
    cluster.lookAfter((id, error) => void this.#revive(id, error));
    this.#place!.update(this.#running(true));
    for (const line of advice(cluster)) narrator.say(line);
    await Promise.race([this.#stopAsked, interrupted.catch(() => {})]);
    narrator.say('ending the cluster');
  }

  /** Gives its place up when the servers have ended and their files are removed. */
  async leave(): Promise<void> {
    this.#tellGone();
    await this.#place?.leave();
  }

  /** Starts a server again that somebody has killed. */
  async #revive(id: NodeId, error: Error): Promise<void> {
    const { cluster, narrator } = this.#parts;
    narrator.say(`${error.message}; the others go on, and it is started again`);
    for (let attempt = 1; attempt <= REVIVE_ATTEMPTS; attempt++) {
      await sleep(REVIVE_PAUSE_MS * attempt, null, { ref: false });
      if (cluster.over) return;
      try {
        await cluster.restart(id);
        this.#place!.update(this.#running(true));
        return narrator.say(`${id} is back, as process ${cluster.pids[id]}`);
      } catch (reason) {
        if (cluster.over) return;
        narrator.say(`${id} does not start: ${messageOf(reason)}`);
      }
    }
    narrator.say(`${id} is given up; to get it back, end the cluster and start another one`);
  }

  async #answer(request: ControlRequest): Promise<unknown> {
    switch (request.op) {
      case 'stop':
        this.#askToStop();
        return await this.#gone;
      case 'certificate':
        if (this.#parts.authority === null) throw new ExampleError('this cluster has no certificates');
        return await this.#parts.authority.issue(request.id);
    }
  }

  #running(usable: boolean): Running {
    const { cluster, directory, authority } = this.#parts;
    const { addresses, pids } = cluster;
    const servers = cluster.ids.map((id) => [id, { pid: pids[id]!, address: addresses[id]! }] as const);
    return {
      pid: process.pid,
      directory,
      secure: authority !== null,
      servers: usable ? Object.fromEntries(servers) : null,
    };
  }
}

function advice({ pids, addresses, ids }: Cluster): string[] {
  return [
    `the cluster stays: ${ids.map((id) => `${id} at ${addresses[id]} (process ${pids[id]})`).join(', ')}`,
    'in another terminal: npm run demo -- get KEY | put KEY VALUE | status | stop',
    'a server that is killed is started again; Ctrl-C here, or stop there, ends everything',
  ];
}
