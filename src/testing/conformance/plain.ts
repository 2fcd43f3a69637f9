import { ConformanceError } from './case.js';

/**
 * Refuses unless the value is plain data.
 *
 * @param kind - messages hold what may cross a process boundary; states also what is infinite or undefined
 */
export function checkPlain(what: string, value: unknown, kind: 'message' | 'state', path = ''): void {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number' && (kind === 'state' || Number.isFinite(value))) return;
  if (value === undefined && (kind === 'state' || path.includes('.'))) return; // a field that is left out
  if (value instanceof Uint8Array) return;
  if (Array.isArray(value)) {
    return value.forEach((part, i) => checkPlain(what, part, kind, `${path}[${i}]`));
  }
  if (!isPlainObject(value)) {
    const kindOf = typeof value === 'object' ? 'an object of a class' : typeof value;
    throw new ConformanceError(`${what}: expected plain data${path === '' ? '' : ` at ${path}`}, saw ${kindOf}`);
  }
  for (const [key, part] of Object.entries(value)) checkPlain(what, part, kind, `${path}.${key}`);
}

/** Freezes a value and all in it, bytes excepted: they cannot be frozen. Returns it. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
