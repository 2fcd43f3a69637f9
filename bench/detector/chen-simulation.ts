/**
 * The simulation of Chen, Toueg & Aguilera (2002, section 7): heartbeats every second, of which 1 % are lost, and which
 * take 20 ms on average with an exponential distribution; for each bound of the detection time two detectors of theirs and
 * the simple one with two cut-offs.
 */
import { ChenNfdE, ChenNfdS, exponentialDelay, qualityOfNfdS, type FailureDetector } from 'quorate/detector';
import { CutOffTimeout } from './cut-off-timeout.js';

const intervalMs = 1000;
const MEAN_DELAY = 20;

/** The link, for `exponentialTrace`. */
export const link = { intervalMs, loss: 0.01, meanDelayMs: MEAN_DELAY };

const simple = (bound: number, cutOffMs: number): FailureDetector =>
  new CutOffTimeout({ timeoutMs: bound - cutOffMs, cutOffMs, intervalMs });

/** Each detector, made so that detection takes no longer than a bound, or no longer on average for NFD-E. */
export const methods = {
  'NFD-S': (bound: number): FailureDetector =>
    new ChenNfdS({ firstSentAt: 0, intervalMs, shiftMs: bound - intervalMs }),
  'NFD-E': (bound: number): FailureDetector =>
    new ChenNfdE({ intervalMs, marginMs: bound - intervalMs - MEAN_DELAY, windowSize: 32 }),
  'SFD-L': (bound: number): FailureDetector => simple(bound, 160),
  'SFD-S': (bound: number): FailureDetector => simple(bound, 80),
} as const;

/** The name of a detector. */
export type Method = keyof typeof methods;

/** What NFD-S does by the formulas of the paper, in milliseconds. */
export function analytic(bound: number): { readonly mistakeRecurrenceMs: number; readonly mistakeDurationMs: number } {
  const delay = exponentialDelay(MEAN_DELAY);
  return qualityOfNfdS({ intervalMs, shiftMs: bound - intervalMs, loss: link.loss, delay });
}

/** How many heartbeats the figures of {@link rows} were computed with, by another program. */
export const REFERENCE_HEARTBEATS = 4_000_000;

/** For each bound in milliseconds how often mistakes recur, in seconds: of a simulation by another program. */
export const rows: readonly { readonly bound: number; readonly recurrence: Readonly<Record<Method, number>> }[] = [
  { bound: 1100, recurrence: { 'NFD-S': 60.33, 'NFD-E': 60.04, 'SFD-L': 1.04, 'SFD-S': 5.27 } },
  { bound: 1250, recurrence: { 'NFD-S': 100.3, 'NFD-E': 100.29, 'SFD-L': 64.98, 'SFD-S': 36.41 } },
  { bound: 1500, recurrence: { 'NFD-S': 100.33, 'NFD-E': 100.33, 'SFD-L': 97.11, 'SFD-S': 36.41 } },
  { bound: 2000, recurrence: { 'NFD-S': 100.33, 'NFD-E': 107.03, 'SFD-L': 97.11, 'SFD-S': 36.41 } },
  { bound: 2250, recurrence: { 'NFD-S': 10_050, 'NFD-E': 10_050, 'SFD-L': 6144, 'SFD-S': 1301 } },
  { bound: 2500, recurrence: { 'NFD-S': 10_050, 'NFD-E': 10_050, 'SFD-L': 9346, 'SFD-S': 1301 } },
];
