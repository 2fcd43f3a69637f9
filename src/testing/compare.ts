/** How long a value may get in a message. */
const SHOWN_CHARACTERS = 200;

/** A value as a person reads it, cut off when it is long. Linear in the size of the value. */
export function show(value: unknown): string {
  const text = render(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 3)}...` : text;
}

/**
 * Where two values differ first, as a readable sentence; `null` when they are equal. Compares what messages and states
 * hold: primitives, byte arrays, arrays, plain objects, maps and sets (in their order). 0 equals -0, NaN equals NaN, a
 * field that is undefined equals one that is not there. Linear in the size of the values.
 */
export function findDifference(expected: unknown, actual: unknown, path = ''): string | null {
  if (Object.is(expected, actual) || expected === actual) return null;
  if (isBytes(expected) && isBytes(actual)) return differentBytes(expected, actual, path);
  const [before, after] = [partsOf(expected), partsOf(actual)];
  if (before === null || after === null || before.kind !== after.kind) return report(expected, actual, path);
  for (const key of new Set([...before.parts.keys(), ...after.parts.keys()])) {
    const found = findDifference(before.parts.get(key), after.parts.get(key), `${path}${pathStep(key)}`);
    if (found !== null) return found;
  }
  return before.kind === 'object' || before.parts.size === after.parts.size ? null : report(expected, actual, path);
}

interface Parts {
  readonly kind: 'array' | 'object' | 'map' | 'set';
  readonly parts: ReadonlyMap<string | number, unknown>;
}

function partsOf(value: unknown): Parts | null {
  if (typeof value !== 'object' || value === null || isBytes(value)) return null;
  if (Array.isArray(value)) return { kind: 'array', parts: new Map(value.entries()) };
  if (value instanceof Map) return { kind: 'map', parts: new Map([...value].entries()) };
  if (value instanceof Set) return { kind: 'set', parts: new Map([...value].entries()) };
  return { kind: 'object', parts: new Map(Object.entries(value)) };
}

function differentBytes(expected: Uint8Array, actual: Uint8Array, path: string): string | null {
  const same = expected.length === actual.length && expected.every((byte, i) => byte === actual[i]);
  return same ? null : report(expected, actual, path);
}

function report(expected: unknown, actual: unknown, path: string): string {
  return `${path === '' ? '' : `at ${path}: `}expected ${show(expected)}, saw ${show(actual)}`;
}

function pathStep(key: string | number): string {
  return typeof key === 'number' ? `[${key}]` : `.${key}`;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function render(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (isBytes(value)) return renderBytes(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (Array.isArray(value)) return `[${renderAll(value)}]`;
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name}(${renderAll([...value])})`;
  return `{${renderAll(Object.entries(value), ([key, part]) => `${key}: ${render(part)}`)}}`;
}

/** No more than is shown in the end. */
function renderAll<T>(parts: readonly T[], one: (part: T) => string = render): string {
  const shown = parts.slice(0, SHOWN_CHARACTERS / 2).map(one);
  return (parts.length > shown.length ? [...shown, '...'] : shown).join(', ');
}

function renderBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${bytes.length} bytes <${shown}${bytes.length > 16 ? ' ...' : ''}>`;
}
