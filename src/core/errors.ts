const BRAND = Symbol.for('quorate.error');

/**
 * What is known of the effect of a request that did not succeed. `failed`: it had no effect and will have none.
 * `unknown`: it may have happened, or may still happen. Only a `failed` request is safe to send again when it is not
 * idempotent.
 */
export type Outcome = 'failed' | 'unknown';

/** What a {@link QuorateError} carries besides its message. */
export interface QuorateErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** What is known of the effect. @defaultValue `'failed'`: most errors are raised before anything happened */
  readonly outcome?: Outcome;
}

/**
 * The base of all errors of this library. `code` is stable across versions and is what programs compare; the message
 * is for people and may change. Use {@link isQuorateError} and not `instanceof` where two copies of the package may
 * be loaded.
 */
export class QuorateError extends Error {
  /** A stable, kebab-case name of what went wrong. */
  readonly code: string;
  /** What is known of the effect of the request that failed. */
  readonly outcome: Outcome;

  constructor(code: string, message: string, options: QuorateErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.outcome = options.outcome ?? 'failed';
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * Recognises a {@link QuorateError}, also one that another loaded copy of the package made.
 *
 * @param code - when given, the error must have this code too
 */
export function isQuorateError(error: unknown, code?: string): error is QuorateError {
  if (!(error instanceof Error) || !(BRAND in error)) return false;
  return code === undefined || ('code' in error && error.code === code);
}

/** An option is wrong. Code `invalid-option`. The message names the option, the value and what is allowed. */
export class InvalidOptionError extends QuorateError {
  /** The name of the option. */
  readonly option: string;

  constructor(option: string, value: unknown, allowed: string) {
    super('invalid-option', `${option} is ${describe(value)}; it must be ${allowed}`);
    this.option = option;
  }
}

/** The handle was closed before or during the call. Code `closed`. */
export class ClosedError extends QuorateError {
  constructor(what: string, options: QuorateErrorOptions = {}) {
    super('closed', `${what} is closed`, options);
  }
}

/** No answer came in time. Code `timeout`. The outcome is `unknown` unless the caller knows better. */
export class TimeoutError extends QuorateError {
  constructor(what: string, timeoutMs: number, options: QuorateErrorOptions = {}) {
    super('timeout', `${what} had no answer within ${timeoutMs} ms`, { outcome: 'unknown', ...options });
  }
}

/** A limit on what may be queued or pending is reached; wait and try again. Code `overloaded`. */
export class OverloadedError extends QuorateError {
  constructor(what: string, limit: number, options: QuorateErrorOptions = {}) {
    super('overloaded', `${what} reached its limit of ${limit}; try again later`, options);
  }
}

/** Bytes or values from outside do not have the form they must have. Code `malformed`. */
export class MalformedError extends QuorateError {
  constructor(message: string, options: QuorateErrorOptions = {}) {
    super('malformed', message, options);
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
