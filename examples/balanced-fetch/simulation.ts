import { seededRandom } from 'quorate/core';
import { VirtualClock } from 'quorate/testing';
import type { Load } from './load.js';
import { resultOf, type Result } from './result.js';
import { Run } from './run.js';
import { serverNames, servers, type Ending, type Servers } from './servers.js';
import { strategies } from './strategies.js';

/** How long a message is on its way. */
const NETWORK_MS = 0.5;
/** How far time is moved at once. */
const STEP_MS = 1000;

/** A server on virtual time. */
interface SimulatedServer {
  readonly slowness: number;
  /** When it has answered all that has come. */
  freeAt: number;
  dead: boolean;
  /** What is told to those who wait for an answer. */
  readonly waiting: Set<(ending: Ending) => void>;
}

class SimulatedServers implements Servers {
  readonly #clock: VirtualClock;
  readonly #servers = new Map(
    servers.map(({ name, slowness }): [string, SimulatedServer] => [
      name,
      { slowness, freeAt: 0, dead: false, waiting: new Set() },
    ]),
  );

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  send(name: string, workMs: number, ended: (ending: Ending) => void): void {
    const server = this.#servers.get(name)!;
    const now = this.#clock.now();
    if (server.dead) return void this.#clock.after(2 * NETWORK_MS, () => ended('refused'));
    server.freeAt = Math.max(server.freeAt, now + NETWORK_MS) + workMs * server.slowness;
    server.waiting.add(ended);
    this.#clock.after(server.freeAt + NETWORK_MS - now, () => {
      if (server.waiting.delete(ended)) ended('answered');
    });
  }

  kill(name: string): void {
    const server = this.#servers.get(name)!;
    server.dead = true;
    const lost = [...server.waiting];
    server.waiting.clear();
    this.#clock.after(NETWORK_MS, () => {
      for (const ended of lost) ended('broken');
    });
  }
}

/** What a strategy makes of a load, on virtual time: the same each time, and at once. */
export function simulate(strategy: string, load: Load): Result {
  const clock = new VirtualClock();
  const means = { random: seededRandom(load.seed, 1), now: () => clock.now() };
  const balancer = strategies[strategy]!(serverNames, means);
  const run = new Run({ load, balancer, servers: new SimulatedServers(clock), clock });
  void run.start();
  while (!run.finished) clock.advance(STEP_MS);
  return resultOf({ strategy, simulated: true, load, run });
}
