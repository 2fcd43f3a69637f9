import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeId } from 'quorate/core';
import type { Load, Run } from './client.js';
import type { FromServer, ToServer } from './server.js';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** How often a load is tried. */
const ATTEMPTS = 3;

/** What a load is like, besides where it goes. */
export type LoadOptions = Omit<Run, 'leader' | 'address'>;

/** Three server processes and one client process. */
export class Cluster {
  readonly #directory: string;
  readonly #servers = new Map<NodeId, ChildProcess>();
  readonly #addresses: Record<NodeId, string> = {};
  readonly #client: ChildProcess;
  readonly #clientEnded: Promise<never>;
  #leader: NodeId | null = null;

  private constructor(parent: string) {
    this.#directory = mkdtempSync(join(parent, 'quorate-bench-'));
    for (const id of ['a', 'b', 'c']) this.#servers.set(id, start('./server.ts'));
    this.#client = start('./client.ts');
    this.#clientEnded = once(this.#client, 'exit').then(() =>
      Promise.reject(new Error('the client process has ended')),
    );
    this.#clientEnded.catch(() => {}); // it ends when nobody waits any more
    process.once('exit', () => this.#kill());
  }

  /** Starts all, on journals in a new folder of `parent`, and waits for a leader. */
  static async start(parent: string): Promise<Cluster> {
    const cluster = new Cluster(parent);
    for (const [id, server] of cluster.#servers) {
      const listening = once(server, 'message') as Promise<[FromServer & { type: 'listening' }]>;
      tell(server, { type: 'listen', id, directory: join(cluster.#directory, id) });
      cluster.#addresses[id] = (await listening)[0].address;
    }
    await new Promise<void>((resolve) => {
      for (const server of cluster.#servers.values()) {
        server.on('message', (message: FromServer) => {
          if (message.type !== 'leader') return;
          cluster.#leader = message.leader;
          if (message.leader !== null) resolve();
        });
        tell(server, { type: 'join', members: cluster.#addresses });
      }
    });
    return cluster;
  }

  /** Puts the leader under load; anew when another one was elected meanwhile, which a busy machine can bring about. */
  async load(options: LoadOptions): Promise<Load> {
    for (let attempt = 1; ; attempt++) {
      if (this.#leader === null) throw new Error('the cluster has no leader');
      const run: Run = { ...options, leader: this.#leader, address: this.#addresses[this.#leader]! };
      const answered = once(this.#client, 'message') as Promise<[Load | { readonly error: string }]>;
      this.#client.send(run);
      const [answer] = await Promise.race([answered, this.#clientEnded]);
      if (!('error' in answer)) return answer;
      process.stderr.write(`round ${attempt} of ${options.clients} clients failed: ${answer.error}\n`);
      if (attempt === ATTEMPTS || this.#leader === run.leader) throw new Error(answer.error);
    }
  }

  /** Ends all processes and removes what they stored. */
  async stop(): Promise<void> {
    const all = [...this.#servers.values(), this.#client];
    const ended = all.filter((child) => child.exitCode === null).map((child) => once(child, 'exit'));
    this.#kill();
    await Promise.all(ended);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #kill(): void {
    for (const child of [...this.#servers.values(), this.#client]) child.kill('SIGKILL');
  }
}

/** `fork` passes on the loader that this process runs TypeScript with. */
function start(file: string): ChildProcess {
  return fork(here(file), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

function tell(server: ChildProcess, message: ToServer): void {
  server.send(message);
}
