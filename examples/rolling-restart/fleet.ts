import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RestartActions } from 'quorate/health';
import { HOST, type FromServer } from './protocol.js';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));

/** Which version of the program a server is to run. */
export interface Version {
  readonly version: string;
  /** Whether it never gets well. */
  readonly broken: boolean;
}

/** Three servers, each a process, named by where they listen; they keep their ports. And what a restart does to them. */
export class Fleet {
  readonly #processes = new Map<string, ChildProcess>();
  readonly #previous: Version;

  /** @param version - what they run at first, and go back to */
  constructor(version: Version) {
    this.#previous = version;
  }

  /** Starts a server on a port of its own. Returns its name. */
  async add(): Promise<string> {
    return await this.#start(0, this.#previous);
  }

  /** Restarts servers with another version, by what anybody could ask of them. */
  actions(version: Version): RestartActions {
    return {
      drain: (node) => ask(node, '/drain', 'POST'),
      inFlight: async (node) => Number(await ask(node, '/requests')),
      stop: (node) => this.#stop(node),
      start: (node) => this.#start(portOf(node), version),
      startPrevious: (node) => this.#start(portOf(node), this.#previous),
      isHealthy: async (node) => (await fetch(`http://${node}/health`)).ok,
    };
  }

  /** Ends all. Resolves when the operating system has done away with them. */
  async close(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((node) => this.#end(node, 'SIGKILL')));
  }

  async #start(port: number, version: Version): Promise<string> {
    // Standard output belongs to the client. `fork` passes on the loader that this process runs TypeScript with.
    const child = fork(SERVER, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.send({ port, ...version }, () => {});
    const [answer] = (await Promise.race([once(child, 'message'), ended(child)])) as [FromServer];
    if (answer.type === 'failed') throw new Error(`the server cannot listen: ${answer.message}`);
    const node = `${HOST}:${answer.port}`;
    this.#processes.set(node, child);
    return node;
  }

  async #stop(node: string): Promise<void> {
    await this.#end(node, 'SIGTERM');
  }

  async #end(node: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.#processes.get(node);
    this.#processes.delete(node);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}

async function ended(child: ChildProcess): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  throw new Error(`the server ended as it started: ${signal ?? `exit code ${code}`}`);
}

async function ask(node: string, path: string, method = 'GET'): Promise<string> {
  const response = await fetch(`http://${node}${path}`, { method });
  if (!response.ok) throw new Error(`${node} answered ${response.status} to ${method} ${path}`);
  return await response.text();
}

function portOf(node: string): number {
  return Number(node.slice(node.lastIndexOf(':') + 1));
}
