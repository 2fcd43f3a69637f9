/**
 * Runs machines for real: the driver, request and answer over any channel, and the interfaces of a replicated log and of
 * the state machine that it drives.
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
export type { CommittedCommand, StateMachine } from './state-machine.js';
