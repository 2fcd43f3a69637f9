import { seededRandom } from 'quorate/core';
import { RoundRobin, type Balancer } from 'quorate/balancer';
import { HealthGate, OutlierEjection } from 'quorate/balancer/layers';
import { HealthChecks } from 'quorate/health';
import { VirtualClock } from 'quorate/testing';

/** What keeps requests from nodes that are dead. */
export type Protection = 'none' | 'passive' | 'active' | 'both';

/** Requests that were sent within half a second, and how many of them failed. */
export interface Slice {
  /** When it begins, in seconds. */
  readonly at: number;
  readonly sent: number;
  readonly failed: number;
}

/** Half of the fleet is dead from the one to the other. */
export const DEAD_SECONDS = [10, 60] as const;
const NODES = 100;
const SECONDS = 80;
const REQUESTS_PER_SECOND = 1000;
/** What a good node takes, and after how long a request is given up: a dead one says nothing. */
const [LATENCY_MS, TIMEOUT_MS] = [10, 1000];

/** One client and a fleet of a hundred, of which half dies at once and comes back: on virtual time. */
export async function halfFleet(protection: Protection, seed: number): Promise<Slice[]> {
  const clock = new VirtualClock();
  const dead = (node: string): boolean => {
    const second = clock.now() / 1000;
    return Number(node) % 2 === 0 && second >= DEAD_SECONDS[0] && second < DEAD_SECONDS[1];
  };
  const { balancer, close } = protectedBy(protection, seed, clock, dead);
  for (let i = 0; i < NODES; i++) balancer.add(String(i));
  const slices = Array.from({ length: 2 * SECONDS }, (_, i) => ({ at: i / 2, sent: 0, failed: 0 }));
  const send = (): void => {
    const slice = slices[Math.floor(clock.now() / 500)]!;
    const { node, done } = balancer.pick();
    const failed = dead(node);
    slice.sent++;
    if (failed) slice.failed++;
    clock.after(failed ? TIMEOUT_MS : LATENCY_MS, () => done({ failed }));
  };
  for (let i = 0; i < SECONDS * REQUESTS_PER_SECOND; i++) {
    send();
    clock.advance(1000 / REQUESTS_PER_SECOND);
    if (i % 10 === 0) await clock.run(0); // checks are promises; to let them settle is what takes longest
  }
  await close();
  return slices;
}

interface Protected {
  readonly balancer: Balancer;
  readonly close: () => Promise<void>;
}

function protectedBy(
  protection: Protection,
  seed: number,
  clock: VirtualClock,
  dead: (node: string) => boolean,
): Protected {
  let balancer: Balancer = new RoundRobin();
  const now = (): number => clock.now();
  // More than the usual tenth, or nine tenths of the dead would stay.
  if (protection === 'passive' || protection === 'both')
    balancer = new OutlierEjection(balancer, { now, maxEjected: 0.6 });
  if (protection === 'none' || protection === 'passive') return { balancer, close: () => Promise.resolve() };
  const checks = new HealthChecks({
    clock,
    random: seededRandom(seed),
    timeoutMs: 1000,
    check: (node) => {
      if (dead(node)) return new Promise(() => {});
      return undefined;
    },
  });
  for (let i = 0; i < NODES; i++) checks.add(String(i));
  return { balancer: new HealthGate(balancer, { source: checks }), close: () => checks.close() };
}
