import { NOTHING, type Input, type NodeId, type Outgoing } from '../../../src/core/index.js';
import { create, initialState } from '../../../src/detector/heartbeats.js';
import type {
  Heartbeat,
  HeartbeatCommand,
  HeartbeatMachine,
  HeartbeatMessage,
  HeartbeatOptions,
  HeartbeatOutput,
  HeartbeatPeer,
} from '../../../src/detector/heartbeats.js';
import { gpidOf, runOf } from './any-message.js';

/** Something that happened, and when. */
export type Happened = readonly [at: number, output: HeartbeatOutput];

/** A machine that is driven by hand, on time that moves when told to. */
export class MachineRun {
  readonly machine: HeartbeatMachine;
  now = 0;
  /** All outputs, oldest first; cleared by {@link MachineRun.heard}. */
  outputs: Happened[] = [];
  sent: { readonly at: number; readonly to: NodeId; readonly message: HeartbeatMessage }[] = [];
  wakes = 0;
  readonly #sequences = new Map<string, number>();

  constructor(options: Partial<HeartbeatOptions> = {}, start = 0) {
    const all = { gpid: gpidOf(1, 1), ...options };
    this.machine = create(all, initialState(all));
    this.now = start;
    this.step({ type: 'wake' });
  }

  step(...inputs: readonly Input<HeartbeatMessage, HeartbeatCommand>[]): void {
    for (const input of inputs) this.machine.step(input, this.now);
    for (let effects = this.machine.take(); effects !== NOTHING; effects = this.machine.take()) {
      for (const { output } of effects.outputs) this.outputs.push([this.now, output]);
      for (const { to, message } of effects.messages as Outgoing<HeartbeatMessage>[])
        this.sent.push({ at: this.now, to, message });
    }
  }

  command(...commands: readonly HeartbeatCommand[]): void {
    this.step(...commands.map((command) => ({ type: 'command', command }) as const));
  }

  watch(...peers: readonly NodeId[]): void {
    for (const peer of peers) this.machine.step({ type: 'command', command: { type: 'watch', peer } }, this.now);
    this.step();
  }

  /** A heartbeat of a peer arrives, with the next number of its run unless told otherwise. */
  beat(from: NodeId, fields: Partial<Heartbeat> = {}): void {
    this.step(this.arrival(from, fields));
  }

  arrival(from: NodeId, fields: Partial<Heartbeat> = {}): Input<HeartbeatMessage, HeartbeatCommand> {
    const run = fields.run ?? runOf(2, 1);
    const sequence = fields.sequence ?? (this.#sequences.get(`${from} ${run}`) ?? -1) + 1;
    this.#sequences.set(`${from} ${run}`, sequence);
    const beat: Heartbeat = { type: 'beat', run, intervalMs: 1000, sentAt: this.now, ...fields, sequence };
    return { type: 'message', from, message: beat };
  }

  /** Time passes; the machine is woken when it wants to be. */
  run(ms: number): void {
    const end = this.now + ms;
    while (this.machine.wakeAt <= end) {
      this.now = Math.max(this.now, this.machine.wakeAt);
      this.wakes++;
      this.step({ type: 'wake' });
    }
    this.now = end;
  }

  /** Time passes, and peers beat every second. */
  runWith(peers: readonly NodeId[], ms: number, fields: Partial<Heartbeat> = {}): void {
    for (const end = this.now + ms; this.now < end;) {
      this.run(Math.min(1000, end - this.now));
      for (const peer of peers) this.beat(peer, fields);
    }
  }

  /** The process stands still. */
  freeze(ms: number): void {
    this.now += ms;
  }

  /** What happened since it was last asked. */
  heard(): Happened[] {
    const { outputs } = this;
    this.outputs = [];
    return outputs;
  }

  /** The types of outputs and whom they are of, since it was last asked. */
  said(): string[] {
    return this.heard().map(([, output]) => ('peer' in output ? `${output.type} ${output.peer}` : output.type));
  }

  peer(id: NodeId): HeartbeatPeer {
    return this.machine.peer(id, this.now)!;
  }
}
