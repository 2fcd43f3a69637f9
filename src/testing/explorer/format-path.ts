import { describePlain } from './plain.js';
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

/** A line for each field that changed; fields of objects that were objects before are looked at one by one. */
function describeChanges(before: unknown, after: unknown, name = ''): readonly string[] {
  if (before === after) return [];
  const text = describePlain(after);
  if (isPlainObject(after) && (isPlainObject(before) || name === '')) {
    const known = isPlainObject(before) ? before : {};
    const within = (field: string): string => (name === '' ? field : `${name}.${field}`);
    return Object.keys(after).flatMap((field) => describeChanges(known[field], after[field], within(field)));
  }
  if (text === describePlain(before)) return [];
  return [shorten(name === '' ? text : `${name}: ${text}`)];
}

/** Lines that nobody would read to their end are cut. */
function shorten(line: string): string {
  return line.length > 240 ? `${line.slice(0, 237)}...` : line;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return !Array.isArray(value) && !(value instanceof Set) && !(value instanceof Map) && !ArrayBuffer.isView(value);
}
