import { carriedRecords } from './admission.js';
import type { NodeId } from '../core/index.js';
import { output, saveHardState, send, type Raft } from './context.js';
import { durableAfter } from './durability.js';
import { logAfterSnapshot, termAt } from './log.js';
import type { InstallSnapshot } from './messages.js';
import { heardFromLeader } from './roles.js';
import type { InstallState } from './state.js';

/** InstallSnapshot RPC, receiver (figure 13). Pieces come in order, one at a time; the host stores them. */
export function handleInstallSnapshot(raft: Raft, from: NodeId, message: InstallSnapshot): void {
  heardFromLeader(raft, from);
  const { state } = raft;
  if (state.install?.finishing === true) return;
  if (coveredByLog(raft, message)) {
    if (state.install !== null) abandonInstall(raft);
    return reply(raft, from, message.lastIncludedIndex, 0, true);
  }
  const install = currentInstall(raft, from, message);
  if (install.busy) return;
  if (message.offset !== install.offset) return reply(raft, from, install.index, install.offset, false);
  takePiece(raft, install, message);
}

/** The log holds what the snapshot covers, so only the commit index is news, and what follows is kept. */
function coveredByLog(raft: Raft, message: InstallSnapshot): boolean {
  const { state } = raft;
  const { lastIncludedIndex, lastIncludedTerm } = message;
  const covered = lastIncludedIndex <= state.commitIndex || termAt(state.log, lastIncludedIndex) === lastIncludedTerm;
  if (covered) state.commitIndex = Math.max(state.commitIndex, lastIncludedIndex);
  return covered;
}

function currentInstall(raft: Raft, from: NodeId, message: InstallSnapshot): InstallState {
  const { state } = raft;
  const { lastIncludedIndex: index, lastIncludedTerm: term, configuration } = message;
  if (state.install !== null && state.install.from === from && state.install.index === index) return state.install;
  if (state.install !== null) abandonInstall(raft);
  state.install = { from, index, term, configuration, offset: 0, busy: false, finishing: false };
  return state.install;
}

function takePiece(raft: Raft, install: InstallState, message: InstallSnapshot): void {
  saveHardState(raft); // so that what the checkpoint carries is not older than a record that it replaces
  install.busy = true;
  install.finishing = message.done;
  output(raft, {
    type: 'receiveSnapshot',
    index: install.index,
    term: install.term,
    configuration: install.configuration,
    offset: message.offset,
    data: message.data,
    done: message.done,
    carry: carriedRecords(raft),
  });
}

/** The host took a piece in. */
export function snapshotReceived(raft: Raft, index: number, offset: number): void {
  const { install } = raft.state;
  if (install === null || install.index !== index) return;
  install.offset = offset;
  install.busy = false;
  reply(raft, install.from, index, offset, false);
}

/** The snapshot is durable and the state machine restored: it takes the place of the whole log (rules 7 and 8). */
export function installed(raft: Raft, index: number): void {
  const { state } = raft;
  const { install } = state;
  if (install === null || install.index !== index) return;
  state.install = null;
  state.log = logAfterSnapshot(state.log, index, install.term);
  state.configurations = [{ index, configuration: install.configuration }];
  state.unstored = [];
  state.snapshotTaken = 0;
  state.storedIndex = index;
  state.commitIndex = index;
  state.applying = index;
  state.lastApplied = index;
  reply(raft, install.from, index, install.offset, true);
}

/** Taking it in failed; the next piece from the leader begins it anew. */
export function installFailed(raft: Raft, index: number): void {
  if (raft.state.install?.index === index) raft.state.install = null;
}

/** Entries or another snapshot overtook the one that is being received. */
export function abandonInstall(raft: Raft): void {
  output(raft, { type: 'abandonSnapshot', index: raft.state.install!.index });
  raft.state.install = null;
}

function reply(raft: Raft, to: NodeId, lastIncludedIndex: number, offset: number, complete: boolean): void {
  const { state } = raft;
  if (state.leader !== to) return;
  const { currentTerm: term } = state;
  const after = complete ? durableAfter(state, lastIncludedIndex) : 0;
  send(raft, to, { type: 'installSnapshotReply', term, lastIncludedIndex, offset, installed: complete }, after);
}
