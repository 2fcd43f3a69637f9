import { canonicalText } from './canonical.js';
import type { HistoryOperation } from './history.js';

/** What an operation did, in a few words: `put "a" 1`, `read → 2`. */
export type Describe<Input, Output> = (operation: HistoryOperation<Input, Output>) => string;

/**
 * The words for an operation whose input is an object with `op`, as all models here have them, or anything else: what is
 * asked for with its arguments, then what came back.
 */
export function describeOperation(operation: HistoryOperation<unknown, unknown>): string {
  const asked = describeInput(operation.input);
  if (operation.outcome !== 'ok' || operation.output === undefined) return asked;
  return `${asked} → ${describeOutput(operation.output)}`;
}

function describeInput(input: unknown): string {
  if (!isObject(input) || typeof input['op'] !== 'string') return textOf(input);
  const { op, ...rest } = input;
  return [op, ...Object.values(rest).map(textOf)].join(' ');
}

/** What was found, where the output says whether something was; the value, where it is in a box. */
function describeOutput(output: unknown): string {
  if (!isObject(output)) return textOf(output);
  if (output['found'] === false) return 'nothing';
  return 'value' in output ? textOf(output['value']) : textOf(output);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  try {
    return canonicalText(value);
  } catch {
    return String(value);
  }
}

/** A text of at most so many characters. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** A text inside of HTML or SVG. */
export function escaped(text: string): string {
  // What XML does not allow at all, an answer from a broken store may still contain.
  const plain = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
