import { checkNumber, InvalidOptionError } from '../../core/index.js';

/** When it is asked again. */
export interface DnsWaits {
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly retryMs: number;
}

/** The largest delay that timers of the platform have. */
const MAX_MS = 0x7fff_ffff;

/** @throws InvalidOptionError */
export function checkWaits(options: Partial<DnsWaits>): DnsWaits {
  const { minIntervalMs = 30_000, retryMs = 1000 } = options;
  checkNumber('minIntervalMs', minIntervalMs, { min: 1, max: MAX_MS });
  const { maxIntervalMs = Math.max(300_000, minIntervalMs) } = options;
  checkNumber('maxIntervalMs', maxIntervalMs, { min: 1, max: MAX_MS });
  if (maxIntervalMs < minIntervalMs)
    throw new InvalidOptionError('maxIntervalMs', maxIntervalMs, `at least minIntervalMs, which is ${minIntervalMs}`);
  checkNumber('retryMs', retryMs, { min: 1, max: MAX_MS });
  return { minIntervalMs, maxIntervalMs, retryMs: Math.min(retryMs, maxIntervalMs) };
}

/** Up to a tenth longer at random: the records that a cache has end at the same moment for all clients. */
export function waitAfterAnswer(ttlMs: number, waits: DnsWaits, random: () => number): number {
  const ms = Math.min(Math.max(ttlMs, waits.minIntervalMs), waits.maxIntervalMs);
  return Math.min(ms * (1 + random() / 10), waits.maxIntervalMs);
}

/**
 * Twice as long after each failure, and up to twice as long at random. Who has an answer to live on waits for no less than
 * the minimum; who has none cannot.
 *
 * @param failures - in a row, from 1
 */
export function waitAfterFailure(failures: number, hasAnswer: boolean, waits: DnsWaits, random: () => number): number {
  const least = hasAnswer ? waits.minIntervalMs : waits.retryMs;
  const ms = Math.min(least * 2 ** (failures - 1), waits.maxIntervalMs / 2) * (1 + random());
  return Math.max(ms, least);
}
