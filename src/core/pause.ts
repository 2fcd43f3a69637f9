import type { Clock } from './clock.js';

/**
 * Resolves after so many milliseconds, or as soon as the signal aborts, which whoever waits looks at. The timer does not keep
 * the process alive.
 */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}
