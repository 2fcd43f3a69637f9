import type { Clock } from './clock.js';

/**
 * The clock of the platform. Works in Node, browsers and workers. Delays above 2^31 - 1 ms, which platforms treat as
 * zero, are shortened to that: whoever waits for longer looks at the time and arms again.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer: unknown = setTimeout(callback, Math.min(Math.max(ms, 0), 0x7fff_ffff));
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref();
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
  wall: () => Date.now(),
  soon: (callback) => afterSockets(callback),
};

/** What {@link systemClock} says: one function for all that only ask for the time, so that engines can inline it. */
export const systemNow: () => number = () => systemClock.now();

/** In Node: when all sockets that had something were read. Other platforms have no such moment. */
function afterSockets(callback: () => void): void {
  const { setImmediate = queueMicrotask } = globalThis as { readonly setImmediate?: (callback: () => void) => unknown };
  setImmediate(callback);
}

/** Random numbers of the platform, uniform in [0, 1). Not for secrets. */
export const systemRandom: () => number = () => Math.random();

/** A random unsigned 32-bit seed from the platform. */
export function systemSeed(): number {
  return Math.floor(Math.random() * 0x1_0000_0000);
}
