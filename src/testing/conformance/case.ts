import { isQuorateError, QuorateError } from '../../core/index.js';
import { findDifference, show } from '../compare.js';

/**
 * One case of a conformance kit: a name, and a function that resolves when the implementation does what the case says
 * and rejects with a {@link ConformanceError} otherwise. Cases stand alone: run them in any order, one after the other
 * or at once, with any test runner.
 */
export interface ConformanceCase {
  /** What is expected, as a sentence about the implementation. Unique within a kit, and stable. */
  readonly name: string;
  /** Runs the case on an instance of its own, and cleans up. */
  run(): Promise<void>;
}

/** An implementation does not do what a {@link ConformanceCase} expects. Code `not-conformant`. */
export class ConformanceError extends QuorateError {
  constructor(message: string, cause?: unknown) {
    super('not-conformant', message, { cause });
  }
}

/** Refuses unless the condition holds. @param expected - what should be, as a sentence */
export function holds(condition: boolean, expected: string, seen?: unknown): asserts condition {
  if (!condition) throw new ConformanceError(`expected ${expected}${seen === undefined ? '' : `; saw ${show(seen)}`}`);
}

/** Refuses unless both values are equal, part by part. @param what - what is compared */
export function same(what: string, actual: unknown, expected: unknown): void {
  const difference = findDifference(expected, actual);
  if (difference !== null) throw new ConformanceError(`${what}: ${difference}`);
}

/** Refuses unless the call throws an error of this library with that code. */
export function throws(what: string, code: string, call: () => unknown): void {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    if (isQuorateError(error, code)) return;
    throw new ConformanceError(`${what}: expected an error with code ${code}, saw ${show(error)}`, error);
  }
  throw new ConformanceError(`${what}: expected an error with code ${code}, but it returned ${show(result)}`);
}

/** Refuses unless the call rejects with an error that fits: a code of this library, or that very error. */
export async function rejects(what: string, fits: string | Error, call: () => Promise<unknown>): Promise<void> {
  const wanted = typeof fits === 'string' ? `an error with code ${fits}` : `the error "${fits.message}"`;
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    if (typeof fits === 'string' ? isQuorateError(error, fits) : error === fits) return;
    throw new ConformanceError(`${what}: expected ${wanted}, saw ${show(error)}`, error);
  }
  throw new ConformanceError(`${what}: expected ${wanted}, but it resolved with ${show(result)}`);
}
