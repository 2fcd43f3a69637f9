import type { Step } from './space.js';

/**
 * A path as numbered lines for people: what happened, and below it what it changed. Of states that are objects only the
 * fields that changed are shown.
 */
export function formatPath<State>(path: readonly Step<State>[], loopsTo: number | null = null): string {
  const width = String(path.length).length;
  const indent = ' '.repeat(width + 2);
  const lines = path.map(({ action, state }, i) => {
    const changes = describeChanges(i === 0 ? undefined : path[i - 1]!.state, state);
    return [`${String(i + 1).padStart(width)}. ${action}`, ...changes.map((line) => indent + line)].join('\n');
  });
  if (loopsTo !== null) lines.push(`and from there to ${loopsTo + 1} again, for ever`);
  return lines.join('\n');
}

function describeChanges(before: unknown, after: unknown): readonly string[] {
  if (!isPlainObject(after)) return before === after ? [] : [describe(after)];
  const known = isPlainObject(before) ? before : {};
  return Object.keys(after).flatMap((name) => {
    const text = describe(after[name]);
    return text === describe(known[name]) ? [] : [`${name}: ${text}`];
  });
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return !Array.isArray(value) && !(value instanceof Set) && !(value instanceof Map) && !ArrayBuffer.isView(value);
}

function describe(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => {
      if (part instanceof Set) return [...(part as Set<unknown>)];
      if (part instanceof Map) return [...(part as Map<unknown, unknown>)];
      if (part instanceof Uint8Array) return `${part.length} bytes`;
      return typeof part === 'bigint' || Object.is(part, Infinity) ? String(part) : part;
    }) ?? 'undefined'
  );
}
