import type { ExampleError } from '../errors.js';
import { HOST } from './protocol.js';
import { ServerProcess } from './server-process.js';
import { servers, type Ending, type Servers } from './servers.js';

/** When a request is given up. None takes as long unless its server hangs. */
const TIMEOUT_MS = 30_000;
/** How many requests of no time each server gets before a run: the first ones are slow, as code is compiled and connections made. */
const WARM_UP = 20;

/** The servers as processes, which are asked by `fetch`. */
export class FetchServers implements Servers {
  readonly #processes = new Map<string, ServerProcess>();
  readonly #ports = new Map<string, number>();
  #fail: (error: ExampleError) => void = () => {};
  /** Rejects when a server ends that nobody killed. */
  readonly died = new Promise<never>((_, reject) => (this.#fail = reject));

  constructor() {
    this.died.catch(() => {}); // it may happen when nobody waits for it
  }

  /** Starts those that do not run, and warms all up. */
  async start(): Promise<void> {
    const missing = servers.filter(({ name }) => !this.#processes.has(name));
    await Promise.all(
      missing.map(async (plan) => {
        const process = new ServerProcess(plan, this.#fail);
        this.#processes.set(plan.name, process);
        this.#ports.set(plan.name, await process.start());
      }),
    );
    for (let i = 0; i < WARM_UP; i++) await Promise.all(servers.map(({ name }) => request(this.#url(name, 0))));
  }

  send(server: string, workMs: number, ended: (ending: Ending) => void): void {
    request(this.#url(server, workMs)).then(
      () => ended('answered'),
      (error: unknown) => ended(endingOf(error)),
    );
  }

  kill(server: string): void {
    void this.#processes.get(server)?.kill();
    this.#processes.delete(server);
  }

  /** Where a server listens, or has listened. */
  port(server: string): number | undefined {
    return this.#ports.get(server);
  }

  #url(server: string, workMs: number): string {
    return `http://${HOST}:${this.#ports.get(server)}/?ms=${workMs}`;
  }

  /** Kills all. Resolves when the operating system has done away with them. */
  async close(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.kill()));
  }
}

/** Reads the answer to its end: before that the server is not done. */
async function request(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.text();
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
}

function endingOf(error: unknown): Exclude<Ending, 'answered'> {
  const { name, cause } = error as Error & { cause?: { readonly code?: string } };
  if (name === 'TimeoutError') return 'late';
  return cause?.code === 'ECONNREFUSED' ? 'refused' : 'broken';
}
