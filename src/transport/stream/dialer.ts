import pRetry from 'p-retry';

/** How often to try. */
export interface DialPace {
  /** The wait after the first failure, in milliseconds; each further one doubles it, up to twice as much at random. */
  readonly reconnectMinMs: number;
  /** The longest wait. */
  readonly reconnectMaxMs: number;
}

/**
 * Calls `attempt` again and again until it resolves to `'stop'` or the signal aborts. An attempt spans the whole life of
 * a connection: `'again'` says that it was up for long, so that the next one follows at once and waits start from the
 * bottom; a rejection says that there was none, or only a short one, and the next attempt waits longer.
 *
 * Resolves when it is over; never rejects. Leaves no timer behind.
 */
export async function keepDialing(
  attempt: () => Promise<'again' | 'stop'>,
  pace: DialPace,
  signal: AbortSignal,
): Promise<void> {
  const options = {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: pace.reconnectMinMs,
    // p-retry randomizes below the cap only; a cap of its own keeps each dialer from falling into step with others.
    maxTimeout: pace.reconnectMaxMs * (0.75 + Math.random() / 4),
    randomize: true,
    signal,
  };
  try {
    while ((await pRetry(attempt, options)) === 'again');
  } catch {
    // the signal aborted: nothing else ends endless retries
  }
}
