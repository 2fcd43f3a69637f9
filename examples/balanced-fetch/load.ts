import { seededRandom } from 'quorate/core';

/** A request, as it was recorded. */
export interface PlannedRequest {
  /** When it is to be sent, from the start of the run, whatever has become of those before. */
  readonly atMs: number;
  /** How long a usual server works for it. */
  readonly workMs: number;
}

/** The recorded load: each strategy gets the same one. */
export interface Load {
  readonly seed: number;
  /** Requests a second, on average. */
  readonly rate: number;
  readonly requests: readonly PlannedRequest[];
  /** When a server dies: in the middle. */
  readonly deathAtMs: number;
}

/** How long a usual server works for a request: at least, and on average. */
const LEAST_WORK_MS = 2;
export const MEAN_WORK_MS = 10;

/**
 * Records the load of a seed: requests come independently of each other (a Poisson process) and take unequally long
 * (exponentially distributed above a minimum). A request comes when it comes, whether those before are answered or not (an
 * open loop), as with many users; clients that wait for an answer before they go on would spare a server that is slow.
 */
export function recordLoad(seed: number, rate: number, count: number): Load {
  const random = seededRandom(seed);
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  const requests: PlannedRequest[] = [];
  for (let i = 0, atMs = 0; i < count; i++) {
    atMs += exponential(1000 / rate);
    requests.push({ atMs, workMs: LEAST_WORK_MS + exponential(MEAN_WORK_MS - LEAST_WORK_MS) });
  }
  return { seed, rate, requests, deathAtMs: requests.at(-1)!.atMs / 2 };
}
