import { checkNumber, type NumberRange } from '../../core/index.js';

/**
 * What sessions may cost, for all clients together. Part of the replicated state: a new log begins with the defaults, and
 * the command that `sessionLimits` makes changes them on all members at the same index, so that no two can differ.
 */
export interface SessionLimits {
  /**
   * How long a session may be idle before it is forgotten, in milliseconds of log time; 1000 to 2^40.
   *
   * @defaultValue 3,600,000, an hour, as LogCabin has it: forgetting only frees memory, and a session must outlive the longest
   * time for which its client repeats a command
   */
  readonly sessionTimeoutMs: number;
  /**
   * How many sessions may be open; one more, and the one that was idle for longest is forgotten. 1 to 2^20.
   *
   * @defaultValue 1024: with the other limits a gigabyte at the very most, and usually less than one megabyte
   */
  readonly maxSessions: number;
  /**
   * How far a client may run ahead of its oldest command without an answer, and how many results a session remembers; 1 to
   * 2^16.
   *
   * @defaultValue 64: with 2 ms for each command, 32,000 commands a second and session
   */
  readonly maxOutstanding: number;
  /**
   * How large a result may be, in bytes of the codec; 1 to 2^24. Of a larger one nothing is remembered, and so its command
   * is always answered with `result-not-kept`.
   *
   * @defaultValue 16 KiB: commands change something and rarely answer with more; large values are read, not proposed
   */
  readonly maxResultBytes: number;
}

const ranges: Readonly<Record<keyof SessionLimits, Required<Omit<NumberRange, 'integer'>>>> = {
  sessionTimeoutMs: { min: 1000, max: 2 ** 40 },
  maxSessions: { min: 1, max: 2 ** 20 },
  maxOutstanding: { min: 1, max: 2 ** 16 },
  maxResultBytes: { min: 1, max: 2 ** 24 },
};

/** What a new log begins with. Never to be changed: logs are replayed with them. */
export const DEFAULT_LIMITS: SessionLimits = {
  sessionTimeoutMs: 3_600_000,
  maxSessions: 1024,
  maxOutstanding: 64,
  maxResultBytes: 16_384,
};

/** The largest values that bytes from outside are believed. */
export const MOST_SESSIONS = ranges.maxSessions.max;
export const MOST_RESULTS = ranges.maxOutstanding.max;
export const MOST_RESULT_BYTES = ranges.maxResultBytes.max;

/** All limits, checked. @throws InvalidOptionError */
export function resolveLimits(limits: Partial<SessionLimits>): SessionLimits {
  const chosen = (name: keyof SessionLimits): number =>
    checkNumber(name, limits[name] ?? DEFAULT_LIMITS[name], ranges[name]);
  return {
    sessionTimeoutMs: chosen('sessionTimeoutMs'),
    maxSessions: chosen('maxSessions'),
    maxOutstanding: chosen('maxOutstanding'),
    maxResultBytes: chosen('maxResultBytes'),
  };
}

/** The limits as they are written: always in this order. */
export function limitCounts(limits: SessionLimits): number[] {
  return [limits.sessionTimeoutMs, limits.maxSessions, limits.maxOutstanding, limits.maxResultBytes];
}

/** The limits of what {@link limitCounts} gave; `null` when one is out of range. */
export function limitsOf(counts: readonly number[]): SessionLimits | null {
  const [sessionTimeoutMs, maxSessions, maxOutstanding, maxResultBytes] = counts as [number, number, number, number];
  const limits: SessionLimits = { sessionTimeoutMs, maxSessions, maxOutstanding, maxResultBytes };
  return isLimits(limits) ? limits : null;
}

/** Whether a value from outside is a full set of limits, all in range. */
export function isLimits(value: unknown): value is SessionLimits {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(ranges).every(([name, { min, max }]) => {
    const limit = (value as Record<string, unknown>)[name];
    return Number.isSafeInteger(limit) && (limit as number) >= min && (limit as number) <= max;
  });
}
