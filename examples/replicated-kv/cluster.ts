import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeId } from 'quorate/core';
import { DemoError } from './errors.js';
import type { FromServer, ToServer } from './protocol.js';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));

/** How long a process may take to start, and to replay its journal. */
const START_TIMEOUT_MS = 30_000;

/** How long a process may take to close everything before it is killed. */
const STOP_TIMEOUT_MS = 5_000;

/** How often a server is started anew when somebody else has taken its port while it was dead, and the pause before. */
const PORT_ATTEMPTS = 20;
const PORT_PAUSE_MS = 250;

/** The server processes: starts them, kills them, starts them again, and ends them. */
export class Cluster {
  readonly ids: readonly NodeId[];
  readonly #directory: string;
  readonly #processes = new Map<NodeId, ServerProcess>();
  readonly #addresses: Record<NodeId, string> = {};
  #over = false;
  #reportFailure: (error: Error) => void = () => {};
  /** Rejects when a process ends that nobody killed; never resolves. */
  readonly failure = new Promise<never>((_, reject) => (this.#reportFailure = reject));

  /** @param directory - where each server gets a folder for its journal */
  constructor(size: number, directory: string) {
    this.ids = Array.from({ length: size }, (_, i) => `n${i + 1}`);
    this.#directory = directory;
    this.failure.catch(() => {}); // it may come when nobody waits any more
  }

  /** Where each server is reached. */
  get addresses(): Readonly<Record<NodeId, string>> {
    return this.#addresses;
  }

  /** Starts all: each listens on a free port first, then all are told of each other. */
  async start(): Promise<void> {
    await Promise.all(this.ids.map(async (id) => (this.#addresses[id] = await this.#launch(id).listen(0))));
    await Promise.all(this.ids.map((id) => this.#processes.get(id)!.join(this.#addresses)));
  }

  /** Kills a process on the spot. Resolves when the operating system has done away with it. */
  async kill(id: NodeId): Promise<void> {
    await this.#processes.get(id)!.kill();
  }

  /** Starts a killed process again, on its journal and its port. */
  async restart(id: NodeId): Promise<void> {
    const port = Number(this.#addresses[id]!.split(':').at(-1));
    for (let attempt = 1; ; attempt++) {
      const server = this.#launch(id);
      try {
        await server.listen(port);
        return await server.join(this.#addresses);
      } catch (error) {
        await server.kill();
        if (!(error instanceof PortTakenError) || attempt === PORT_ATTEMPTS) throw error;
        await sleep(PORT_PAUSE_MS); // whoever has it may be about to leave: such ports are lent for short connections
      }
    }
  }

  /** Lets all processes end in good order. */
  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all([...this.#processes.values()].map((server) => server.stop()));
  }

  /** Ends all processes at once, whatever they do. */
  async killAll(): Promise<void> {
    this.#over = true;
    await Promise.all([...this.#processes.values()].map((server) => server.kill()));
  }

  #launch(id: NodeId): ServerProcess {
    if (this.#over) throw new DemoError('the servers are being ended');
    const server = new ServerProcess(id, join(this.#directory, id), this.#reportFailure);
    this.#processes.set(id, server);
    return server;
  }
}

/** The port is in use. */
class PortTakenError extends DemoError {}

/** One run of one server process. */
class ServerProcess {
  readonly #id: NodeId;
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #failed: (FromServer & { type: 'failed' }) | null = null;
  #started = false;
  #ending = false;

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

  /** Returns the address on which it listens. */
  async listen(port: number): Promise<string> {
    const answer = await this.#ask({ type: 'listen', id: this.#id, directory: this.#directory, port }, 'listening');
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
    if (answer === null) throw new DemoError(`server ${this.#id} did not start within ${START_TIMEOUT_MS / 1000} s`);
    return answer;
  }

  #whyEnded(): DemoError {
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`;
    if (this.#failed === null) return new DemoError(`server ${this.#id} ended unexpectedly, ${how}`);
    const message = `server ${this.#id} failed: ${this.#failed.message}`;
    return this.#failed.code === 'address-in-use' ? new PortTakenError(message) : new DemoError(message);
  }
}
