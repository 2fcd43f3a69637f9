import type { Machine, NodeId } from '../../core/index.js';
import type { MachineSymmetry } from './machine-symmetry.js';
import type { Property } from './model.js';

/**
 * Real machines in a small world, for {@link exploreMachines}: unchanged code, every order of events within these
 * bounds. What may happen in a state: a message arrives, is lost or is repeated; an armed timer comes due; a write
 * becomes durable; a command is given; a node is told that a peer came or went; a node crashes and comes back. Each is one step, and after each the machine has
 * come to rest.
 *
 * Time stands still: every step happens at time 0, and a timer that comes due has its deadline moved there. The explorer
 * knows which timers are armed and not when they would fire, so it sees every order of time-outs, also those that no
 * clock would lead to. What depends on lengths of time (leases, "has been heard from lately") is not explored: simulate
 * that. The machine keeps its deadlines in `timers` of its state (name to deadline, `Infinity` while not armed) and its
 * generator in `random`, as all machines of this library do. One without `timers` has a single timer called `wake` that
 * comes due at its `wakeAt`; what it remembers of times is then for {@link MachineModel.normalize} to forget.
 *
 * @typeParam Message - what nodes send each other
 * @typeParam Command - what the local host asks for
 * @typeParam Output - decisions for the host
 * @typeParam Write - records to make durable
 * @typeParam State - of a machine; plain data
 * @typeParam History - what the model remembers of the run besides; plain data
 */
export interface MachineModel<Message, Command, Output, Write, State, History = null> {
  readonly nodes: readonly NodeId[];
  /** The state of a node that starts for the first time, new at each call. */
  initialState(id: NodeId): State;
  /** A machine that goes on from a state, which is a copy of its own. */
  create(id: NodeId, state: State): Machine<Message, Command, Output, Write, State>;
  /**
   * Folds a durable record into the state that a restart begins with, in place.
   * @defaultValue writes leave nothing behind: a crash takes a node back to its initial state
   */
  replay?(state: State, write: Write): void;
  /** How messages travel. @defaultValue unordered; nothing is lost or repeated */
  readonly network?: NetworkModel;
  /**
   * When writes become durable.
   * - `atOnce`: within the step that issued them;
   * - `later`: as a step of its own, in order, so that much can happen before; a crash loses them, or keeps the first few.
   * @defaultValue `'atOnce'`: far fewer states
   */
  readonly storage?: 'atOnce' | 'later';
  /**
   * How many crashes a run may have in total. A node that crashes is back at once, on what was durable: being away for
   * longer looks to the others like messages that are slow.
   * @defaultValue 0
   */
  readonly crashes?: number;
  /**
   * How many `peer` inputs a run may have in total. At any moment any node may be told that any other one came or went,
   * whether that is so or not: it is a hint, and a transport promises no more of it. One that changes nothing is no step
   * and does not count. Each adds as many steps to a state as there are pairs of nodes, so one or two are what fits.
   * @defaultValue 0
   */
  readonly peerNotices?: number;
  /**
   * Whether a node may be told, in a state, that `peer` came (`up`) or went.
   * @defaultValue always
   */
  mayNotice?(id: NodeId, peer: NodeId, up: boolean, state: State): boolean;
  /** Whether a timer of a node that is armed may come due. @defaultValue always */
  mayFire?(id: NodeId, timer: string, state: State): boolean;
  /**
   * The commands that a node may be given in a state; `given` is how many the run has had.
   * @defaultValue none
   */
  commands?(id: NodeId, state: State, given: number): readonly Command[];
  /** How many commands a run may have in total. @defaultValue 1 */
  readonly maxCommands?: number;
  /** The commands with which the host answers an output at once, within the same step. @defaultValue none */
  answer?(id: NodeId, output: Output): readonly Command[];
  /**
   * The values in [0, 1) that a random draw may have; each is tried, for the first two draws of a step. Later draws of a
   * step follow from those.
   * @defaultValue one, 0.5: right for machines that draw lengths of time only
   */
  readonly draws?: readonly number[];
  /**
   * Sets what cannot matter to a constant, in place, so that states that behave alike are one: when something was heard,
   * counters that are only compared with themselves. Deadlines and the generator are taken care of.
   */
  normalize?(state: State): void;
  /**
   * Subtracts `by` from the write numbers in a state, in place: everything up to there is durable and was answered.
   * Without it, states that differ in how many writes there ever were stay different.
   */
  renumber?(state: State, by: number): void;
  /** What the model remembers of a run, for properties that one state does not show. */
  readonly history?: HistoryModel<Message, Output, History>;
  /** What must hold. @defaultValue nothing: the states are counted */
  readonly properties?: readonly Property<MachinesState<Message, State, History>>[];
  /** The boundary: states for which this is false are neither counted nor explored. @defaultValue all are inside */
  within?(state: MachinesState<Message, State, History>): boolean;
  /** Nodes that are interchangeable, to explore one state of each group that differs in their names only. */
  readonly symmetry?: MachineSymmetry<Message, Output, Write, State, History>;
  /** Puts a message into words. @defaultValue JSON */
  describe?(message: Message): string;
}

/** The network of a {@link MachineModel}. */
export interface NetworkModel {
  /**
   * Whether messages from one node to another arrive in the order in which they were sent. A message that a node ignores
   * then makes way for the next; in an unordered network it stays, which is no step.
   * @defaultValue `false`
   */
  readonly ordered?: boolean;
  /** Whether messages may be lost; a number, up to 15, is how many of a run. @defaultValue `false` */
  readonly lossy?: boolean | number;
  /**
   * Whether messages may arrive again. Unordered: any number of times, for ever, so that the network is a set; ordered: a
   * message may arrive again before the next. A number, up to 15, is how often in a run a message stays under way after it
   * arrived.
   * @defaultValue `false`
   */
  readonly duplicating?: boolean | number;
  /**
   * How many messages may be under way; a state with more is beyond the boundary.
   * @defaultValue `Infinity`
   */
  readonly maxInFlight?: number;
}

/** A message on its way. */
export interface Envelope<Message> {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: Message;
}

/**
 * What a {@link MachineModel} remembers of a run: a value that each event may replace. It is part of the state, so keep
 * it small: two runs that differ in it are never one.
 */
export interface HistoryModel<Message, Output, History> {
  readonly initial: History;
  /** A node took a message in, and it changed something; before what it did then. */
  readonly received?: (history: History, envelope: Envelope<Message>) => History;
  /** A node sent a message. */
  readonly sent?: (history: History, envelope: Envelope<Message>) => History;
  /** A node told its host something. */
  readonly output?: (history: History, id: NodeId, output: Output) => History;
}

/** A node of a {@link MachinesState}. */
export interface ExploredNode<State> {
  /** The machine's state, normalized. */
  readonly state: State;
  /** What a restart would begin with; `null` when nothing can crash. */
  readonly durable: State | null;
  /** Writes under way, as they were issued. */
  readonly pending: readonly (readonly unknown[])[];
  /** Effects that wait for a write: outputs in their order, then messages, sorted unless something shows their order. */
  readonly held: readonly unknown[];
  /** Writes so far, in this incarnation or since they were renumbered. */
  readonly written: number;
  /** How many of those are durable. */
  readonly stored: number;
}

/** A state of machines and what is between them, as properties see it. */
export interface MachinesState<Message, State, History> {
  readonly nodes: Readonly<Record<NodeId, ExploredNode<State>>>;
  /** Messages under way. */
  readonly messages: readonly Envelope<Message>[];
  readonly history: History;
  /** Crashes so far. */
  readonly crashes: number;
  /** Commands so far. */
  readonly commands: number;
  /** `peer` inputs so far. */
  readonly notices: number;
  /** Messages lost so far, where their number is limited; else 0. */
  readonly losses: number;
  /** Messages that stayed under way after they arrived, where their number is limited; else 0. */
  readonly duplications: number;
}
