import type { RaftCommand } from './commands.js';
import { output, send, type Raft } from './context.js';
import type { InstallSnapshotReply } from './messages.js';
import { clearInflight, startProbing } from './progress.js';
import { configurationAt, type PeerState, type RaftState } from './state.js';

/** Leaders: a follower needs entries that are gone, so it gets the snapshot that replaced them (section 7). */
export function beginSnapshot(raft: Raft, peer: PeerState): void {
  const { snapshotIndex: index, snapshotTerm: term } = raft.state.log;
  peer.flow = 'snapshot';
  clearInflight(peer);
  const configuration = configurationAt(raft.state, index);
  peer.snapshot = { index, term, configuration, offset: 0, step: 'idle', sentAt: raft.now };
  readPiece(raft, peer);
}

/** Once a heartbeat: a piece that could not be read, or was not answered for an election timeout, is tried again. */
export function continueSnapshot(raft: Raft, peer: PeerState): void {
  const { snapshot } = peer;
  if (snapshot === null || snapshot.step === 'reading') return;
  const unanswered = raft.now - snapshot.sentAt >= raft.options.electionTimeoutMs;
  if (snapshot.step === 'idle' || unanswered) readPiece(raft, peer);
}

/** Whether a snapshot is on its way to a follower that was heard from since a time. */
export function isSendingSnapshot({ peers }: RaftState, since: number): boolean {
  return peers.some(({ snapshot, heardAt }) => snapshot !== null && heardAt > since);
}

/** The host could not bring a piece to a follower. */
export function snapshotFailed(peer: PeerState | undefined): void {
  if (peer?.snapshot?.step === 'sent') peer.snapshot.step = 'idle';
}

function readPiece(raft: Raft, peer: PeerState): void {
  const { index, offset } = peer.snapshot!;
  peer.snapshot!.step = 'reading';
  const { snapshotChunkBytes: maxBytes } = raft.options;
  output(raft, { type: 'readSnapshot', to: peer.id, index, offset, maxBytes });
}

/** A piece came from the journal; on to the follower with it, unless a newer checkpoint has taken its place. */
export function snapshotRead(raft: Raft, peer: PeerState, command: RaftCommand & { type: 'snapshotRead' }): void {
  const { state } = raft;
  const { snapshot } = peer;
  if (snapshot?.step !== 'reading' || snapshot.index !== command.index || snapshot.offset !== command.offset) return;
  const { index, term, configuration, offset } = snapshot;
  if (command.data === null) {
    if (state.log.snapshotIndex > index) beginSnapshot(raft, peer);
    else snapshot.step = 'idle';
    return;
  }
  snapshot.step = 'sent';
  snapshot.sentAt = raft.now;
  send(raft, peer.id, {
    type: 'installSnapshot',
    term: state.currentTerm,
    lastIncludedIndex: index,
    lastIncludedTerm: term,
    configuration,
    offset,
    data: command.data,
    done: command.done,
  });
}

/** The follower says how much of the snapshot it has: go on there, or with the log once it has all. */
export function handleInstallSnapshotReply(raft: Raft, peer: PeerState, message: InstallSnapshotReply): void {
  const { snapshot } = peer;
  if (snapshot === null || snapshot.index !== message.lastIncludedIndex) return;
  if (message.installed) {
    peer.matchIndex = Math.max(peer.matchIndex, snapshot.index);
    raft.turn.matchChanged = true;
    startProbing(peer);
  } else if (snapshot.step === 'sent') {
    snapshot.offset = message.offset;
    readPiece(raft, peer);
  }
}
