/**
 * Client sessions on a replicated log: each command is applied exactly once, however often it is proposed. On every member
 * `withSessions` wraps the state machine; the client opens a session with `openSession`.
 *
 * @module host/sessions
 */
export { SessionExpiredError } from './sessions/answer.js';
export type { SessionAnswer, SessionRefusal } from './sessions/answer.js';
export { isWorthRepeating } from './sessions/attempts.js';
export type { Proposer, RepeatOptions } from './sessions/attempts.js';
export type { SessionLimits } from './sessions/limits.js';
export { openSession } from './sessions/session.js';
export type { Session, SessionOptions, SessionStatus } from './sessions/session.js';
export { plainCommand, sessionLimits } from './sessions/session-command.js';
export { withSessions } from './sessions/with-sessions.js';
export type { SessionMachine, SessionMachineStatus, WithSessionsOptions } from './sessions/with-sessions.js';
