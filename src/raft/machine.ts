import { NOTHING, type Effects, type Input, type Machine, type NodeId } from '../core/index.js';
import type { RaftCommand, RaftOutput, Role } from './commands.js';
import { newTurn, output, type Raft } from './context.js';
import { stored } from './durability.js';
import type { RaftRecord } from './entry.js';
import type { RaftMessage } from './messages.js';
import { resolveOptions, type RaftOptions } from './options.js';
import { finishTurn, peerChanged, receive, runCommand, wake } from './rules.js';
import type { RaftState } from './state.js';

/**
 * One Raft server as a {@link Machine}: "In Search of an Understandable Consensus Algorithm (Extended Version)" by
 * Ongaro and Ousterhout, with pre-vote, check-quorum, read index and chunked snapshots after Ongaro's thesis. Every rule
 * of figure 2 is a function of that name in this folder; `rules.ts` is where they meet.
 *
 * It does no I/O. Use a {@link RaftNode} to run one, and this to simulate, check or embed one.
 */
export class RaftMachine implements Machine<RaftMessage, RaftCommand, RaftOutput, RaftRecord, RaftState> {
  readonly #raft: Raft;
  /** Whether anything was stepped since the last take. One take builds all that there is to do. */
  #stepped = false;
  #toldRole: Role;
  #toldTerm: number;
  #toldLeader: NodeId | null;

  /** Use {@link create}. */
  constructor(options: RaftOptions, state: RaftState) {
    this.#raft = { options: resolveOptions(options), state, turn: newTurn(state.writeCount), now: 0 };
    this.#toldRole = state.role;
    this.#toldTerm = state.currentTerm;
    this.#toldLeader = state.leader;
  }

  /** The next deadline. */
  get wakeAt(): number {
    const { election, heartbeat, quorum, introduction, transfer } = this.#raft.state.timers;
    return Math.min(election, heartbeat, quorum, introduction, transfer);
  }

  /** Takes one input in. */
  step(input: Input<RaftMessage, RaftCommand>, now: number): void {
    const raft = this.#raft;
    raft.now = now;
    this.#stepped = true;
    switch (input.type) {
      case 'message':
        return receive(raft, input.from, input.message);
      case 'command':
        return runCommand(raft, input.command);
      case 'stored':
        return stored(raft, input.upTo);
      case 'peer':
        return peerChanged(raft, input.id);
      case 'wake':
        return wake(raft);
    }
  }

  /** What to do since the last take. */
  take(): Effects<RaftMessage, RaftOutput, RaftRecord> {
    if (!this.#stepped) return NOTHING;
    this.#stepped = false;
    const { turn, state } = this.#raft;
    finishTurn(this.#raft);
    this.#tellRole();
    const { writes, messages, outputs } = turn;
    if (writes.length + messages.length + outputs.length === 0) return NOTHING;
    turn.firstWrite = state.writeCount + 1;
    // Only lists that were used are given away; a shared empty one stands for the others.
    if (writes.length > 0) turn.writes = [];
    if (messages.length > 0) turn.messages = [];
    if (outputs.length > 0) turn.outputs = [];
    return {
      writes: writes.length > 0 ? writes : NOTHING.writes,
      messages: messages.length > 0 ? messages : NOTHING.messages,
      outputs: outputs.length > 0 ? outputs : NOTHING.outputs,
    };
  }

  /** The live state: copy it before the next step, and do not change it. */
  state(): RaftState {
    return this.#raft.state;
  }

  #tellRole(): void {
    const { role, currentTerm: term, leader, hardStateWrite } = this.#raft.state;
    if (role === this.#toldRole && term === this.#toldTerm && leader === this.#toldLeader) return;
    this.#toldRole = role;
    this.#toldTerm = term;
    this.#toldLeader = leader;
    output(this.#raft, { type: 'role', role, term, leader }, hardStateWrite);
  }
}

/**
 * A machine for a state: from {@link initialState}, brought up to date by {@link replay}; or the state of another
 * machine, which then goes on here. The machine changes it.
 *
 * @throws InvalidOptionError naming the option, the value and what is allowed
 */
export function create(options: RaftOptions, state: RaftState): RaftMachine {
  return new RaftMachine(options, state);
}
