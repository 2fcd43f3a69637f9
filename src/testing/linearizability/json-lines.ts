import { MalformedError } from '../../core/index.js';
import type { HistoryOperation } from './history.js';
import type { KeyValueInput, KeyValueOutput } from './models.js';

/** An operation of a history of a map. */
export type KeyValueOperation = HistoryOperation<KeyValueInput, KeyValueOutput>;

type Fields = Readonly<Record<string, unknown>>;

const NS_PER_MS = 1e6;

/**
 * Reads a history of a map from JSON lines, as the replicated key-value example writes them with `--history`:
 * `{"type":"call","id","timeNs","process","op":"put"|"get","key","value"}` and
 * `{"type":"return","id","timeNs","outcome":"ok"|"failed"|"unknown","found","value"}`. Lines are in the order in which
 * things happened, so equal times are pulled apart. A call without return has an unknown outcome; a get with `replica`
 * belongs to a process of that name. Times become milliseconds. Empty lines and unknown fields are ignored.
 *
 * @throws `MalformedError` naming the line
 */
export function parseKeyValueHistory(lines: Iterable<string>): KeyValueOperation[] {
  const operations: KeyValueOperation[] = [];
  const open = new Map<number, number>();
  let number = 0;
  let last = -Infinity;
  for (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    const fields = parseLine(line, number);
    const { type, id, timeNs } = fields;
    if (typeof id !== 'number') throw malformed(number, 'has no "id" that is a number');
    if (typeof timeNs !== 'number' || !Number.isFinite(timeNs)) {
      throw malformed(number, 'has no "timeNs" that is a number');
    }
    const at: number = Math.max(timeNs / NS_PER_MS, after(last));
    last = at;
    if (type === 'call') open.set(id, operations.push(parseCall(fields, at, number)) - 1);
    else if (type === 'return') applyReturn(operations, open, { id, fields, at, number });
    else throw malformed(number, 'has no "type" that is "call" or "return"');
  }
  return operations;
}

/** A time that is later: by a nanosecond, or by the least that such large numbers can tell apart. */
function after(at: number): number {
  return at === -Infinity ? at : at + Math.max(1 / NS_PER_MS, Math.abs(at) * Number.EPSILON);
}

function parseLine(line: string, number: number): Fields {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Fields;
  } catch {
    // told below
  }
  throw malformed(number, 'is no JSON object');
}

function parseCall(fields: Fields, calledAt: number, number: number): KeyValueOperation {
  const { op, key, value, process, replica } = fields;
  const by = typeof replica === 'string' ? replica : process;
  if (typeof by !== 'number' && typeof by !== 'string') throw malformed(number, 'has no "process"');
  if (typeof key !== 'string') throw malformed(number, 'has no "key" that is a string');
  if (op === 'put' && value === undefined) throw malformed(number, 'has no "value" to put');
  if (op !== 'put' && op !== 'get') throw malformed(number, 'has no "op" that is "put" or "get"');
  const input: KeyValueInput = op === 'put' ? { op, key, value } : { op, key };
  return { process: by, input, calledAt, outcome: 'unknown', returnedAt: null };
}

/** A line that tells of a return. */
interface ReturnLine {
  readonly id: number;
  readonly fields: Fields;
  readonly at: number;
  readonly number: number;
}

function applyReturn(operations: KeyValueOperation[], open: Map<number, number>, line: ReturnLine): void {
  const { id, fields, at, number } = line;
  const index = open.get(id);
  if (index === undefined) throw malformed(number, `returns from ${id}, which was not called or has returned`);
  open.delete(id);
  const { process, input, calledAt } = operations[index]!;
  const common = { process, input, calledAt, returnedAt: at };
  const { outcome, found, value } = fields;
  if (outcome === 'failed' || outcome === 'unknown') operations[index] = { ...common, outcome };
  else if (outcome !== 'ok') throw malformed(number, 'has no "outcome" that is "ok", "failed" or "unknown"');
  else if (input.op !== 'get') operations[index] = { ...common, outcome, output: undefined };
  else if (typeof found !== 'boolean') throw malformed(number, 'does not say what was "found"');
  else operations[index] = { ...common, outcome, output: { found, value } };
}

function malformed(line: number, what: string): MalformedError {
  return new MalformedError(`line ${line} of the history ${what}`);
}
