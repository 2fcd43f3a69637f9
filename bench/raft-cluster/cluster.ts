import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeId } from 'quorate/core';
import type { Load, Run, ToClient } from './client.js';
import { Scratch } from './scratch.js';
import type { CaughtUp, FromServer, ServerOptions, ToServer } from './server.js';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** How often a load is tried. */
const ATTEMPTS = 3;
/** Time for an election in between. */
const RETRY_MS = 2000;

/** What a load is like, besides where it goes. */
export type LoadOptions = Omit<Run, 'leader' | 'address'>;

/** Server processes, and one process for all clients. */
export class Cluster {
  readonly #scratch = new Scratch('quorate');
  readonly #options: ServerOptions;
  readonly #servers = new Map<NodeId, ChildProcess>();
  readonly #addresses: Record<NodeId, string> = {};
  readonly #client: ChildProcess;
  readonly #clientEnded: Promise<never>;
  readonly #leaderKnown: Promise<void>;
  #knowLeader!: () => void;
  #leader: NodeId | null = null;

  private constructor(options: ServerOptions) {
    this.#options = options;
    this.#leaderKnown = new Promise((resolve) => (this.#knowLeader = resolve));
    this.#client = start('./client.ts');
    this.#clientEnded = once(this.#client, 'exit').then(() =>
      Promise.reject(new Error('the client process has ended')),
    );
    this.#clientEnded.catch(() => {}); // it ends when nobody waits any more
  }

  /** Starts all, on journals in a new folder, and waits for a leader. */
  static async start(size = 3, options: ServerOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options);
    const ids = Array.from({ length: size }, (_, i) => String.fromCharCode(97 + i));
    await Promise.all(ids.map((id) => cluster.#listen(id)));
    for (const id of ids) cluster.#join(id);
    await cluster.#leaderKnown;
    return cluster;
  }

  /** Puts the leader under load; anew when another one was elected meanwhile, which a busy machine can bring about. */
  async load(options: LoadOptions): Promise<Load> {
    for (let attempt = 1; ; attempt++) {
      const leader = this.#leader!;
      const run: Run = { ...options, leader, address: this.#addresses[leader]! };
      const answered = once(this.#client, 'message') as Promise<[Load | { readonly error: string }]>;
      this.#tellClient({ type: 'run', run });
      const [answer] = await Promise.race([answered, this.#clientEnded]);
      if (!('error' in answer)) return answer;
      process.stderr.write(`round ${attempt} of ${options.clients} clients failed: ${answer.error}\n`);
      if (attempt === ATTEMPTS) throw new Error(answer.error);
      await setTimeout(RETRY_MS);
    }
  }

  /** Ends the load that is under way: its clients finish the puts that they have begun. */
  endLoad(): void {
    this.#tellClient({ type: 'end' });
  }

  /** Kills a server that does not lead. */
  async stopFollower(): Promise<NodeId> {
    const id = [...this.#servers.keys()].find((other) => other !== this.#leader)!;
    const server = this.#servers.get(id)!;
    this.#servers.delete(id);
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
    return id;
  }

  /** Starts a server that was stopped, with what is in its journal, at its former address. */
  async restart(id: NodeId): Promise<void> {
    await this.#listen(id);
    this.#join(id);
  }

  /** Resolves when a follower lacks no more than what is on the way to it; says how it got what it lacked. */
  async caughtUp(id: NodeId): Promise<CaughtUp> {
    const leader = this.#servers.get(this.#leader!)!;
    tell(leader, { type: 'catch-up', of: id });
    return new Promise((resolve) => {
      const hear = (message: FromServer): void => {
        if (message.type !== 'caught-up' || message.of !== id) return;
        leader.off('message', hear);
        resolve(message);
      };
      leader.on('message', hear);
    });
  }

  /** Ends all processes and removes what they stored. */
  async stop(): Promise<void> {
    const all = [...this.#servers.values(), this.#client].filter(({ exitCode }) => exitCode === null);
    const ended = all.map((child) => once(child, 'exit'));
    for (const child of all) child.kill('SIGKILL');
    await Promise.all(ended);
    await this.#scratch.end();
  }

  async #listen(id: NodeId): Promise<void> {
    const server = start('./server.ts');
    this.#servers.set(id, server);
    const listening = once(server, 'message') as Promise<[FromServer & { type: 'listening' }]>;
    const address = this.#addresses[id] ?? null;
    tell(server, { type: 'listen', id, address, directory: join(this.#scratch.directory, id) });
    this.#addresses[id] = (await listening)[0].address;
  }

  #join(id: NodeId): void {
    const server = this.#servers.get(id)!;
    server.on('message', (message: FromServer) => {
      if (message.type !== 'leading') return;
      this.#leader = id;
      this.#knowLeader();
    });
    tell(server, { type: 'join', members: this.#addresses, options: this.#options });
  }

  #tellClient(message: ToClient): void {
    this.#client.send(message);
  }
}

/** `fork` passes on the loader that this process runs TypeScript with. What it starts ends when this process is gone. */
function start(file: string): ChildProcess {
  return fork(here(file), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

function tell(server: ChildProcess, message: ToServer): void {
  server.send(message);
}
