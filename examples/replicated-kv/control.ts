import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './errors.js';

/** How long an answer may take to reach its reader while this process ends. */
const ANSWER_MS = 1000;

/** What a program in another terminal may ask of a cluster that stays: one line of JSON, answered by another. */
export type ControlRequest =
  /** End. Answered when nothing of the cluster is left. */
  | { readonly op: 'stop' }
  /** Make a certificate that names this client. */
  | { readonly op: 'certificate'; readonly id: string };

/** What is answered. */
export type ControlReply = { readonly ok: unknown } | { readonly error: string };

/**
 * Answers programs of the same user, on a socket in a folder that nobody else can enter. Whoever connects knows by that
 * that the cluster is alive: the operating system closes the socket with its process.
 */
export class ControlServer {
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(answer: (request: ControlRequest) => Promise<unknown>) {
    this.#server = createServer((socket) => {
      socket.on('error', () => {}); // it left
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      serve(socket, answer).catch(() => socket.destroy()); // what it said makes no sense
    });
  }

  static async listen(path: string, answer: (request: ControlRequest) => Promise<unknown>): Promise<ControlServer> {
    const control = new ControlServer(answer);
    control.#server.listen(path);
    await once(control.#server, 'listening');
    return control;
  }

  /** Ends. Who has asked something that can be answered now still gets the answer. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    await Promise.race([closed, sleep(ANSWER_MS, null, { ref: false })]);
    for (const socket of this.#open) socket.destroy();
  }
}

async function serve(socket: Socket, answer: (request: ControlRequest) => Promise<unknown>): Promise<void> {
  for await (const line of createInterface({ input: socket })) {
    const reply: ControlReply = await answer(JSON.parse(line) as ControlRequest).then(
      (ok) => ({ ok: ok ?? null }),
      (error: unknown) => ({ error: messageOf(error) }),
    );
    socket.end(`${JSON.stringify(reply)}\n`);
    return;
  }
}

/** Asks the cluster at a socket. Returns `null` when there is none, or it ended without an answer. */
export async function askControl(path: string, request: ControlRequest): Promise<ControlReply | null> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of createInterface({ input: socket })) return JSON.parse(line) as ControlReply;
    return null;
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return null;
    throw error;
  } finally {
    socket.destroy();
  }
}

/** Whether somebody listens at a socket. */
export async function isAlive(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
