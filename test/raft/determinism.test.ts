import { describe, expect, it } from 'vitest';
import { NOTHING, seededRandom, type Effects } from '../../src/core/index.js';
import type { RaftMachine } from '../../src/raft/index.js';
import {
  create,
  initialState,
  type RaftMessage,
  type RaftOptions,
  type RaftOutput,
  type RaftRecord,
  type RaftState,
} from '../../src/raft/index.js';
import { NARROW, RandomInputs } from './random-inputs.js';
import { Server } from './script.js';

type RaftEffects = Effects<RaftMessage, RaftOutput, RaftRecord>;

/** Takes until nothing is left. Each take must be empty exactly when it is NOTHING. */
function takeAll(machine: RaftMachine): RaftEffects[] {
  const all: RaftEffects[] = [];
  for (let effects = machine.take(); effects !== NOTHING; effects = machine.take()) {
    expect(effects.writes.length + effects.messages.length + effects.outputs.length).toBeGreaterThan(0);
    all.push(effects);
  }
  return all;
}

/** Counts how often a run was in the states that are worth comparing. */
interface Seen {
  leader: number;
  reads: number;
  sending: number;
  receiving: number;
}

function look({ role, reads, peers, install }: RaftState, seen: Seen): void {
  if (role === 'leader') seen.leader++;
  if (reads.length > 0) seen.reads++;
  if (peers.some(({ flow }) => flow === 'snapshot')) seen.sending++;
  if (install !== null) seen.receiving++;
}

/** A server whose first entries are gone, so that followers may need its snapshot. */
function compactedServer(options: RaftOptions): Server {
  const server = new Server('a', { ...options, log: [1, 1, 1, 1], committed: 4 });
  server.command({ type: 'snapshot', index: 3 });
  server.command({ type: 'compacted', index: 3, firstIndex: 3 });
  return server;
}

/** Runs a machine under random inputs. At each step a new machine with a copy of its state must do the same. */
function run(seed: number, seen?: Seen): RaftEffects[][] {
  const options = { ...NARROW, seed };
  const { machine } = compactedServer(options);
  const inputs = new RandomInputs(seededRandom(seed), () => machine.state());
  const done: RaftEffects[][] = [];
  let now = 0;
  for (let step = 0; step < 250; step++) {
    now += inputs.wait();
    const input = inputs.next();
    const copy = seen === undefined ? undefined : create(options, structuredClone(machine.state()));
    machine.step(input, now);
    const effects = takeAll(machine);
    if (copy !== undefined) {
      copy.step(structuredClone(input), now);
      expect(takeAll(copy)).toEqual(effects);
      expect(copy.state()).toEqual(machine.state());
      expect(copy.wakeAt).toBe(machine.wakeAt);
      look(machine.state(), seen!);
    }
    inputs.note(effects);
    done.push(effects);
  }
  return done;
}

describe('a Raft machine', () => {
  it('does the same for the same inputs', () => {
    for (let seed = 0; seed < 20; seed++) expect(run(seed)).toEqual(run(seed));
  });

  it('goes on alike from a copy of its state, at every step', () => {
    const seen: Seen = { leader: 0, reads: 0, sending: 0, receiving: 0 };
    for (let seed = 0; seed < 60; seed++) run(seed, seen);
    // The random inputs must have led somewhere.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(30);
  });

  it('says NOTHING after inputs that lead to nothing, and that only', () => {
    const server = new Server('a', { log: [1] });
    expect(server.machine.take()).toBe(NOTHING);
    server.machine.step({ type: 'stored', upTo: 0 }, 0);
    server.machine.step({ type: 'peer', id: 'b', up: true }, 0);
    expect(server.machine.take()).toBe(NOTHING);
    server.machine.step({ type: 'command', command: { type: 'read', id: 1 } }, 0);
    expect(server.machine.take()).not.toBe(NOTHING);
    expect(server.machine.take()).toBe(NOTHING);
  });

  it('does not touch again what it gave away', () => {
    const server = new Server('a', { log: [1] });
    server.machine.step({ type: 'command', command: { type: 'read', id: 1 } }, 0);
    const first = server.machine.take();
    const before = structuredClone(first);
    server.machine.step({ type: 'command', command: { type: 'read', id: 2 } }, 0);
    server.machine.take();
    expect(first).toEqual(before);
  });

  it('wants its first wake at once, and arms its timers then', () => {
    const options = { id: 'a' };
    const machine = create(options, initialState(options));
    expect(machine.wakeAt).toBe(-Infinity);
    machine.step({ type: 'wake' }, 5000);
    expect(machine.wakeAt).toBeGreaterThanOrEqual(6000);
  });
});
