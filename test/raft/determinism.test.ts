import { describe, expect, it } from 'vitest';
import { NOTHING, seededRandom, type Effects, type Input } from '../../src/core/index.js';
import type { RaftMachine } from '../../src/raft/index.js';
import {
  create,
  initialState,
  type RaftCommand,
  type RaftMessage,
  type RaftOptions,
  type RaftOutput,
  type RaftRecord,
  type RaftState,
} from '../../src/raft/index.js';
import { configurationOf, entry, Server } from './script.js';

type RaftInput = Input<RaftMessage, RaftCommand>;
type RaftEffects = Effects<RaftMessage, RaftOutput, RaftRecord>;

const OPTIONS: RaftOptions = {
  id: 'a',
  electionTimeoutMs: 100,
  heartbeatIntervalMs: 10,
  maxAppendBytes: 130,
  maxApplyBytes: 130,
  maxInflightAppends: 3,
  maxPendingReads: 3,
  maxUncommittedBytes: 500,
  logMemoryBytes: 300,
  snapshotChunkBytes: 2,
};

/** The outputs that a host answers. */
const ASKING: ReadonlySet<string> = new Set(['apply', 'readLog', 'checkpoint', 'readSnapshot', 'receiveSnapshot']);

/**
 * Inputs that a network and a host might give to this very machine, right or late, with whatever numbers: nothing here
 * keeps to the protocol, so no invariant of the cluster is looked at.
 */
class Inputs {
  readonly #random: () => number;
  readonly #machine: RaftMachine;
  #written = 0;
  /** What the machine asked of its host, and got no answer to so far. */
  readonly #open: RaftOutput[] = [];

  constructor(seed: number, machine: RaftMachine) {
    this.#random = seededRandom(seed);
    this.#machine = machine;
  }

  /** What the machine did last. */
  note(effects: readonly RaftEffects[]): void {
    for (const { writes, outputs } of effects) {
      this.#written += writes.length;
      for (const { output } of outputs) if (ASKING.has(output.type)) this.#open.push(output);
    }
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #one<T>(...choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }

  /** Now and then a long time passes. */
  wait(): number {
    return this.#random() < 0.1 ? this.#below(150) : this.#below(5);
  }

  next(): RaftInput {
    if (this.#random() < 0.3) return this.#message();
    if (this.#random() < 0.2) return { type: 'stored', upTo: this.#below(this.#written + 1) };
    if (this.#random() < 0.5 && this.#open.length > 0) return { type: 'command', command: this.#answer() };
    return this.#one<RaftInput>(
      { type: 'wake' },
      { type: 'stored', upTo: this.#written },
      { type: 'peer', id: this.#one('b', 'c', 'x'), up: this.#random() < 0.5 },
      { type: 'command', command: { type: 'read', id: this.#below(100) } },
      { type: 'command', command: { type: 'propose', id: this.#below(100), payloads: [Uint8Array.of(1)] } },
      { type: 'command', command: { type: 'snapshot', index: this.#machine.state().lastApplied } },
    );
  }

  #message(): RaftInput {
    const { currentTerm, log, round, peers } = this.#machine.state();
    const term = Math.max(1, currentTerm + (this.#random() < 0.05 ? this.#one(-1, 1) : 0));
    const index = this.#below(log.lastIndex + 2);
    const prevLogTerm = index === 0 ? 0 : (log.terms.findLast((start) => start.index <= index)?.term ?? 0);
    const last = { lastLogIndex: log.lastIndex, lastLogTerm: this.#below(term + 1) };
    const entries = Array.from({ length: this.#below(3) }, (_, i) => entry(index + 1 + i, term));
    const answer = { type: 'appendEntriesReply', term, round: this.#below(round + 1) } as const;
    const sending = peers[0]?.snapshot?.index ?? 1;
    const message = this.#one<RaftMessage>(
      { type: 'preVote', term: term + 1, ...last },
      { type: 'requestVote', term, ...last },
      { type: 'preVoteReply', term, campaignTerm: currentTerm + 1, granted: true },
      { type: 'preVoteReply', term, campaignTerm: currentTerm + 1, granted: true },
      { type: 'requestVoteReply', term, voteGranted: true },
      { type: 'requestVoteReply', term, voteGranted: true },
      { ...answer, success: true, matchIndex: index },
      { ...answer, success: true, matchIndex: log.lastIndex },
      {
        ...answer,
        success: false,
        prevLogIndex: index,
        conflictTerm: prevLogTerm,
        conflictIndex: this.#below(index + 1),
      },
      {
        type: 'appendEntries',
        term,
        prevLogIndex: index,
        prevLogTerm,
        entries,
        leaderCommit: index,
        round: this.#below(3),
      },
      { type: 'installSnapshotReply', term, lastIncludedIndex: sending, offset: 2, installed: this.#random() < 0.3 },
      this.#snapshotPiece(term),
    );
    return { type: 'message', from: this.#one('b', 'b', 'c', 'x'), message };
  }

  #snapshotPiece(term: number): RaftMessage {
    const { install, commitIndex } = this.#machine.state();
    return {
      type: 'installSnapshot',
      term,
      lastIncludedIndex: install?.index ?? commitIndex + 1 + this.#below(3),
      lastIncludedTerm: term,
      configuration: configurationOf(['a', 'b', 'c']),
      offset: install?.offset ?? 0,
      data: Uint8Array.of(1),
      done: this.#random() < 0.5,
    };
  }

  #answer(): RaftCommand {
    const output = this.#open.splice(this.#below(this.#open.length), 1)[0]!;
    const { log, applying } = this.#machine.state();
    switch (output.type) {
      case 'apply':
        return { type: 'applied', index: output.entries.at(-1)!.index };
      case 'readLog': {
        const term = log.terms.findLast((start) => start.index <= output.from)?.term ?? 1;
        return { type: 'logRead', reader: output.reader, entries: [entry(output.from, term)] };
      }
      case 'checkpoint':
        return { type: 'compacted', index: output.index, firstIndex: Math.max(log.firstIndex, output.index - 1) };
      case 'readSnapshot': {
        const data = this.#one(null, Uint8Array.of(1, 2));
        return { type: 'snapshotRead', to: output.to, index: output.index, offset: output.offset, data, done: false };
      }
      case 'receiveSnapshot':
        if (output.done) return { type: this.#one('installed', 'installFailed'), index: output.index };
        return { type: 'snapshotReceived', index: output.index, offset: output.offset + output.data.length };
      default:
        return { type: 'applied', index: applying };
    }
  }
}

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
  const options = { ...OPTIONS, seed };
  const { machine } = compactedServer(options);
  const inputs = new Inputs(seed, machine);
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
