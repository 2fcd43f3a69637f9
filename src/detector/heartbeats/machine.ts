import { NOTHING, type Decision, type Effects, type Input, type Machine, type NodeId } from '../../core/index.js';
import type { HeartbeatCommand, HeartbeatOutput } from './commands.js';
import type { HeartbeatMessage } from './messages.js';
import { Monitor } from './monitor.js';
import { resolveOptions, type HeartbeatOptions, type ResolvedHeartbeatOptions } from './options.js';
import { Sender } from './sender.js';
import type { HeartbeatCounters, HeartbeatState } from './state.js';
import { statusOf, type HeartbeatPeer } from './status.js';

/**
 * Heartbeats as a machine, from both sides: it beats to peers, and watches those that beat to it. Who does which is for its
 * host to say; both at once is usual.
 *
 * Each heartbeat carries the gpid of its run, so a process that comes back is reported as restarted. Suspicions are decided
 * when all has been taken in that had arrived, and never for what was missed while this process itself stood still.
 *
 * A heartbeat takes constant time, whatever the number of peers; a tick of one's own takes O(peers beaten to).
 */
export class HeartbeatMachine implements Machine<
  HeartbeatMessage,
  HeartbeatCommand,
  HeartbeatOutput,
  never,
  HeartbeatState
> {
  readonly #options: ResolvedHeartbeatOptions;
  readonly #sender: Sender;
  readonly #monitor: Monitor;
  readonly #counters: HeartbeatCounters;
  #startedAt: number;
  #tickAt: number;
  #now = -Infinity;
  #outputs: Decision<HeartbeatOutput>[] = [];

  /** @throws InvalidOptionError */
  constructor(options: HeartbeatOptions, state: HeartbeatState) {
    this.#options = resolveOptions(options);
    const tell = (output: HeartbeatOutput): void => void this.#outputs.push({ output, after: 0 });
    const counters = (this.#counters = { ...state.counters });
    this.#sender = new Sender(this.#options, { ...state, counters }, tell);
    this.#monitor = new Monitor(this.#options, { ...state, counters }, tell);
    this.#startedAt = state.startedAt;
    this.#tickAt = state.tickAt;
  }

  get wakeAt(): number {
    return this.#startedAt === -Infinity ? -Infinity : Math.min(this.#tickAt, this.#monitor.wakeAt);
  }

  step(input: Input<HeartbeatMessage, HeartbeatCommand>, now: number): void {
    this.#begin(now);
    if (input.type === 'message') this.#monitor.receive(input.from, input.message, now);
    else if (input.type === 'command') this.#command(input.command, now);
    else if (input.type === 'peer' && !input.up) this.#monitor.disconnected(input.id, now);
    const busy = this.#sender.size > 0 || this.#monitor.size > 0;
    if (busy === (this.#tickAt === Infinity)) this.#tickAt = busy ? this.#due(this.#number(now) + 1) : Infinity;
  }

  take(): Effects<HeartbeatMessage, HeartbeatOutput, never> {
    this.#monitor.expire(this.#now);
    const messages = this.#sender.take();
    const outputs = this.#outputs;
    if (messages.length + outputs.length === 0) return NOTHING;
    this.#outputs = [];
    return { writes: NOTHING.writes, messages, outputs };
  }

  state(): HeartbeatState {
    return {
      startedAt: this.#startedAt,
      tickAt: this.#tickAt,
      graceUntil: this.#monitor.graceUntil,
      ...this.#sender.state(),
      peers: this.#monitor.state(),
      counters: { ...this.#counters },
    };
  }

  /** What is known of a peer that is watched; `undefined` for others. @param now - the host's monotonic time */
  peer(id: NodeId, now: number): HeartbeatPeer | undefined {
    const peer = this.#monitor.peer(id);
    return peer && statusOf(peer, now);
  }

  /** What is known of all peers that are watched. @param now - the host's monotonic time */
  peers(now: number): HeartbeatPeer[] {
    return Array.from(this.#monitor.peers, (peer) => statusOf(peer, now));
  }

  /** What was counted so far. */
  counters(): HeartbeatCounters {
    return { ...this.#counters };
  }

  /** Time has passed. */
  #begin(now: number): void {
    if (now === this.#now) return;
    const late = now - this.wakeAt;
    this.#now = now;
    if (this.#startedAt === -Infinity) {
      this.#startedAt = now;
      this.#sender.progress(now);
    } else if (late > this.#options.pauseToleranceMs) {
      this.#pausedFor(late, now);
    }
    if (now < this.#tickAt) return;
    const number = this.#number(now);
    this.#sender.due(number, now);
    this.#tickAt = this.#due(number + 1);
  }

  #pausedFor(ms: number, now: number): void {
    this.#counters.pauses++;
    this.#outputs.push({ output: { type: 'paused', ms }, after: 0 });
    this.#monitor.resume(now);
  }

  #command(command: HeartbeatCommand, now: number): void {
    switch (command.type) {
      case 'beatTo':
        return this.#sender.beatTo(command.peer);
      case 'stopBeatingTo':
        return this.#sender.stopBeatingTo(command.peer);
      case 'watch':
        return this.#monitor.watch(command.peer, now);
      case 'unwatch':
        return this.#monitor.unwatch(command.peer);
      case 'report':
        return this.#sender.report(command);
      case 'progress':
        return this.#sender.progress(now);
      case 'stop':
        return this.#sender.stop();
    }
  }

  /** The number of the heartbeat that was due last. */
  #number(now: number): number {
    const number = Math.floor((now - this.#startedAt) / this.#options.intervalMs);
    return this.#due(number + 1) <= now ? number + 1 : number; // the quotient may have been rounded down
  }

  /** When the heartbeat with that number is due. */
  #due(number: number): number {
    return this.#startedAt + number * this.#options.intervalMs;
  }
}

/** A machine that goes on from a state. @throws InvalidOptionError */
export function create(options: HeartbeatOptions, state: HeartbeatState): HeartbeatMachine {
  return new HeartbeatMachine(options, state);
}
