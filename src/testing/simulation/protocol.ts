import type { Machine, NodeId } from '../../core/index.js';
import type { SimulatedDisk } from './disk.js';

/**
 * A protocol as a `Simulation` runs it.
 *
 * @typeParam Application - what a node has besides its machine: its state machine, its clients
 * @typeParam Checkpoint - what stands for older records on its disk
 */
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

/** A node in a `Simulation`, as protocols and tests see it. */
export interface SimulatedHost<Command, Write, State, Application, Checkpoint> {
  readonly id: NodeId;
  readonly up: boolean;
  /** Whether it will never start again: its disk is lost. */
  readonly lost: boolean;
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
