import { messagePackCodec } from 'quorate/codec';
import type { CommittedCommand, StateMachine } from 'quorate/host';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A key and its value. */
export type Entry = readonly [key: string, value: Json];

/** What applying a command says: `null` when it was carried out, otherwise why not. */
export type PutResult = { readonly problem: string } | null;

/** A run of entries, and where the next one starts; `null` behind the last. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly next: number | null;
}

/** Entries in one piece of a snapshot. */
const SNAPSHOT_ENTRIES = 1000;

const codec = messagePackCodec();

/** The bytes that are proposed to store a value. */
export function encodePut(key: string, value: Json): Uint8Array {
  return codec.encode([key, value]);
}

/**
 * A map that is the same on every server, because each applies the same commands in the same order and nothing else
 * changes it. Keys are never removed, so the order in which they came gives every entry a place of its own.
 */
export class KvStateMachine implements StateMachine<PutResult> {
  #values = new Map<string, Json>();
  #keys: string[] = [];

  /** How many keys there are. */
  get size(): number {
    return this.#keys.length;
  }

  /** The value of a key; `undefined` when it has none. */
  get(key: string): Json | undefined {
    return this.#values.get(key);
  }

  /** The entries from a place on, as many as fit into `maxBytes`, but at least one when there is one. */
  page(from: number, maxBytes: number): Page {
    const entries: Entry[] = [];
    let bytes = 0;
    let at = from;
    for (; at < this.#keys.length; at++) {
      const entry = this.#entryAt(at);
      bytes += codec.encode(entry).length;
      if (bytes > maxBytes && entries.length > 0) break;
      entries.push(entry);
    }
    return { entries, next: at < this.#keys.length ? at : null };
  }

  /** Carries committed commands out. One that makes no sense has a result that says so: throwing would end the node. */
  apply(commands: readonly CommittedCommand[]): PutResult[] {
    return commands.map(({ data }) => {
      const command = codec.decode(data);
      if (!isEntry(command)) return { problem: 'the command is no key with a value' };
      this.#put(command);
      return null;
    });
  }

  /** The state as of this call: the entries are collected now, and turned into bytes as they are asked for. */
  snapshot(): Iterable<Uint8Array> {
    const entries = Array.from(this.#keys, (_, at) => this.#entryAt(at));
    return encodeEntries(entries);
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.#values = new Map();
    this.#keys = [];
    for await (const entries of decodeEntries(chunks)) {
      for (const entry of entries) this.#put(entry);
    }
  }

  #entryAt(at: number): Entry {
    const key = this.#keys[at]!;
    return [key, this.#values.get(key)!];
  }

  #put([key, value]: Entry): void {
    if (!this.#values.has(key)) this.#keys.push(key);
    this.#values.set(key, value);
  }
}

/** Each piece of a snapshot is its length in four bytes and so many bytes of entries. */
function* encodeEntries(entries: readonly Entry[]): Iterable<Uint8Array> {
  for (let from = 0; from < entries.length; from += SNAPSHOT_ENTRIES) {
    const body = codec.encode(entries.slice(from, from + SNAPSHOT_ENTRIES));
    const piece = new Uint8Array(4 + body.length);
    new DataView(piece.buffer).setUint32(0, body.length);
    piece.set(body, 4);
    yield piece;
  }
}

/** The other way round. Chunks may be cut anywhere, so what is left of one waits for the next. */
async function* decodeEntries(chunks: AsyncIterable<Uint8Array>): AsyncIterable<readonly Entry[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      yield codec.decode(rest.subarray(4, end)) as readonly Entry[];
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) throw new Error('the snapshot ends in the middle of a piece');
}

function isEntry(value: unknown): value is Entry {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string';
}
