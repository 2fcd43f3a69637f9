import type { Effects, Input } from '../../src/core/index.js';
import type { RaftCommand, RaftMessage, RaftOptions, RaftOutput, RaftRecord, RaftState } from '../../src/raft/index.js';
import { configurationOf, entry } from './script.js';

type RaftInput = Input<RaftMessage, RaftCommand>;
type RaftEffects = Effects<RaftMessage, RaftOutput, RaftRecord>;

/** Small limits, so that a short run meets all of them. */
export const NARROW: RaftOptions = {
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
export class RandomInputs {
  readonly #random: () => number;
  readonly #state: () => RaftState;
  #written = 0;
  /** What the machine asked of its host, and got no answer to so far. */
  readonly #open: RaftOutput[] = [];

  /** @param state - the machine's state now */
  constructor(random: () => number, state: () => RaftState) {
    this.#random = random;
    this.#state = state;
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
      { type: 'command', command: { type: 'snapshot', index: this.#state().lastApplied } },
    );
  }

  #message(): RaftInput {
    const { currentTerm, log, round, peers } = this.#state();
    const term = Math.max(1, currentTerm + (this.#random() < 0.05 ? this.#one(-1, 1) : 0));
    const index = this.#below(log.lastIndex + 2);
    const prevLogTerm = index === 0 ? 0 : (log.terms.findLast((start) => start.index <= index)?.term ?? 0);
    const last = { lastLogIndex: log.lastIndex, lastLogTerm: this.#below(term + 1) };
    const entries = Array.from({ length: this.#below(3) }, (_, i) => entry(index + 1 + i, term));
    const answer = { type: 'appendEntriesReply', term, round: this.#below(round + 1) } as const;
    const sending = peers[0]?.snapshot?.index ?? 1;
    const message = this.#one<RaftMessage>(
      { type: 'preVote', term: term + 1, ...last },
      { type: 'requestVote', term, ...last, transfer: false },
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
    const { install, commitIndex } = this.#state();
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
    const { log, applying } = this.#state();
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
