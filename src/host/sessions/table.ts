import { DEFAULT_LIMITS, type SessionLimits } from './limits.js';

/** The result of a command that returned nothing. */
export const NO_RESULT = new Uint8Array(0);

/**
 * What is remembered of a command that was applied: the bytes of its result, {@link NO_RESULT}, `null` when the result
 * cannot be kept, or while the command is being applied, its place among the commands that are.
 */
export type Remembered = Uint8Array | null | number;

/** One session: what is needed to apply each of its commands once. */
export interface SessionState {
  /** The log index at which it was opened. No other session ever has it. */
  readonly number: number;
  /** What its client calls it. */
  readonly id: string;
  /** The log time at which it was last heard of. */
  usedAtMs: number;
  /** All commands below are answered, and none of them is applied any more. */
  lowest: number;
  /** The commands from `lowest` on that were applied. */
  readonly results: Map<number, Remembered>;
}

/** Into how many parts the timeout of sessions is cut, one of which a single stamp may move the log time by. */
const PARTS = 16;

/**
 * The open sessions, and the log time: the greatest wall-clock stamp that the log has seen, in leaps of limited length.
 * Everything here follows from the log alone, so that all members forget the same sessions at the same index.
 *
 * The log time never goes back, so those that were used last have the greatest `usedAtMs`: one order serves both limits.
 */
export class SessionTable {
  limits: SessionLimits = DEFAULT_LIMITS;
  /** Milliseconds since the Unix epoch, as far as the log knows. */
  logTimeMs = 0;
  /** Those that were idle for longest come first. */
  readonly #byNumber = new Map<number, SessionState>();
  readonly #byId = new Map<string, SessionState>();

  get size(): number {
    return this.#byNumber.size;
  }

  /** All sessions; those that were idle for longest come first. */
  sessions(): IterableIterator<SessionState> {
    return this.#byNumber.values();
  }

  /** Opens a session, or returns the open one with that id: opening may be repeated. */
  open(stampMs: number, id: string, index: number): SessionState {
    const known = this.#byId.get(id);
    const session = this.touch(stampMs, known?.number ?? index);
    if (session !== undefined) return session;
    const opened: SessionState = { number: index, id, usedAtMs: this.logTimeMs, lowest: 1, results: new Map() };
    this.add(opened);
    this.#shrink();
    return opened;
  }

  /** Adds a session as the one that was used last. */
  add(session: SessionState): void {
    this.#byNumber.set(session.number, session);
    this.#byId.set(session.id, session);
  }

  /**
   * Moves the log time on by a stamp, forgets the sessions that are idle for too long by then, and returns a session that is
   * in use. That one is not forgotten: whoever comes late but finds its session goes on.
   */
  touch(stampMs: number, number: number): SessionState | undefined {
    this.#advance(stampMs);
    const session = this.#byNumber.get(number);
    if (session !== undefined) {
      session.usedAtMs = this.logTimeMs;
      this.#byNumber.delete(number);
      this.#byNumber.set(number, session);
    }
    this.#expire();
    return session;
  }

  /** Forgets a session, if it is there. */
  close(stampMs: number, number: number): void {
    const session = this.touch(stampMs, number);
    if (session !== undefined) this.#forget(session);
  }

  /** Sets the limits. */
  limit(limits: SessionLimits): void {
    this.limits = limits;
    this.#expire();
    this.#shrink();
  }

  /**
   * One stamp moves the log time by a sixteenth of the timeout at most, so that no single wrong clock ends sessions; when
   * there are none it counts in full.
   */
  #advance(stampMs: number): void {
    const furthest = this.logTimeMs + Math.ceil(this.limits.sessionTimeoutMs / PARTS);
    const moved = this.size === 0 ? stampMs : Math.min(stampMs, furthest);
    this.logTimeMs = Math.max(this.logTimeMs, moved);
  }

  #expire(): void {
    for (const session of this.sessions()) {
      if (session.usedAtMs + this.limits.sessionTimeoutMs >= this.logTimeMs) return;
      this.#forget(session);
    }
  }

  #shrink(): void {
    for (const session of this.sessions()) {
      if (this.size <= this.limits.maxSessions) return;
      this.#forget(session);
    }
  }

  #forget(session: SessionState): void {
    this.#byNumber.delete(session.number);
    this.#byId.delete(session.id);
  }
}

/** The client has all answers below `lowest`: their results are forgotten. */
export function acknowledge(session: SessionState, lowest: number): void {
  const { results } = session;
  if (lowest <= session.lowest) return;
  if (lowest - session.lowest <= results.size) {
    for (let sequence = session.lowest; sequence < lowest; sequence++) results.delete(sequence);
  } else {
    for (const sequence of results.keys()) if (sequence < lowest) results.delete(sequence);
  }
  session.lowest = lowest;
}
