import type { QuorateError } from 'quorate/core';
import { RequestError } from 'quorate/host';

/** A value and when it was written: writers number what they write above all that they have read. */
export interface Version {
  readonly number: number;
  /** Breaks ties between two writers that choose the same number. */
  readonly writer: string;
  readonly value: string;
}

/** What a replica is asked for. */
export type Query = { readonly op: 'read' } | { readonly op: 'write'; readonly version: Version };

/** Positive when `a` is newer than `b`, 0 for the same write. */
export function compare(a: Version, b: Version): number {
  return a.number - b.number || (a.writer < b.writer ? -1 : Number(a.writer > b.writer));
}

/** One copy of the register, in memory: keeps the newest version that it was given. */
export class Replica {
  version: Version = { number: 0, writer: '', value: '' };

  /** Answers a request: a read with the version, a write with null. */
  handle(body: unknown): Version | null {
    const query = parseQuery(body);
    if (query === null) throw malformed();
    if (query.op === 'read') return this.version;
    if (compare(query.version, this.version) > 0) this.version = query.version;
    return null;
  }
}

/** What a replica answered to a read. */
export function parseVersion(value: unknown): Version {
  const { number, writer, value: text } = Object(value) as Record<string, unknown>;
  if (typeof number === 'number' && typeof writer === 'string' && typeof text === 'string') {
    return { number, writer, value: text };
  }
  throw malformed();
}

function parseQuery(body: unknown): Query | null {
  const { op, version } = Object(body) as Record<string, unknown>;
  if (op === 'read') return { op };
  return op === 'write' ? { op, version: parseVersion(version) } : null;
}

function malformed(): QuorateError {
  return new RequestError('malformed', 'this is neither a read nor a write of a version');
}
