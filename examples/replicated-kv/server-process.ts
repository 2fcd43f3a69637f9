import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeId } from 'quorate/core';
import type { Identity } from './certificates.js';
import { ExampleError } from '../errors.js';
import type { FromServer, ToServer } from './protocol.js';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));

/** How long a process may take to start, and to replay its journal. */
const START_TIMEOUT_MS = 30_000;

/** How long a process may take to close everything before it is killed. */
const STOP_TIMEOUT_MS = 5_000;

/** The port is in use. */
export class PortTakenError extends ExampleError {}

/** One run of one server process. */
export class ServerProcess {
  readonly #id: NodeId;
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #failed: (FromServer & { type: 'failed' }) | null = null;
  #started = false;
  #ending = false;

  /** @param reportFailure - called when it ends after it has started, and nobody wanted that */
  constructor(id: NodeId, directory: string, reportFailure: (error: Error) => void) {
    this.#id = id;
    this.#directory = directory;
    // Standard output belongs to the demo. `fork` passes on the loader that this process runs TypeScript with.
    this.#child = fork(SERVER, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve).once('error', resolve));
    this.#child.on('message', (message: FromServer) => {
      if (message.type === 'failed') this.#failed = message;
    });
    void this.#exited.then(() => {
      if (this.#started && !this.#ending) reportFailure(this.#whyEnded());
    });
  }

  /** The id that the operating system gave it. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Returns the address on which it listens. @param tls - with which certificate, if with any */
  async listen(port: number, tls: Identity | null): Promise<string> {
    const place = { id: this.#id, directory: this.#directory, port, tls };
    const answer = await this.#ask({ type: 'listen', ...place }, 'listening');
    return answer.address;
  }

  async join(members: Readonly<Record<NodeId, string>>): Promise<void> {
    await this.#ask({ type: 'join', members }, 'joined');
    this.#started = true;
  }

  async kill(): Promise<void> {
    this.#ending = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async stop(): Promise<void> {
    this.#ending = true;
    if (this.#child.connected) this.#child.send({ type: 'stop' } satisfies ToServer, () => {});
    const late = sleep(STOP_TIMEOUT_MS, 'late', { ref: false });
    if ((await Promise.race([this.#exited, late])) === 'late') await this.kill();
  }

  /** Sends a message and waits for the answer of that type, for the end of the process, or for too long. */
  async #ask<T extends FromServer['type']>(message: ToServer, type: T): Promise<FromServer & { type: T }> {
    const answered = new Promise<FromServer & { type: T }>((resolve) => {
      this.#child.on('message', (answer: FromServer) => {
        if (answer.type === type) resolve(answer as FromServer & { type: T });
      });
    });
    const ended = this.#exited.then(() => Promise.reject(this.#whyEnded()));
    const late = sleep(START_TIMEOUT_MS, null, { ref: false });
    this.#child.send(message, () => {});
    const answer = await Promise.race([answered, ended, late]);
    if (answer === null) throw new ExampleError(`server ${this.#id} did not start within ${START_TIMEOUT_MS / 1000} s`);
    return answer;
  }

  #whyEnded(): ExampleError {
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`;
    if (this.#failed === null) return new ExampleError(`server ${this.#id} ended unexpectedly, ${how}`);
    const message = `server ${this.#id} failed: ${this.#failed.message}`;
    return this.#failed.code === 'address-in-use' ? new PortTakenError(message) : new ExampleError(message);
  }
}
