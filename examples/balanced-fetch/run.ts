import { NoNodeError, type Balancer, type Lease } from 'quorate/balancer';
import type { Cancel, Clock } from 'quorate/core';
import type { Load, PlannedRequest } from './load.js';
import { servers, type Ending, type Servers } from './servers.js';

/** After how long a server that refused a connection is tried again. */
const RETRY_MS = 1000;
/** Of how many answers a server's latency is told while it runs. */
const RECENT = 50;

/** What a run works with. */
export interface RunParts {
  readonly load: Load;
  readonly balancer: Balancer;
  readonly servers: Servers;
  readonly clock: Clock;
}

/** What is known of a server. */
export interface ServerTally {
  readonly name: string;
  /** How many requests it was given. */
  picked: number;
  inFlight: number;
  answered: number;
  failed: number;
  /** The latest latencies, in milliseconds. */
  readonly recent: number[];
  /** Whether it is given no requests, since it refused a connection. */
  setAside: boolean;
  dead: boolean;
}

/** What became of requests that were not answered. `unsent`: there was nobody to send them to. */
export interface Errors {
  refused: number;
  broken: number;
  late: number;
  unsent: number;
}

/**
 * One strategy and the recorded load. Every request is sent when it was to be, or as soon after that as can be, and its
 * latency counts from when it was to be sent: otherwise a client that falls behind would hide just the latencies that made it
 * (coordinated omission).
 *
 * A server that refuses a connection is set aside for a second: without that, strategies that go by requests in flight would
 * give all to the dead one, which never has any. A health layer would do better: it would notice a server that breaks or
 * delays what it is given, not only one that refuses; try it by checks of its own instead of by users' requests; let it back
 * in slowly; and never set aside so many that the others are overrun.
 */
export class Run {
  readonly #parts: RunParts;
  readonly #tallies = new Map(servers.map(({ name }) => [name, newTally(name)]));
  readonly #timers = new Set<Cancel>();
  #startedAt = 0;
  #sent = 0;
  #ended = 0;
  #finish = (): void => {};
  /** From when a request was to be sent until it was answered, of all that were, in milliseconds. */
  readonly latencies: number[] = [];
  /** By how much requests were sent later than they were to be, in milliseconds. */
  readonly delays: number[] = [];
  readonly errors: Errors = { refused: 0, broken: 0, late: 0, unsent: 0 };

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** The servers, as the client sees them. */
  get servers(): readonly ServerTally[] {
    return [...this.#tallies.values()];
  }

  /** How many requests were sent, or could not be. */
  get sent(): number {
    return this.#sent;
  }

  /** How many requests have ended, in whatever way. */
  get ended(): number {
    return this.#ended;
  }

  /** Whether all requests have ended. */
  get finished(): boolean {
    return this.#ended === this.#parts.load.requests.length;
  }

  /** Sends all requests. Resolves when all have ended. */
  start(): Promise<void> {
    const { clock, load } = this.#parts;
    this.#startedAt = clock.now();
    this.#after(load.deathAtMs, () => this.#kill());
    this.#arm();
    return new Promise((resolve) => (this.#finish = resolve));
  }

  /** Sends no more. */
  stop(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #after(ms: number, callback: () => void): void {
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timers.delete(cancel);
      callback();
    });
    this.#timers.add(cancel);
  }

  #elapsed(): number {
    return this.#parts.clock.now() - this.#startedAt;
  }

  /** Waits until the next request is to be sent; sends it, and what has become due meanwhile. */
  #arm(): void {
    const { requests } = this.#parts.load;
    const next = requests[this.#sent];
    if (next === undefined) return;
    this.#after(next.atMs - this.#elapsed(), () => {
      do this.#send(requests[this.#sent++]!);
      while (this.#sent < requests.length && requests[this.#sent]!.atMs <= this.#elapsed());
      this.#arm();
    });
  }

  #send({ atMs, workMs }: PlannedRequest): void {
    this.delays.push(Math.max(0, this.#elapsed() - atMs));
    const lease = this.#pick();
    if (lease === null) {
      this.errors.unsent++;
      return this.#end();
    }
    const { node, done } = lease;
    const tally = this.#tallies.get(node)!;
    tally.picked++;
    tally.inFlight++;
    this.#parts.servers.send(node, workMs, (ending) => {
      done({ failed: ending !== 'answered' });
      tally.inFlight--;
      if (ending === 'answered') this.#answered(tally, this.#elapsed() - atMs);
      else this.#failed(tally, ending);
      this.#end();
    });
  }

  #pick(): Lease | null {
    try {
      return this.#parts.balancer.pick();
    } catch (error) {
      if (error instanceof NoNodeError) return null;
      throw error;
    }
  }

  #answered(tally: ServerTally, latencyMs: number): void {
    tally.answered++;
    this.latencies.push(latencyMs);
    tally.recent.push(latencyMs);
    if (tally.recent.length > RECENT) tally.recent.shift();
  }

  #failed(tally: ServerTally, ending: Exclude<Ending, 'answered'>): void {
    tally.failed++;
    this.errors[ending]++;
    if (ending !== 'refused' || tally.setAside) return;
    const { balancer } = this.#parts;
    tally.setAside = true;
    balancer.setAvailable(tally.name, false);
    this.#after(RETRY_MS, () => {
      tally.setAside = false;
      balancer.setAvailable(tally.name, true);
    });
  }

  #kill(): void {
    for (const { name, dies } of servers) {
      if (!dies) continue;
      this.#tallies.get(name)!.dead = true;
      this.#parts.servers.kill(name);
    }
  }

  #end(): void {
    this.#ended++;
    if (!this.finished) return;
    this.stop();
    this.#finish();
  }
}

function newTally(name: string): ServerTally {
  return { name, picked: 0, inFlight: 0, answered: 0, failed: 0, recent: [], setAside: false, dead: false };
}
