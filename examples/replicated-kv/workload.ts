import { readFileSync } from 'node:fs';
import mimeDb from 'mime-db';
import { messagePackCodec } from 'quorate/codec';
import { messageOf, reasonOf } from './errors.js';
import { UsageError } from '../errors.js';
import type { Entry, Json } from './kv-state-machine.js';

/** The largest value that is accepted, in bytes: all that are in flight together must fit into the servers' queues. */
const MAX_VALUE_BYTES = 256 * 1024;

/** Nested less deep than messages may be, because a value is wrapped into some. */
const valueCodec = messagePackCodec({ maxDepth: 48, maxValues: 1 << 18 });

/**
 * What is written: the records over and over again, each time under new keys (`key#1`, `key#2`, ...), until there are as
 * many writes as wished. No two writes have the same key, so what a key must hold in the end is known from the start.
 */
export class Workload {
  /** How many writes there are. */
  readonly size: number;
  readonly #records: readonly Entry[];

  constructor(records: readonly Entry[], size: number) {
    this.#records = records;
    this.size = size;
  }

  /** The write of that number, from 0. */
  at(index: number): Entry {
    const [key, value] = this.#records[index % this.#records.length]!;
    return [`${key}#${Math.floor(index / this.#records.length) + 1}`, value];
  }
}

/** Records, and what there is to say about them. */
export interface Records {
  readonly records: readonly Entry[];
  readonly note: string | null;
}

/** The records of mime-db: each MIME type with what is known of it. */
export function mimeRecords(): Records {
  // Through JSON, because a record in memory may have fields that are undefined, and JSON has none.
  const records = Object.entries(JSON.parse(JSON.stringify(mimeDb)) as Record<string, Json>);
  return { records, note: null };
}

/**
 * The user's records: a JSON object with `key` and `value` on each line. Of lines with the same key the last counts.
 *
 * @throws UsageError naming the file, the line and what is wrong
 */
export function fileRecords(path: string): Records {
  const records = new Map<string, Json>();
  let repeated = 0;
  readLines(path).forEach((line, i) => {
    if (line.trim() === '') return;
    const [key, value] = parseLine(line, `${path}, line ${i + 1}`);
    if (records.has(key)) repeated++;
    records.set(key, value);
  });
  if (records.size === 0) throw new UsageError(`${path} is empty: it needs a line {"key": ..., "value": ...} or more`);
  const note = repeated === 0 ? null : `${repeated} lines repeat a key of an earlier line, whose value they replace`;
  return { records: [...records], note };
}

function readLines(path: string): string[] {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)).split('\n');
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is no UTF-8 text' : reasonOf(error);
    throw new UsageError(`cannot read ${path}: ${reason}; --input needs a file of JSON lines`);
  }
}

function parseLine(line: string, where: string): Entry {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    throw new UsageError(`${where} is not JSON; each line must be an object {"key": "...", "value": ...}`);
  }
  const { key, value } = (typeof record === 'object' && record !== null ? record : {}) as Record<string, unknown>;
  if (typeof key !== 'string') throw new UsageError(`${where} has no "key" that is a string; add one`);
  if (value === undefined) throw new UsageError(`${where} has no "value"; add one (null is a value)`);
  const problem = whyNotStorable(key, value);
  if (problem !== null) throw new UsageError(`${where} cannot be stored: ${problem}`);
  return [key, value as Json];
}

/**
 * Says why a value is not taken; `null` when it is. Stores and compares must agree on it, so it has to come back from the
 * codec as it went in.
 */
export function whyNotStorable(key: string, value: unknown): string | null {
  try {
    const bytes = valueCodec.encode([key, value]);
    if (bytes.length > MAX_VALUE_BYTES) return `it takes ${bytes.length} bytes; at most ${MAX_VALUE_BYTES} are allowed`;
    const same = JSON.stringify(valueCodec.decode(bytes)) === JSON.stringify([key, value]);
    return same ? null : 'it holds text that is not well-formed Unicode; mend its escapes';
  } catch (error) {
    return messageOf(error);
  }
}
