import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from 'quorate/core';
import type { Authority, Identity } from './certificates.js';
import { ExampleError, UsageError } from '../errors.js';
import { HOST } from './protocol.js';
import { PortTakenError, ServerProcess } from './server-process.js';

/** How often a server is started anew when somebody else has taken its port while it was dead, and the pause before. */
const PORT_ATTEMPTS = 20;
const PORT_PAUSE_MS = 250;

/** What a cluster may have. */
export interface ClusterOptions {
  /** The port of the first server; the others follow. Free ports when left out. */
  readonly firstPort?: number | undefined;
  /** Makes the certificates. Without it there is no TLS. */
  readonly authority?: Authority | null;
}

/** The server processes: starts them, kills them, starts them again, and ends them. */
export class Cluster {
  readonly ids: readonly NodeId[];
  readonly #directory: string;
  readonly #firstPort: number | undefined;
  readonly #authority: Authority | null;
  readonly #processes = new Map<NodeId, ServerProcess>();
  readonly #addresses: Record<NodeId, string> = {};
  #over = false;
  #reportFailure: (id: NodeId, error: Error) => void = () => {};
  /** Rejects when a process ends that nobody killed, unless somebody looks after that; never resolves. */
  readonly failure = new Promise<never>((_, reject) => (this.#reportFailure = (_id, error) => reject(error)));

  /** @param directory - where each server gets a folder for its journal */
  constructor(size: number, directory: string, { firstPort, authority = null }: ClusterOptions = {}) {
    this.ids = Array.from({ length: size }, (_, i) => `n${i + 1}`);
    this.#directory = directory;
    this.#firstPort = firstPort;
    this.#authority = authority;
    this.failure.catch(() => {}); // it may come when nobody waits any more
  }

  /** Where each server is reached. */
  get addresses(): Readonly<Record<NodeId, string>> {
    return this.#addresses;
  }

  /** The process that each server is, or was last. */
  get pids(): Readonly<Record<NodeId, number>> {
    return Object.fromEntries([...this.#processes].map(([id, { pid }]) => [id, pid ?? 0]));
  }

  /** Whether the servers are being ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Starts all: each listens first, on its port or on a free one, then all are told of each other. */
  async start(): Promise<void> {
    await Promise.all(
      this.ids.map(async (id, i) => (this.#addresses[id] = await this.#listenFirst(id, this.#portOf(i)))),
    );
    await Promise.all(this.ids.map((id) => this.#processes.get(id)!.join(this.#addresses)));
  }

  /** From now on calls `ended` when a process ends that nobody killed; `failure` stays silent. */
  lookAfter(ended: (id: NodeId, error: Error) => void): void {
    this.#reportFailure = ended;
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
        await server.listen(port, await this.#identity(id));
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

  async #listenFirst(id: NodeId, port: number): Promise<string> {
    const tls = await this.#identity(id);
    try {
      return await this.#launch(id).listen(port, tls);
    } catch (error) {
      if (!(error instanceof PortTakenError)) throw error;
      throw new UsageError(`port ${port} of ${HOST} is in use; give another --port, or none to take free ports`);
    }
  }

  #portOf(index: number): number {
    return this.#firstPort === undefined ? 0 : this.#firstPort + index;
  }

  async #identity(id: NodeId): Promise<Identity | null> {
    return this.#authority === null ? null : await this.#authority.issue(id);
  }

  #launch(id: NodeId): ServerProcess {
    if (this.#over) throw new ExampleError('the servers are being ended');
    const report = (error: Error): void => this.#reportFailure(id, error);
    const server = new ServerProcess(id, join(this.#directory, id), report);
    this.#processes.set(id, server);
    return server;
  }
}
