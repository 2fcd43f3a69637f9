import { QuorateError } from '../core/index.js';

/**
 * A value cannot be encoded, because it holds something that is no null, boolean, finite number, string, byte array,
 * array or plain object, or because it is nested too deep or too large. Code `not-encodable`. This is a mistake in the
 * program that made the value, never in what came from outside: that is a `MalformedError`.
 */
export class NotEncodableError extends QuorateError {
  /** Where the offending part is, for example `entries[3].data`; empty for the value itself. */
  readonly path: string;

  constructor(path: string, problem: string, cause?: unknown) {
    super('not-encodable', `${path === '' ? 'the value' : path} ${problem}`, { cause });
    this.path = path;
  }
}

/**
 * Finds out where and why a value cannot be encoded, once encoding it has failed. A second walk, paid only on failure,
 * so that the first one need not keep track of where it is.
 */
export function explainFailure(value: unknown, maxDepth: number, cause: unknown): NotEncodableError {
  return (
    findProblem(value, '', maxDepth, cause) ?? new NotEncodableError('', `cannot be encoded: ${String(cause)}`, cause)
  );
}

function findProblem(value: unknown, path: string, depthLeft: number, cause: unknown): NotEncodableError | null {
  if (depthLeft === 0) return new NotEncodableError(path, 'is nested too deep, or holds itself', cause);
  const problem = problemOf(value);
  if (problem !== null) return new NotEncodableError(path, problem, cause);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return null;
  const inner = (part: unknown, name: string): NotEncodableError | null =>
    findProblem(part, name, depthLeft - 1, cause);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const found = inner(value[i], `${path}[${i}]`);
      if (found !== null) return found;
    }
    return null;
  }
  for (const [key, part] of Object.entries(value)) {
    const name = path === '' ? key : `${path}.${key}`;
    if (key === '__proto__') return new NotEncodableError(name, 'is a key that is not allowed', cause);
    const found = part === undefined ? null : inner(part, name);
    if (found !== null) return found;
  }
  return null;
}

function problemOf(value: unknown): string | null {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return null;
    case 'number':
      return Number.isFinite(value) ? null : `is ${value}; numbers must be finite`;
    case 'object':
      if (value === null || Array.isArray(value) || value instanceof Uint8Array || isPlain(value)) return null;
      return `is a ${value.constructor?.name ?? 'special object'}; it must be null, a boolean, a finite number, a string, a Uint8Array, an array or a plain object`;
    case 'undefined':
      return 'is undefined; only fields of objects may be, and those are left out';
    default:
      return `is a ${typeof value}, which has no encoded form`;
  }
}

/** Whether an object is a plain one, of this realm or another: made by a literal, or without a prototype. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}
