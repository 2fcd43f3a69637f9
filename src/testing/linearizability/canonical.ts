import { MalformedError } from '../../core/index.js';

/**
 * A text that is equal exactly for equal plain data: null, undefined, booleans, numbers, bigints, strings, bytes, and
 * arrays and plain objects of these. The order of an object's fields does not count, nor do fields that are `undefined`.
 * For keys of states and for labels; not for storage, because nothing reads it back. Takes time in proportion to the
 * value.
 *
 * @throws `MalformedError` for what is no plain data, such as a map or a function
 */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : canonicalObject(value);
    case 'function':
    case 'symbol':
      throw new MalformedError(`a ${typeof value} is no plain data`);
    default:
      return Object.is(value, -0) ? '0' : String(value); // -0 and 0 are one value; NaN and infinities keep their names
  }
}

/** Whether two pieces of plain data have the same content. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' ? canonicalText(a) === canonicalText(b) : Object.is(a, b);
}

function canonicalObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (value instanceof Uint8Array) return `bytes(${Array.from(value, hex).join('')})`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype)
    throw new MalformedError('a class instance is no plain data');
  const fields = Object.entries(value).filter(([, content]) => content !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, content]) => `${JSON.stringify(name)}:${canonicalText(content)}`).join(',')}}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
