import { closeSync, openSync, writeFileSync } from 'node:fs';
import { isQuorateError } from 'quorate/core';
import { messageOf, reasonOf } from './errors.js';
import { UsageError } from '../errors.js';
import type { Json } from './kv-state-machine.js';

/** What a caller did. A process here is a caller that makes one call at a time. */
export type Call =
  | { readonly op: 'put'; readonly process: number; readonly key: string; readonly value: Json }
  | { readonly op: 'get'; readonly process: number; readonly key: string; readonly replica?: string };

/** How a call ended: `ok`, `failed` (it certainly had no effect) or `unknown`. */
export type Return =
  | { readonly outcome: 'ok'; readonly found?: boolean; readonly value?: Json }
  | { readonly outcome: 'failed' | 'unknown'; readonly error: string };

/** Notes each call and each return. */
export interface History {
  /** Notes a call, before anything of it happens. Returns its id: calls are numbered from 1. */
  call(call: Call): number;
  /** Notes how the call ended. Without this, its outcome is unknown. */
  returned(id: number, result: Return): void;
  /** Writes out what is left. */
  close(): void;
}

/** The history of those who want none. */
export const noHistory: History = { call: () => 0, returned: () => {}, close: () => {} };

/** How to make a call. */
export interface Attempt<T> {
  /** Makes the call. */
  readonly make: () => Promise<T>;
  /** Whether that tries more than once: then the last error does not tell what became of the attempts before. */
  readonly repeats: boolean;
  /** What there is to note of the reply. */
  readonly describe: (reply: T) => Return;
}

/** Makes a call and notes its beginning and its end. */
export async function noted<T>(history: History, call: Call, { make, repeats, describe }: Attempt<T>): Promise<T> {
  const id = history.call(call);
  try {
    const reply = await make();
    history.returned(id, describe(reply));
    return reply;
  } catch (error) {
    // Only an error of the library can know that there was no effect; a read has none anyway.
    const known = isQuorateError(error) && (call.op === 'get' || (!repeats && error.outcome === 'failed'));
    history.returned(id, { outcome: known ? 'failed' : 'unknown', error: messageOf(error) });
    throw error;
  }
}

/** Lines are collected up to this many characters before they are written. */
const BUFFER_LENGTH = 64 * 1024;

/**
 * A history in a file, one JSON object a line (see docs/guide/replicated-kv.md). Times are nanoseconds since the file was
 * opened, of one monotonic clock. Written synchronously, a piece at a time, so that little memory is needed and nothing
 * is missing when the demo is interrupted.
 *
 * @throws UsageError when the file cannot be written
 */
export function openHistory(path: string): History {
  return new FileHistory(path);
}

class FileHistory implements History {
  readonly #path: string;
  readonly #file: number;
  readonly #start = process.hrtime.bigint();
  #lastId = 0;
  #lines = '';
  #open = true;

  constructor(path: string) {
    this.#path = path;
    this.#file = this.#check(() => openSync(path, 'w'));
  }

  call(call: Call): number {
    const id = ++this.#lastId;
    this.#add({ type: 'call', id, timeNs: this.#now(), ...call });
    return id;
  }

  returned(id: number, result: Return): void {
    this.#add({ type: 'return', id, timeNs: this.#now(), ...result });
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#flush();
    closeSync(this.#file);
  }

  #now(): number {
    return Number(process.hrtime.bigint() - this.#start);
  }

  #add(line: object): void {
    if (!this.#open) return;
    this.#lines += `${JSON.stringify(line)}\n`;
    if (this.#lines.length >= BUFFER_LENGTH) this.#flush();
  }

  #flush(): void {
    const lines = this.#lines;
    this.#lines = '';
    this.#check(() => writeFileSync(this.#file, lines));
  }

  #check<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw new UsageError(
        `cannot write the history to ${this.#path}: ${reasonOf(error)}; name a file that can be written`,
      );
    }
  }
}
