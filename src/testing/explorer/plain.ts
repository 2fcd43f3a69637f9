/** A deep copy of plain data. Much faster than `structuredClone`, which looks for cycles and transferables. */
export function clonePlain<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  return cloneObject(value) as T;
}

function cloneObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(clonePlain);
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof Set) return new Set(Array.from(value, clonePlain));
  if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [clonePlain(key), clonePlain(item)]));
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) copy[name] = clonePlain((value as Record<string, unknown>)[name]);
  return copy;
}

/** Plain data as text for people: JSON, with names for what JSON lacks. */
export function describePlain(value: unknown): string {
  return JSON.stringify(value, brief) ?? 'undefined';
}

function brief(_name: string, value: unknown): unknown {
  if (value instanceof Set) return [...(value as Set<unknown>)];
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value);
  return value;
}
