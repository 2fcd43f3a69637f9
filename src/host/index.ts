/**
 * Runs machines for real: the driver, request and answer over any channel, the interfaces of a replicated log and of the
 * state machine that it drives, and sessions that apply the commands of a client exactly once.
 *
 * @module host
 */
export { Driver } from './driver.js';
export type { DriverOptions } from './driver.js';
export { OpenCalls, openCall } from './open-calls.js';
export type { OpenCall } from './open-calls.js';
export type { CallOptions, Member, MembershipChange, ReplicatedLog, ReplicatedLogStatus } from './replicated-log.js';
export { openRequests, RequestError } from './request.js';
export type { RequestOptions, Requests, RequestsOptions, RequestsStatus } from './request.js';
export { Serial } from './serial.js';
export type { RequestContext, RequestHandler } from './serve.js';
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
export type { CommittedCommand, StateMachine } from './state-machine.js';
