import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ExampleError } from '../errors.js';
import type { FromServer, Start } from './protocol.js';
import type { ServerPlan } from './servers.js';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));

/** How long a process may take to start. */
const START_TIMEOUT_MS = 30_000;

/** A server in a process of its own. */
export class ServerProcess {
  readonly #plan: ServerPlan;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #listening = false;
  #killed = false;

  /** @param died - is told why when it ended though nobody killed it */
  constructor(plan: ServerPlan, died: (error: ExampleError) => void) {
    this.#plan = plan;
    // Standard output belongs to the client. `fork` passes on the loader that this process runs TypeScript with.
    this.#child = fork(SERVER, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve).once('error', resolve));
    void this.#exited.then(() => {
      if (this.#listening && !this.#killed) died(this.#whyEnded());
    });
  }

  /** Lets it listen. Resolves with its port. */
  async start(): Promise<number> {
    const said = new Promise<FromServer>((resolve) => this.#child.once('message', resolve));
    const ended = this.#exited.then(() => Promise.reject(this.#whyEnded()));
    const late = sleep(START_TIMEOUT_MS, null, { ref: false });
    this.#child.send({ slowness: this.#plan.slowness } satisfies Start, () => {});
    const answer = await Promise.race([said, ended, late]);
    if (answer === null) throw new ExampleError(`${this.#plan.name} did not start in ${START_TIMEOUT_MS / 1000} s`);
    if (answer.type === 'failed') throw new ExampleError(`${this.#plan.name} cannot listen: ${answer.message}`);
    this.#listening = true;
    return answer.port;
  }

  /** Kills it on the spot. Resolves when the operating system has done away with it. */
  async kill(): Promise<void> {
    this.#killed = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #whyEnded(): ExampleError {
    const { exitCode, signalCode } = this.#child;
    return new ExampleError(`${this.#plan.name} ended unexpectedly: ${signalCode ?? `exit code ${exitCode}`}`);
  }
}
