import type { Machine, NodeId } from '../../core/index.js';
import type { SimulatedDisk } from './disk.js';
import type { SimulatedHost, SimulatedProtocol } from './protocol.js';

/**
 * What `simulate` runs and what must hold: one object for each run, so that what it remembers in a closure (what was
 * acknowledged, who led) begins anew with each seed. Everything but `start` may be left out.
 *
 * @typeParam Checkpoint - what stands for older records on a disk; `null` for machines without checkpoints
 */
export interface Scenario<Message, Command, Output, Write, State, Checkpoint> {
  /** A machine for a node that starts, for the first time or again, on what its disk holds. */
  start(id: NodeId, disk: SimulatedDisk<Write, Checkpoint>): Machine<Message, Command, Output, Write, State>;
  /** What a client asks of a node that is up, or null for nothing. @param random - seeded; in [0, 1) */
  command?(host: SimulatedHost<Command, Write, State, null, Checkpoint>, random: () => number): Command | null;
  /** Carries an output out, or takes note of it; answers go back through `host.command`. */
  deliver?(host: SimulatedHost<Command, Write, State, null, Checkpoint>, output: Output): void;
  /** Safety: runs after each step of a node; throws an `InvariantViolation` when something is wrong. */
  check?(host: SimulatedHost<Command, Write, State, null, Checkpoint>): void;
  /**
   * Liveness: runs once at the end, when all faults were healed and time has passed; throws when what had to come about
   * has not. The nodes are all up; those that lost their disks are not among them.
   */
  healed?(hosts: readonly SimulatedHost<Command, Write, State, null, Checkpoint>[]): void;
}

/** A scenario as `Simulation` takes it. */
export function protocolOf<Message, Command, Output, Write, State, Checkpoint>(
  scenario: Scenario<Message, Command, Output, Write, State, Checkpoint>,
): SimulatedProtocol<Message, Command, Output, Write, State, null, Checkpoint> {
  return {
    start: (id, disk) => ({ machine: scenario.start(id, disk), application: null }),
    deliver: (host, output) => scenario.deliver?.(host, output),
    check: (host) => scenario.check?.(host),
  };
}
