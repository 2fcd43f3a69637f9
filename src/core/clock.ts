/** Stops a timer. Calling it again, or after the timer fired, is harmless. */
export type Cancel = () => void;

/**
 * Where time comes from. Everything above the edges takes a clock, so that the same code runs on real time and on the
 * virtual time of a simulation.
 */
export interface Clock {
  /**
   * Monotonic milliseconds, fractions allowed, from an arbitrary origin. Never goes back. Values are never stored, nor
   * compared with those of another process.
   */
  now(): number;
  /**
   * Calls `callback` once, `ms` milliseconds from now or later, never before this call returned. A pending timer does
   * not keep the process alive.
   */
  after(ms: number, callback: () => void): Cancel;
  /**
   * Calls `callback` once, after everything that has arrived already was handled: what came from several sockets is then
   * worked on together. Never within this call; it cannot be cancelled. Optional: callers make do with a microtask, which
   * comes before the next socket has its turn.
   */
  soon?(callback: () => void): void;
  /** Milliseconds since the Unix epoch, for ids, hybrid clocks and schedules only: it may jump in both directions. */
  wall(): number;
}
