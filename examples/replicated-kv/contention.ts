import { setTimeout as sleep } from 'node:timers/promises';
import { isQuorateError } from 'quorate/core';
import type { KvClient } from './client.js';
import { ExampleError } from '../errors.js';
import { noted, type History } from './history.js';

/** The keys on which callers meet. The workload's keys end with a number behind `#`, so no record of a user is among them. */
export const CONTENDED_KEYS: readonly string[] = ['contended/1', 'contended/2', 'contended/3'];

/** Callers for each key. All of them call at the same time, then all pause. */
const CALLERS = 4;

/** The pause: a few hundred calls a second check much, and weigh little beside what is measured. */
const PAUSE_MS = 25;

/** How often the last put is tried. */
const LAST_PUTS = 100;

/** What this needs of a client. */
type ContentionClient = Pick<KvClient, 'putOnce' | 'get'>;

/**
 * Several callers at a time read and write the same few keys, while the load goes on and leaders die. Each put writes
 * another value and is sent once, because a repetition could overwrite what another caller wrote in between. So some
 * have an unknown outcome, and what these keys hold in the end nobody can foresee: that all of it fits together is for the
 * check of the history to say.
 */
export class Contention {
  /** How many processes this has, in the sense of the history. */
  static readonly processes = CONTENDED_KEYS.length * CALLERS;

  readonly #client: ContentionClient;
  readonly #history: History;
  readonly #firstProcess: number;
  #puts = 0;
  #stopped = false;

  constructor(client: ContentionClient, history: History, firstProcess: number) {
    this.#client = client;
    this.#history = history;
    this.#firstProcess = firstProcess;
  }

  /** Goes on until it is stopped. */
  async run(): Promise<void> {
    await Promise.all(CONTENDED_KEYS.map((key, i) => this.#contend(key, this.#firstProcess + i * CALLERS)));
  }

  /** Begins no new calls. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Writes each key once more. The log holds whatever was proposed before in front of that, so when it is acknowledged
   * nothing of unknown outcome can come any more, and reading back the servers one after the other shows one state.
   */
  async settle(): Promise<void> {
    for (const [i, key] of CONTENDED_KEYS.entries()) {
      for (let tries = 1; !(await this.#put(key, this.#firstProcess + i * CALLERS)); tries++) {
        if (tries === LAST_PUTS) throw new ExampleError(`the last put of ${key} did not succeed`);
        await sleep(PAUSE_MS);
      }
    }
  }

  async #contend(key: string, firstProcess: number): Promise<void> {
    while (!this.#stopped) {
      const calls = Array.from({ length: CALLERS }, (_, i) =>
        Math.random() < 0.5 ? this.#put(key, firstProcess + i) : this.#get(key, firstProcess + i),
      );
      await Promise.all(calls);
      await sleep(PAUSE_MS);
    }
  }

  #put(key: string, process: number): Promise<boolean> {
    const value = ++this.#puts;
    const make = () => this.#client.putOnce(key, value);
    const call = { op: 'put', process, key, value } as const;
    return this.#tried(noted(this.#history, call, { make, repeats: false, describe: () => ({ outcome: 'ok' }) }));
  }

  #get(key: string, process: number): Promise<boolean> {
    const make = () => this.#client.get(key);
    const call = { op: 'get', process, key } as const;
    return this.#tried(
      noted(this.#history, call, { make, repeats: true, describe: (reply) => ({ outcome: 'ok', ...reply }) }),
    );
  }

  /** Whether it succeeded. What a dying leader makes of a call is part of the plan. */
  async #tried(call: Promise<unknown>): Promise<boolean> {
    try {
      await call;
      return true;
    } catch (error) {
      if (isQuorateError(error)) return false;
      throw error;
    }
  }
}
