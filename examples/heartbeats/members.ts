import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from 'quorate/core';
import { ExampleError } from '../errors.js';
import { MemberProcess, PortTakenError } from './member-process.js';

/** How often a member is started anew when somebody else has taken its port while it was dead, and the pause before. */
const PORT_ATTEMPTS = 20;
const PORT_PAUSE_MS = 250;

/** How long a member works ten times a second, for each that was made before it, too: so that their loads differ. */
const WORK_MS = 1;

/** What members need to know. */
export interface MembersOptions {
  /** The address of the monitor. */
  readonly monitor: string;
  readonly intervalMs: number;
  /** Is told when a process ended that nobody ended. */
  readonly died: (member: Member, how: string) => void;
}

/** A member: one process after the other, under one name and at one port. */
export class Member {
  readonly id: NodeId;
  readonly #options: MembersOptions;
  readonly #workMs: number;
  #process: MemberProcess | null = null;
  #port = 0;
  #run = '';
  #over = false;

  constructor(number: number, options: MembersOptions) {
    this.id = `p${number}`;
    this.#options = options;
    this.#workMs = number * WORK_MS;
  }

  /** The process that it is, or was last; 0 before the first. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** The text of its gpid; empty before it has started. */
  get run(): string {
    return this.#run;
  }

  /** Starts a process, at the port of the one before. */
  async start(): Promise<void> {
    const { monitor, intervalMs, died } = this.#options;
    for (let attempt = 1; ; attempt++) {
      if (this.#over) throw new ExampleError('the processes are being ended');
      const process = (this.#process = new MemberProcess(this.id, (how) => died(this, how)));
      const options = { id: this.id, port: this.#port, monitor, intervalMs, workMs: this.#workMs };
      try {
        const { port, run } = await process.ask({ type: 'start', ...options }, 'started');
        [this.#port, this.#run] = [port, run];
        return;
      } catch (error) {
        await process.kill();
        if (!(error instanceof PortTakenError) || attempt === PORT_ATTEMPTS) throw error;
        await sleep(PORT_PAUSE_MS); // whoever has it may be about to leave: such ports are lent for short connections
      }
    }
  }

  /** Stops the process where it is, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.signal(signal);
  }

  /** Kills the process on the spot. Resolves when the operating system has done away with it. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Lets it work for so long without a break. Resolves when it has begun. */
  async work(ms: number): Promise<void> {
    await this.#process?.ask({ type: 'work', ms }, 'working');
  }

  /** Kills the process for good: none is started any more. */
  async end(): Promise<void> {
    this.#over = true;
    await this.kill();
  }

  /** Lets it end in good order. */
  async leave(): Promise<void> {
    await this.#process?.leave();
  }
}
