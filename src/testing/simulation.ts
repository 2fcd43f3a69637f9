import {
  NOTHING,
  nextRandom,
  seedRandom,
  type Input,
  type Machine,
  type NodeId,
  type RandomState,
} from '../core/index.js';
import { EventQueue } from './event-queue.js';
import { calm, defaultFaults, SimulatedNetwork, type SimulatedFaults } from './simulated-network.js';
import { SimulatedDisk } from './simulated-disk.js';

/** A protocol as a {@link Simulation} runs it. */
export interface SimulatedProtocol<Message, Command, Output, Write, State, Application, Checkpoint> {
  /** A machine for a node that starts on what its disk holds, and whatever else belongs to this incarnation. */
  start(
    id: NodeId,
    disk: SimulatedDisk<Write, Checkpoint>,
  ): { machine: Machine<Message, Command, Output, Write, State>; application: Application };
  /** Carries an output out, or begins to; answers go back through `host.command`. */
  deliver(host: SimulatedHost<Command, Write, State, Application, Checkpoint>, output: Output): void;
  /** Looks at writes before they reach the disk. */
  written?(host: SimulatedHost<Command, Write, State, Application, Checkpoint>, writes: readonly Write[]): void;
  /** Runs after each step of a node; throws an {@link InvariantViolation} when something is wrong. */
  check(host: SimulatedHost<Command, Write, State, Application, Checkpoint>): void;
}

/** A node in a {@link Simulation}, as protocols and tests see it. */
export interface SimulatedHost<Command, Write, State, Application, Checkpoint> {
  readonly id: NodeId;
  readonly up: boolean;
  /** What it runs; of the last incarnation while it is down. */
  readonly application: Application;
  readonly disk: SimulatedDisk<Write, Checkpoint>;
  /** The machine's live state. */
  state(): State;
  /** Gives the machine a command, `delayMs` from now; lost if the node crashes before. */
  command(command: Command, delayMs?: number): void;
}

/** A property that must hold did not. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Options of a {@link Simulation}. */
export interface SimulationOptions {
  /** Determines everything that happens. */
  readonly seed: number;
  readonly nodes: readonly NodeId[];
  /** @defaultValue all of them, at rates that keep a five-node cluster mostly alive */
  readonly faults?: Partial<SimulatedFaults>;
}

class Node<Message, Command, Output, Write, State, Application, Checkpoint> {
  readonly disk = new SimulatedDisk<Write, Checkpoint>();
  up = false;
  incarnation = 0;
  machine!: Machine<Message, Command, Output, Write, State>;
  application!: Application;
  written = 0;
  stored = 0;
  held: { after: number; release: () => void }[] = [];
  wakeEventAt = Infinity;
  clockOffset = 0;
  clockRate = 1;

  constructor(
    readonly id: NodeId,
    private readonly simulation: {
      command(node: unknown, command: Command, delayMs: number): void;
    },
  ) {}

  state(): State {
    return this.machine.state();
  }

  command(command: Command, delayMs = 0): void {
    this.simulation.command(this, command, delayMs);
  }
}

/** How often a machine may have effects after one step before it counts as spinning. */
const MAX_TAKES = 1000;

interface TraceEntry {
  readonly at: number;
  readonly node: NodeId;
  readonly what: unknown;
}

/**
 * Runs a cluster of machines in one thread, on virtual time, with a network that loses, repeats, delays and partitions,
 * nodes that crash and lose what their disks had not synced, slow and failing disks, and clocks that drift and jump. The
 * seed determines all of it.
 */
export class Simulation<Message, Command, Output, Write, State, Application, Checkpoint> {
  readonly nodes: ReadonlyMap<NodeId, SimulatedHost<Command, Write, State, Application, Checkpoint>>;
  readonly #nodes: Node<Message, Command, Output, Write, State, Application, Checkpoint>[];
  readonly #protocol: SimulatedProtocol<Message, Command, Output, Write, State, Application, Checkpoint>;
  readonly #events = new EventQueue<() => void>();
  readonly #random: RandomState;
  #faults: SimulatedFaults;
  readonly #network: SimulatedNetwork;
  readonly #recent: TraceEntry[] = [];
  #faulty = true;
  #now = 0;
  #steps = 0;
  #trace = 0x811c_9dc5;

  constructor(
    options: SimulationOptions,
    protocol: SimulatedProtocol<Message, Command, Output, Write, State, Application, Checkpoint>,
  ) {
    this.#protocol = protocol;
    this.#random = seedRandom(options.seed, 1);
    this.#faults = { ...defaultFaults, ...options.faults };
    this.#network = new SimulatedNetwork(options.nodes, this.#faults, () => this.random());
    this.#nodes = options.nodes.map((id) => new Node(id, this));
    this.nodes = new Map(this.#nodes.map((node) => [node.id, node]));
    for (const node of this.#nodes) {
      if (this.#faults.clockDrift > 0) node.clockRate = 1 + (this.random() * 2 - 1) * this.#faults.clockDrift;
      this.#start(node);
    }
    this.#scheduleFaults();
  }

  /** The virtual time in milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** How many inputs machines have taken. */
  get steps(): number {
    return this.#steps;
  }

  /** A hash of everything that happened so far: equal seeds give equal hashes. */
  get trace(): number {
    return this.#trace >>> 0;
  }

  /** A random number of this simulation, in [0, 1). */
  random(): number {
    return nextRandom(this.#random);
  }

  /** Does something `ms` from now. */
  after(ms: number, action: () => void): void {
    this.#events.add(this.#now + ms, action);
  }

  /** Runs until the virtual time is `ms` later. */
  run(ms: number): void {
    const end = this.#now + ms;
    while (this.#events.nextAt <= end) {
      this.#now = this.#events.nextAt;
      this.#events.take()!();
    }
    this.#now = end;
  }

  /** Ends all faults: heals the network, restarts what is down, speeds up disks, and lets no new fault happen. */
  heal(): void {
    this.#faulty = false;
    this.#faults = { ...this.#faults, ...calm };
    this.#network.heal();
    for (const node of this.#nodes) {
      node.disk.stalledUntil = 0;
      if (!node.up) this.#start(node);
    }
  }

  /** The last events, oldest first, one a line. */
  describeRecent(): string {
    return this.#recent
      .map(({ at, node, what }) => `${at.toFixed(3)} ${node} ${JSON.stringify(what, brief)}`)
      .join('\n');
  }

  /** @internal */
  command(
    node: Node<Message, Command, Output, Write, State, Application, Checkpoint>,
    command: Command,
    delayMs: number,
  ): void {
    this.#forIncarnation(node, delayMs, () => this.#step(node, { type: 'command', command }));
  }

  /** Stops a node at once: what its disk had not synced is lost, or a part of it. */
  crash(id: NodeId, downMs: number): void {
    const node = this.#nodes.find((candidate) => candidate.id === id)!;
    if (!node.up) return;
    this.#note(node, 'crash');
    node.up = false;
    node.incarnation++;
    node.disk.crash(() => this.random());
    this.after(downMs, () => {
      if (!node.up) this.#start(node);
    });
    this.#tellPeers(node, false);
  }

  #start(node: Node<Message, Command, Output, Write, State, Application, Checkpoint>): void {
    this.#note(node, 'start');
    node.up = true;
    node.incarnation++;
    node.written = 0;
    node.stored = 0;
    node.held = [];
    node.wakeEventAt = Infinity;
    Object.assign(node, this.#protocol.start(node.id, node.disk));
    this.#armWake(node);
    this.#tellPeers(node, true);
  }

  #tellPeers(changed: Node<Message, Command, Output, Write, State, Application, Checkpoint>, up: boolean): void {
    for (const node of this.#nodes) {
      if (node === changed || !node.up || this.random() < 0.5) continue; // a hint, which may be missed
      this.#forIncarnation(node, this.random() * 20, () => this.#step(node, { type: 'peer', id: changed.id, up }));
    }
  }

  #forIncarnation(
    node: Node<Message, Command, Output, Write, State, Application, Checkpoint>,
    delayMs: number,
    action: () => void,
  ): void {
    const { incarnation } = node;
    this.after(delayMs, () => {
      if (node.up && node.incarnation === incarnation) action();
    });
  }

  #localTime(node: Node<Message, Command, Output, Write, State, Application, Checkpoint>): number {
    return this.#now * node.clockRate + node.clockOffset;
  }

  #step(
    node: Node<Message, Command, Output, Write, State, Application, Checkpoint>,
    input: Input<Message, Command>,
  ): void {
    this.#note(node, input);
    this.#steps++;
    node.machine.step(input, this.#localTime(node));
    this.#drive(node);
    this.#armWake(node);
    this.#protocol.check(node);
    if (this.#faulty && this.random() < this.#faults.crashPerStep) {
      this.crash(node.id, this.#between(this.#faults.downMs));
    }
  }

  #drive(node: Node<Message, Command, Output, Write, State, Application, Checkpoint>): void {
    let takes = 0;
    for (let effects = node.machine.take(); effects !== NOTHING; effects = node.machine.take()) {
      if (++takes > MAX_TAKES) throw new InvariantViolation(`${node.id} does not come to rest`);
      if (effects.writes.length > 0) this.#store(node, effects.writes);
      for (const { to, message, after } of effects.messages) {
        this.#afterWrite(node, after, () => this.#send(node.id, to, message));
      }
      for (const { output, after } of effects.outputs) {
        this.#afterWrite(node, after, () => this.#protocol.deliver(node, output));
      }
    }
  }

  #afterWrite(
    node: Node<Message, Command, Output, Write, State, Application, Checkpoint>,
    after: number,
    release: () => void,
  ): void {
    if (after <= node.stored) release();
    else node.held.push({ after, release });
  }

  #store(node: Node<Message, Command, Output, Write, State, Application, Checkpoint>, writes: readonly Write[]): void {
    this.#protocol.written?.(node, writes);
    node.written += writes.length;
    const upTo = node.written;
    node.disk.append(writes, () => this.#onStored(node, upTo));
    this.#scheduleDisk(node);
  }

  #onStored(node: Node<Message, Command, Output, Write, State, Application, Checkpoint>, upTo: number): void {
    node.stored = upTo;
    const ready = node.held.filter((effect) => effect.after <= upTo);
    node.held = node.held.filter((effect) => effect.after > upTo);
    for (const { release } of ready) release();
    this.#step(node, { type: 'stored', upTo });
  }

  /** Gives the disk time to work: one operation after the other, each with a delay of its own. */
  #scheduleDisk(node: Node<Message, Command, Output, Write, State, Application, Checkpoint>): void {
    if (node.disk.working || node.disk.idle) return;
    node.disk.working = true;
    const stall = Math.max(0, node.disk.stalledUntil - this.#now);
    this.#forIncarnation(node, stall + this.#between(this.#faults.diskMs), () => {
      node.disk.working = false;
      if (this.#faulty && this.random() < this.#faults.diskFailure) {
        return this.crash(node.id, this.#between(this.#faults.downMs)); // a failed write ends the incarnation
      }
      node.disk.completeNext();
      this.#scheduleDisk(node);
    });
  }

  /** Lets a node's disk go on with operations that a protocol has added. */
  diskChanged(id: NodeId): void {
    this.#scheduleDisk(this.#nodes.find((node) => node.id === id)!);
  }

  #send(from: NodeId, to: NodeId, message: Message): void {
    const node = this.#nodes.find((candidate) => candidate.id === to);
    if (node === undefined) return;
    for (const delayMs of this.#network.deliveries(from, to, this.#faulty)) {
      this.after(delayMs, () => {
        if (node.up && this.#network.connected(from, to)) this.#step(node, { type: 'message', from, message });
      });
    }
  }

  #armWake(node: Node<Message, Command, Output, Write, State, Application, Checkpoint>): void {
    const { wakeAt } = node.machine;
    if (wakeAt === Infinity) return;
    const due = Math.max(this.#now, (wakeAt - node.clockOffset) / node.clockRate + 1e-6);
    if (due >= node.wakeEventAt) return;
    node.wakeEventAt = due;
    this.#forIncarnation(node, due - this.#now, () => {
      if (node.wakeEventAt !== due) return;
      node.wakeEventAt = Infinity;
      if (node.machine.wakeAt <= this.#localTime(node)) this.#step(node, { type: 'wake' });
      else this.#armWake(node);
    });
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.random() * (most - least);
  }

  #scheduleFaults(): void {
    const { partitionEveryMs, crashEveryMs, stallEveryMs, clockJumpEveryMs } = this.#faults;
    this.#repeatedly(partitionEveryMs, () => this.#network.partition(this.#faults, (ms, heal) => this.after(ms, heal)));
    this.#repeatedly(crashEveryMs, () => this.crash(this.#anyNode().id, this.#between(this.#faults.downMs)));
    this.#repeatedly(stallEveryMs, () => {
      this.#anyNode().disk.stalledUntil = this.#now + this.#between(this.#faults.stallMs);
    });
    this.#repeatedly(clockJumpEveryMs, () => {
      const node = this.#anyNode();
      node.clockOffset += this.#between(this.#faults.clockJumpMs);
      if (node.up) this.#armWakeAnew(node);
    });
  }

  #armWakeAnew(node: Node<Message, Command, Output, Write, State, Application, Checkpoint>): void {
    node.wakeEventAt = Infinity;
    this.#armWake(node);
  }

  #anyNode(): Node<Message, Command, Output, Write, State, Application, Checkpoint> {
    return this.#nodes[Math.floor(this.random() * this.#nodes.length)]!;
  }

  #repeatedly(everyMs: number, action: () => void): void {
    if (everyMs === Infinity) return;
    this.after(2 * this.random() * everyMs, () => {
      if (!this.#faulty) return;
      action();
      this.#repeatedly(everyMs, action);
    });
  }

  #note(node: Node<Message, Command, Output, Write, State, Application, Checkpoint>, what: unknown): void {
    this.#recent.push({ at: this.#now, node: node.id, what });
    if (this.#recent.length > 200) this.#recent.splice(0, 100);
    const kind = typeof what === 'string' ? what.length : (what as { type: string }).type.length;
    this.#trace = Math.imul(this.#trace ^ Math.floor(this.#now * 1000), 0x0100_0193);
    this.#trace = Math.imul(this.#trace ^ (node.id.charCodeAt(node.id.length - 1) + kind * 256), 0x0100_0193);
  }
}

function brief(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `${value.length} bytes` : value;
}
