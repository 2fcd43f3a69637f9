import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeId } from 'quorate/core';
import { ExampleError } from '../errors.js';
import type { FromMember, ToMember } from './protocol.js';

const MEMBER = fileURLToPath(new URL('./member.ts', import.meta.url));

/** How long a process may take to do what it was told. */
const ANSWER_TIMEOUT_MS = 30_000;

/** How long a process may take to close everything before it is killed. */
const LEAVE_TIMEOUT_MS = 5_000;

/** The port is in use. */
export class PortTakenError extends ExampleError {}

/** One run of a member. */
export class MemberProcess {
  readonly #id: NodeId;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #failed: (FromMember & { type: 'failed' }) | null = null;
  #started = false;
  #ending = false;

  /** @param died - is told how the process ended after it had started, when nobody wanted it to */
  constructor(id: NodeId, died: (how: string) => void) {
    this.#id = id;
    // Standard output belongs to the monitor. `fork` passes on the loader that this process runs TypeScript with.
    this.#child = fork(MEMBER, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve).once('error', resolve));
    this.#child.on('message', (message: FromMember) => {
      if (message.type === 'failed') this.#failed = message;
      if (message.type === 'started') this.#started = true;
    });
    void this.#exited.then(() => {
      if (this.#started && !this.#ending) died(this.#howEnded());
    });
  }

  /** The id that the operating system gave it. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Stops the process where it is, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Kills it on the spot. Resolves when the operating system has done away with it. */
  async kill(): Promise<void> {
    this.#ending = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Lets it end in good order. */
  async leave(): Promise<void> {
    this.#ending = true;
    this.#send({ type: 'leave' });
    const late = sleep(LEAVE_TIMEOUT_MS, 'late', { ref: false });
    if ((await Promise.race([this.#exited, late])) === 'late') await this.kill();
  }

  /** Sends a message and waits for the answer of that type, for the end of the process, or for too long. */
  async ask<T extends FromMember['type']>(message: ToMember, type: T): Promise<FromMember & { type: T }> {
    const answered = new Promise<FromMember & { type: T }>((resolve) => {
      this.#child.on('message', (answer: FromMember) => {
        if (answer.type === type) resolve(answer as FromMember & { type: T });
      });
    });
    const ended = this.#exited.then(() => Promise.reject(this.#whyEnded()));
    const late = sleep(ANSWER_TIMEOUT_MS, null, { ref: false });
    this.#send(message);
    const answer = await Promise.race([answered, ended, late]);
    if (answer === null) throw new ExampleError(`${this.#id} did nothing within ${ANSWER_TIMEOUT_MS / 1000} s`);
    return answer;
  }

  #send(message: ToMember): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #whyEnded(): ExampleError {
    const message = `${this.#id} ended unexpectedly: ${this.#howEnded()}`;
    return this.#failed?.code === 'address-in-use' ? new PortTakenError(message) : new ExampleError(message);
  }

  #howEnded(): string {
    const { exitCode, signalCode } = this.#child;
    return this.#failed?.message ?? signalCode ?? `exit code ${exitCode}`;
  }
}
