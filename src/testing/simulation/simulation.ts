import { checkNumber, nextRandom, seedRandom, type NodeId, type RandomState } from '../../core/index.js';
import { EventQueue } from './event-queue.js';
import type { Fault, TimedFault } from './faults.js';
import { calmConditions, defaultConditions, SimulatedNetwork, type Conditions, type Delivery } from './network.js';
import { SimulatedNode, type World } from './node.js';
import type { SimulatedHost, SimulatedProtocol } from './protocol.js';
import { formatEvent, Trace, type TraceEvent } from './trace.js';

/** Options of a {@link Simulation}. */
export interface SimulationOptions {
  /** Determines everything that happens, together with `faults`. */
  readonly seed: number;
  readonly nodes: readonly NodeId[];
  /** How network, disks and clocks are. @defaultValue `defaultConditions`: a little of everything goes wrong */
  readonly conditions?: Partial<Conditions>;
  /** What goes wrong besides: a list of your own, or one that `nemesis` draws. @defaultValue nothing */
  readonly faults?: readonly TimedFault[];
  /** Told of each event as it happens, for traces as text. @defaultValue nobody */
  readonly onEvent?: (event: TraceEvent) => void;
}

/** How many events are kept for people. */
const RECENT_EVENTS = 100;

/** Something that happens at its time. */
interface Event {
  happen(): void;
}

/** A message, which arrives at its time, unless the network is in the way. */
class Arrival<T> implements Event, Delivery {
  constructor(
    readonly network: SimulatedNetwork,
    readonly from: NodeId,
    readonly to: NodeId,
    readonly receiver: { receive(from: NodeId, message: T): void },
    readonly message: T,
  ) {}

  happen(): void {
    this.network.deliver(this);
  }

  arrive(): void {
    this.receiver.receive(this.from, this.message);
  }
}

/**
 * Runs a cluster of machines in one thread, on virtual time, over a network that loses, repeats, delays and is cut, with
 * nodes that crash and lose what their disks had not synced, slow and failing disks, and clocks that drift and jump.
 * Seed and faults determine all of it; the same seed gives the same run on every platform.
 *
 * Not for code that awaits: machines and policies only. About a microsecond for each event, apart from what the machines
 * themselves cost.
 */
export class Simulation<Message, Command, Output, Write, State, Application, Checkpoint> {
  /** The nodes, by id. */
  readonly nodes: ReadonlyMap<NodeId, SimulatedHost<Command, Write, State, Application, Checkpoint>>;
  readonly #nodes: ReadonlyMap<NodeId, SimulatedNode<Message, Command, Output, Write, State, Application, Checkpoint>>;
  readonly #events = new EventQueue<Event>();
  readonly #random: RandomState;
  readonly #network = new SimulatedNetwork();
  readonly #trace = new Trace(RECENT_EVENTS);
  readonly #onEvent: ((event: TraceEvent) => void) | undefined;
  /** The faults that happen at a time, and those after a step, in order. */
  readonly #timed: readonly { readonly at: number; readonly fault: Fault }[];
  readonly #afterSteps: readonly { readonly afterStep: number; readonly fault: Fault }[];
  #conditions: Conditions;
  #nextAfterStep = 0;
  #healed = false;
  #now = 0;
  #steps = 0;

  /** @throws InvalidOptionError */
  constructor(
    options: SimulationOptions,
    protocol: SimulatedProtocol<Message, Command, Output, Write, State, Application, Checkpoint>,
  ) {
    const { seed, nodes, conditions, faults = [], onEvent } = options;
    this.#conditions = { ...defaultConditions, ...conditions };
    this.#random = seedRandom(checkNumber('seed', seed, { min: 0 }), 1);
    this.#onEvent = onEvent;
    const world = this.#world();
    const { clockDrift } = this.#conditions;
    const rate = (): number => (clockDrift > 0 ? 1 + (this.random() * 2 - 1) * clockDrift : 1);
    this.#nodes = new Map(nodes.map((id) => [id, new SimulatedNode(id, world, protocol, rate())]));
    this.nodes = this.#nodes;
    for (const node of this.#nodes.values()) node.start();
    this.#afterSteps = faults.filter((timed) => 'afterStep' in timed).sort((a, b) => a.afterStep - b.afterStep);
    this.#timed = faults.filter((timed) => 'at' in timed).sort((a, b) => a.at - b.at);
    this.#nextFault(0);
  }

  /** The virtual time in milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** How many inputs machines have taken. */
  get steps(): number {
    return this.#steps;
  }

  /** A hash of everything that happened so far: equal runs have equal hashes. */
  get trace(): number {
    return this.#trace.hash;
  }

  /** A random number of this simulation, in [0, 1). */
  random(): number {
    return nextRandom(this.#random);
  }

  /** Does something `ms` from now. */
  after(ms: number, action: () => void): void {
    this.#events.add(this.#now + ms, { happen: action });
  }

  /** Runs until the virtual time is `ms` later. Throws what the protocol's check throws. */
  run(ms: number): void {
    const end = this.#now + ms;
    while (this.#events.nextAt <= end) {
      this.#now = this.#events.nextAt;
      this.#events.take()!.happen();
    }
    this.#now = end;
  }

  /**
   * Ends all faults: mends the network, resumes and restarts nodes (but for those whose disk is lost), makes network and
   * disks good, and lets no later fault happen. After it, liveness can be required.
   */
  heal(): void {
    this.#healed = true;
    this.#conditions = calmConditions;
    this.#network.heal();
    for (const node of this.#nodes.values()) node.heal();
  }

  /** Lets a fault happen now, unless all is healed. */
  fault(fault: Fault, stepped: NodeId | null = null): void {
    if (this.#healed) return;
    if (fault.type === 'cut') return this.#forAWhile(fault.ms, this.#network.cut(fault.links));
    if (fault.type === 'clog') return this.#forAWhile(fault.ms, this.#network.clog(fault.links));
    const node = this.#nodes.get(fault.node ?? stepped ?? '');
    if (node?.up === true) node.suffer(fault);
  }

  /** The last events, oldest first, one a line. */
  describeRecent(): string {
    return this.#trace.recent.map(formatEvent).join('\n');
  }

  #world(): World<Message> {
    return {
      now: () => this.#now,
      random: () => this.random(),
      after: (ms, action) => this.after(ms, action),
      send: (from, to, message) => this.#send(from, to, message),
      diskMs: () => this.#between(this.#conditions.diskMs),
      note: (node, what) => this.#note(node, what),
      stepping: (node, input) => {
        this.#steps++;
        this.#note(node, input);
      },
      stepped: (node) => this.#faultAfterStep(node),
      changed: (id, up) => this.#tellPeers(id, up),
    };
  }

  #forAWhile(ms: number, end: () => void): void {
    this.after(ms, () => {
      if (!this.#healed) end();
    });
  }

  /** Waits for one fault at a time, so that the queue of events stays short. */
  #nextFault(index: number): void {
    const timed = this.#timed[index];
    if (timed === undefined) return;
    const happen = (): void => {
      this.fault(timed.fault);
      this.#nextFault(index + 1);
    };
    this.#events.add(timed.at, { happen });
  }

  #faultAfterStep(node: NodeId): void {
    while ((this.#afterSteps[this.#nextAfterStep]?.afterStep ?? Infinity) <= this.#steps) {
      this.fault(this.#afterSteps[this.#nextAfterStep++]!.fault, node);
    }
  }

  /** Half of the nodes notice that one came or went, a little later: a hint, which may be missed. */
  #tellPeers(id: NodeId, up: boolean): void {
    for (const node of this.#nodes.values()) {
      if (node.id !== id && node.up && this.random() < 0.5) node.noticePeer(id, up, this.random() * 20);
    }
  }

  #send(from: NodeId, to: NodeId, message: Message): void {
    const node = this.#nodes.get(to);
    const { loss, duplication } = this.#conditions;
    if (node === undefined || !this.#network.connected(from, to)) return;
    if (loss > 0 && this.random() < loss) return;
    const copies = duplication > 0 && this.random() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#events.add(this.#now + this.#latency(), new Arrival(this.#network, from, to, node, message));
    }
  }

  #latency(): number {
    const { latencyMs, delayed, delayMs } = this.#conditions;
    const latency = this.#between(latencyMs);
    return delayed > 0 && this.random() < delayed ? latency + this.#between(delayMs) : latency;
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.random() * (most - least);
  }

  #note(node: NodeId, what: { readonly type: string }): void {
    this.#trace.add(this.#now, node, what);
    this.#onEvent?.({ at: this.#now, node, what });
  }
}
