import { NOTHING, type Input, type Machine, type NodeId } from '../../core/index.js';
import { SimulatedDisk } from './disk.js';
import type { Fault } from './faults.js';
import { InvariantViolation, type SimulatedHost, type SimulatedProtocol } from './protocol.js';

/** What a {@link SimulatedNode} needs of the simulation around it. */
export interface World<Message> {
  /** The virtual time. */
  now(): number;
  random(): number;
  /** Does something `ms` from now. */
  after(ms: number, action: () => void): void;
  send(from: NodeId, to: NodeId, message: Message): void;
  /** How long the next disk operation takes. */
  diskMs(): number;
  note(node: NodeId, what: { readonly type: string }): void;
  /** A node is about to take a step. */
  stepping(node: NodeId, input: { readonly type: string }): void;
  /** A node has taken a step, and everything held. */
  stepped(node: NodeId): void;
  /** A node came or went. */
  changed(node: NodeId, up: boolean): void;
}

/** A {@link Fault} of one node. */
export type NodeFault = Extract<Fault, { readonly node: NodeId | null }>;

/** An effect that waits for a write. */
interface Held<Message, Output> {
  readonly after: number;
  /** To whom the message goes; `null` for an output. */
  readonly to: NodeId | null;
  readonly effect: Message | Output;
}

/** Something that a node does later, if it is still in the same incarnation. */
interface Postponed {
  readonly incarnation: number;
  readonly action: () => void;
}

/** How often a machine may have effects after one step before it counts as spinning. */
const MAX_TAKES = 1000;
const START = { type: 'start' };
const NO_START = { type: 'refusesToStart' };
const WAKE = { type: 'wake' } as const;

/**
 * One node: runs a machine as the real driver does, on virtual time and a disk that is an array; holds what survives its
 * incarnations, and what belongs to the present one.
 */
export class SimulatedNode<Message, Command, Output, Write, State, Application, Checkpoint> implements SimulatedHost<
  Command,
  Write,
  State,
  Application,
  Checkpoint
> {
  readonly id: NodeId;
  readonly disk = new SimulatedDisk<Write, Checkpoint>(() => this.#workDisk());
  up = false;
  lost = false;
  application!: Application;
  readonly #world: World<Message>;
  readonly #protocol: SimulatedProtocol<Message, Command, Output, Write, State, Application, Checkpoint>;
  readonly #clockRate: number;
  #clockOffset = 0;
  #machine!: Machine<Message, Command, Output, Write, State>;
  /** Counts starts and stops, so that what was meant for an earlier incarnation is told apart. */
  #incarnation = 0;
  #written = 0;
  #stored = 0;
  #held: Held<Message, Output>[] = [];
  /** The virtual time of the wake that is armed. */
  #wakeEventAt = Infinity;
  #diskWorking = false;
  /** The virtual time from which the disk answers again. */
  #stalledUntil = 0;
  /** How long the node is down after the next write, which fails; `null` while the disk is good. */
  #diskFails: number | null = null;
  /** Counts pauses; odd while one lasts. */
  #pauses = 0;
  #postponed: Postponed[] = [];

  constructor(
    id: NodeId,
    world: World<Message>,
    protocol: SimulatedProtocol<Message, Command, Output, Write, State, Application, Checkpoint>,
    clockRate: number,
  ) {
    this.id = id;
    this.#world = world;
    this.#protocol = protocol;
    this.#clockRate = clockRate;
  }

  state(): State {
    return this.#machine.state();
  }

  command(command: Command, delayMs = 0): void {
    this.#soon(delayMs, () => this.#step({ type: 'command', command }));
  }

  /** Begins an incarnation on what the disk holds. */
  start(): void {
    if (!this.disk.open()) {
      this.lost = true;
      return this.#world.note(this.id, NO_START);
    }
    this.#world.note(this.id, START);
    const { machine, application } = this.#protocol.start(this.id, this.disk);
    this.#machine = machine;
    this.application = application;
    this.up = true;
    this.#incarnation++;
    this.#written = 0;
    this.#stored = 0;
    this.#wakeEventAt = Infinity;
    this.#armWake();
    this.#world.changed(this.id, true);
  }

  /** A message has arrived. */
  receive(from: NodeId, message: Message): void {
    if (!this.up) return;
    const input = { type: 'message', from, message } as const;
    if (this.#pauses % 2 === 0) this.#step(input);
    else this.#postponed.push({ incarnation: this.#incarnation, action: () => this.#step(input) });
  }

  /** The transport has noticed something of a peer. */
  noticePeer(id: NodeId, up: boolean, delayMs: number): void {
    this.#soon(delayMs, () => this.#step({ type: 'peer', id, up }));
  }

  /** Something goes wrong. */
  suffer(fault: NodeFault): void {
    this.#world.note(this.id, fault);
    switch (fault.type) {
      case 'crash':
        return this.#crash(fault.downMs);
      case 'pause':
        return this.#pause(fault.ms);
      case 'stall':
        this.#stalledUntil = this.#world.now() + fault.ms;
        return;
      case 'diskFailure':
        this.#diskFails = fault.downMs;
        return;
      case 'bitFlip':
        return this.disk.flipBits(fault.where);
      case 'wipe':
        this.#crash(fault.downMs);
        return this.disk.wipe();
      case 'clockJump':
        this.#clockOffset += fault.ms;
        this.#wakeEventAt = Infinity;
        return this.#armWake();
    }
  }

  /** Nothing is wrong any more, but for a disk that is lost. */
  heal(): void {
    this.#stalledUntil = 0;
    this.#diskFails = null;
    if (this.up) this.disk.repair();
    this.#resume();
    if (!this.up && !this.lost) this.start();
  }

  #crash(downMs: number): void {
    this.up = false;
    this.#incarnation++;
    this.#held = [];
    this.#postponed = [];
    this.#pauses += this.#pauses % 2;
    this.#diskWorking = false;
    this.#diskFails = null;
    const reached = { type: 'reachedTheDisk', ...this.disk.crash(() => this.#world.random()) };
    if (reached.operations + reached.records > 0) this.#world.note(this.id, reached);
    this.#world.changed(this.id, false);
    if (downMs === Infinity) this.lost = true;
    else this.#world.after(downMs, () => (this.up || this.lost ? undefined : this.start()));
  }

  #pause(ms: number): void {
    if (this.#pauses % 2 === 1) return;
    const pause = ++this.#pauses;
    this.#world.after(ms, () => {
      if (this.#pauses === pause) this.#resume();
    });
  }

  /** What arrived during the pause comes all at once. */
  #resume(): void {
    if (this.#pauses % 2 === 0) return;
    this.#pauses++;
    const postponed = this.#postponed;
    this.#postponed = [];
    for (const { incarnation, action } of postponed) this.#perform(incarnation, action);
  }

  /** Does something of this incarnation, `ms` from now. */
  #soon(ms: number, action: () => void): void {
    const incarnation = this.#incarnation;
    this.#world.after(ms, () => this.#perform(incarnation, action));
  }

  /** Does something of an incarnation: now, after the pause, or never when it has ended. */
  #perform(incarnation: number, action: () => void): void {
    if (!this.up || this.#incarnation !== incarnation) return;
    if (this.#pauses % 2 === 1) this.#postponed.push({ incarnation, action });
    else action();
  }

  #step(input: Input<Message, Command>): void {
    this.#world.stepping(this.id, input);
    this.#machine.step(input, this.#localTime());
    this.#drive();
    this.#armWake();
    this.#protocol.check(this);
    this.#world.stepped(this.id);
  }

  #drive(): void {
    const machine = this.#machine;
    let takes = 0;
    for (let effects = machine.take(); effects !== NOTHING; effects = machine.take()) {
      if (++takes > MAX_TAKES) throw new InvariantViolation(`${this.id} does not come to rest`);
      if (effects.writes.length > 0) this.#store(effects.writes);
      for (let i = 0; i < effects.messages.length; i++) {
        const { to, message, after } = effects.messages[i]!;
        if (after <= this.#stored) this.#world.send(this.id, to, message);
        else this.#held.push({ after, to, effect: message });
      }
      for (let i = 0; i < effects.outputs.length; i++) {
        const { output, after } = effects.outputs[i]!;
        if (after <= this.#stored) this.#protocol.deliver(this, output);
        else this.#held.push({ after, to: null, effect: output });
      }
    }
  }

  #store(writes: readonly Write[]): void {
    this.#protocol.written?.(this, writes);
    this.#written += writes.length;
    const upTo = this.#written;
    this.disk.append(writes, () => {
      this.#release(upTo);
      this.#step({ type: 'stored', upTo });
    });
  }

  /** Writes up to that number are durable: what waited for them happens. */
  #release(upTo: number): void {
    this.#stored = upTo;
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    for (let i = 0; i < held.length; i++) {
      const { after, to, effect } = held[i]!;
      if (after > upTo) this.#held.push(held[i]!);
      else if (to !== null) this.#world.send(this.id, to, effect as Message);
      else this.#protocol.deliver(this, effect as Output);
    }
  }

  /** Gives the disk time to work: one operation after the other, each with a delay of its own. */
  #workDisk(): void {
    if (this.#diskWorking || this.disk.idle) return;
    this.#diskWorking = true;
    const stall = Math.max(0, this.#stalledUntil - this.#world.now());
    this.#soon(stall + this.#world.diskMs(), () => {
      this.#diskWorking = false;
      if (this.#diskFails !== null) return this.#crash(this.#diskFails); // a failed write ends the incarnation
      this.disk.completeNext();
      if (this.up) this.#workDisk();
    });
  }

  #armWake(): void {
    // A nanosecond late, so that rounding cannot make a wake come too early for ever.
    const due = (this.#machine.wakeAt - this.#clockOffset) / this.#clockRate + 1e-6;
    const at = Math.max(this.#world.now(), due);
    if (!this.up || at >= this.#wakeEventAt) return;
    this.#wakeEventAt = at;
    this.#soon(at - this.#world.now(), () => {
      if (this.#wakeEventAt !== at) return; // an earlier one was armed, and has fired
      this.#wakeEventAt = Infinity;
      if (this.#machine.wakeAt <= this.#localTime()) this.#step(WAKE);
      else this.#armWake();
    });
  }

  #localTime(): number {
    return this.#world.now() * this.#clockRate + this.#clockOffset;
  }
}
