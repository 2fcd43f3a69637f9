import { MalformedError, QuorateError, type Outcome } from '../../core/index.js';
import { isLimits, type SessionLimits } from './limits.js';

/**
 * Why a command was not answered with its result.
 *
 * - `session-expired`: the session is not open, or not any more; not applied now.
 * - `already-answered`: the client said that it has the answer; not applied again, and forgotten.
 * - `overloaded`: too far ahead of the oldest command without an answer; not applied, may be repeated.
 * - `result-not-kept`: applied once, but its result cannot be remembered: too large, or no value of the codec.
 * - `malformed`: no command of sessions; not applied.
 */
export type SessionRefusal = 'session-expired' | 'already-answered' | 'overloaded' | 'result-not-kept' | 'malformed';

/** What a state machine with sessions answers. Plain data as long as the results are, so that it can cross the wire. */
export type SessionAnswer<Result = unknown> =
  | { readonly type: 'result'; readonly result: Result }
  | {
      readonly type: 'opened';
      /** The number of the session. */
      readonly session: number;
      /** Whether commands of it were applied before: then somebody else uses the same id. */
      readonly used: boolean;
      /** The limits at this point of the log. */
      readonly limits: SessionLimits;
    }
  /** Kept alive, closed, or the limits are set. */
  | { readonly type: 'done' }
  | { readonly type: 'refused'; readonly code: SessionRefusal };

const reasons: Readonly<Record<SessionRefusal, string>> = {
  'session-expired': 'the session is not open any more: it was closed, idle for too long, or gave way to others',
  'already-answered': 'the command was answered before: another client uses the same session',
  overloaded: 'too many commands of the session are without an answer; try again later',
  'result-not-kept':
    'the command was applied once, but its result is too large or no value of the codec; read the state',
  malformed: 'the state machine could not read the command: are both sides of the same version?',
};

/** The session is not open any more. Code `session-expired`. Open another one. */
export class SessionExpiredError extends QuorateError {
  /** @param outcome - `unknown` when an earlier attempt at the same command may have been applied */
  constructor(outcome: Outcome) {
    super('session-expired', reasons['session-expired'], { outcome });
  }
}

/**
 * The error for a refusal.
 *
 * @param outcome - what is known of earlier attempts at the same command
 */
export function refusalError(code: SessionRefusal, outcome: Outcome): QuorateError {
  if (code === 'session-expired') return new SessionExpiredError(outcome);
  const applied = code === 'already-answered' || code === 'result-not-kept';
  return new QuorateError(code, reasons[code], { outcome: applied ? 'unknown' : outcome });
}

/**
 * The answer in a value from outside. Unknown fields are ignored.
 *
 * @throws MalformedError, with outcome `unknown`, when it is none
 */
export function parseAnswer<Result>(value: unknown): SessionAnswer<Result> {
  const { type, result, session, used, limits, code } = (value ?? {}) as Record<string, unknown>;
  if (type === 'result') return { type, result: result as Result };
  if (type === 'done') return { type };
  if (type === 'opened' && Number.isSafeInteger(session) && typeof used === 'boolean' && isLimits(limits)) {
    return { type, session: session as number, used, limits };
  }
  if (type === 'refused' && typeof code === 'string' && Object.hasOwn(reasons, code)) {
    return { type, code: code as SessionRefusal };
  }
  throw new MalformedError('the answer is none of a state machine with sessions: wrap it by withSessions', {
    outcome: 'unknown',
  });
}
