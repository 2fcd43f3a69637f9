import { EventEmitter } from 'eventemitter3';
import { ClosedError, InvalidOptionError, QuorateError, type NodeId } from '../core/index.js';
import {
  Driver,
  Serial,
  type CallOptions,
  type ReplicatedLog,
  type ReplicatedLogStatus,
  type StateMachine,
} from '../host/index.js';
import { checkpointChunks, CheckpointReader, IncomingSnapshot, withHeader } from './checkpoints.js';
import type { RaftCommand, RaftOutput, Role } from './commands.js';
import type { CommandEntry, Entry, Member, RaftRecord } from './entry.js';
import { journalLostError, tooLargeError } from './errors.js';
import { RaftMachine } from './machine.js';
import type { RaftMessage } from './messages.js';
import { maxPayloadBytes, resolveNodeOptions, type RaftNodeOptions, type ResolvedNodeOptions } from './node-options.js';
import { parseMessage } from './parse.js';
import { PendingReads } from './pending-reads.js';
import { Proposals } from './proposals.js';
import { decodeEntry, encodeRecords, openSnapshot } from './record-codec.js';
import { bootstrap, recover } from './recovery.js';
import { membersIn } from './configuration.js';
import { currentConfiguration, type RaftState } from './state.js';

/** What a {@link RaftNode} tells, with the arguments of its listeners. */
export interface RaftNodeEvents {
  /** The role or the term of this server changed. */
  role: [change: { readonly role: Role; readonly term: number; readonly leader: NodeId | null }];
  /** Another server leads now, or none does. */
  leader: [leader: NodeId | null, term: number];
  /** A snapshot of this server is durable; the log before it may be gone. */
  snapshot: [index: number];
  /** A snapshot came from the leader and replaced the state machine's state. */
  installed: [index: number];
  /** The node is over: its journal or its state machine failed. Open it anew. */
  failed: [error: unknown];
}

/** Where a {@link RaftNode} stands. */
export interface RaftNodeStatus extends ReplicatedLogStatus {
  readonly role: Role;
  readonly term: number;
  /** The last index that is durable here. */
  readonly storedIndex: number;
  /** On leaders: how far each follower is. */
  readonly peers: readonly RaftPeerStatus[];
  /**
   * Whether this server takes part. A founding member does so once enough of the others know its journal; see
   * {@link RaftNodeOptions.newCluster}.
   */
  readonly admitted: boolean;
  /** Messages from outside that were none of Raft. */
  readonly malformed: number;
  /** Messages that were dropped because too many waited for the disk. */
  readonly droppedMessages: number;
}

/** What a leader knows of a follower. */
export interface RaftPeerStatus {
  readonly id: NodeId;
  /** The highest index that it has durably. */
  readonly matchIndex: number;
  /** How entries flow to it: one at a time, freely, or as a snapshot. */
  readonly flow: 'probe' | 'replicate' | 'snapshot';
  /** Milliseconds since it was last heard from. */
  readonly silentMs: number;
}

/**
 * One server of a Raft cluster: runs a {@link RaftMachine} on a transport, a journal and a clock, and drives a state
 * machine. Made by {@link RaftNode.open}. Proposals and reads work on the leader; elsewhere they are refused with a
 * {@link NotLeaderError} that says who leads.
 */
export class RaftNode<Result = unknown> extends EventEmitter<RaftNodeEvents> implements ReplicatedLog<Result> {
  readonly #options: ResolvedNodeOptions<Result>;
  readonly #state: RaftState;
  readonly #driver: Driver<RaftMessage, RaftCommand, RaftOutput, RaftRecord, RaftState>;
  readonly #stateMachine: Serial;
  readonly #proposals: Proposals<Result>;
  readonly #reads: PendingReads;
  readonly #checkpoints: CheckpointReader;
  readonly #stopListening: () => void;
  /** What fits into one message, and into the queue of proposals. */
  readonly #maxCommandBytes: number;
  #appliedIndex: number;
  #snapshot: Snapshot | null = null;
  #incoming: IncomingSnapshot | null = null;
  #leader: NodeId | null = null;
  #malformed = 0;
  #over: Error | null = null;

  /**
   * Brings the state back from the journal, restores the state machine, and takes part. A server whose journal is blank
   * becomes a founding member when `members` says so, and takes part once enough of the others know its journal. One that
   * comes back without the journal that they know ends with the event `failed` and the code `journal-lost`.
   *
   * @throws InvalidOptionError naming the option, the value and what is allowed
   * @throws QuorateError with code `journal-inconsistent` when the journal lacks entries, `malformed` when it holds what
   * Raft did not write
   */
  static async open<Result>(options: RaftNodeOptions<Result>): Promise<RaftNode<Result>> {
    const resolved = resolveNodeOptions(options);
    const { journal, group, raft, stateMachine, members } = resolved;
    const state = await recover(journal, group, raft, stateMachine);
    if (members.length > 0) await bootstrap(journal, group, state, resolved);
    return new RaftNode(resolved, state);
  }

  private constructor(options: ResolvedNodeOptions<Result>, state: RaftState) {
    super();
    this.#options = options;
    this.#state = state;
    this.#appliedIndex = state.lastApplied;
    const { channel, journal, clock, group, raft, callTimeoutMs } = options;
    const failed = (error: unknown): void => this.#fail(error);
    const submit = (command: RaftCommand): void => this.#command(command);
    this.#stateMachine = new Serial(failed);
    this.#proposals = new Proposals(clock, callTimeoutMs, raft.maxUncommittedBytes, submit);
    this.#reads = new PendingReads(clock, callTimeoutMs, raft.maxPendingReads, submit);
    this.#checkpoints = new CheckpointReader(journal, group);
    this.#driver = new Driver({
      machine: new RaftMachine(raft, state),
      clock,
      send: (to, message) => void channel.send(to, message),
      store: (writes) => journal.append(encodeRecords(group, writes)),
      deliver: (output) => this.#deliver(output),
      failed,
    });
    this.#maxCommandBytes = Math.min(maxPayloadBytes(channel), raft.maxUncommittedBytes);
    this.#stopListening = channel.listen({
      message: (from, message) => this.#receive(from, message),
      peer: (id, up) => this.#driver.input({ type: 'peer', id, up }),
    });
    this.#setAddresses(membersIn(currentConfiguration(state)));
    this.#driver.start();
  }

  async propose(command: Uint8Array, options?: CallOptions): Promise<Result> {
    this.#assertOpen();
    if (!(command instanceof Uint8Array)) throw new InvalidOptionError('command', command, 'a Uint8Array');
    if (command.length > this.#maxCommandBytes) throw tooLargeError(command.length, this.#maxCommandBytes);
    return this.#proposals.propose(command, options);
  }

  async read(options?: CallOptions): Promise<void> {
    this.#assertOpen();
    return this.#reads.read(options);
  }

  status(): RaftNodeStatus {
    const state = this.#state;
    const now = this.#options.clock.now();
    return {
      id: this.#options.raft.id,
      role: state.role,
      term: state.currentTerm,
      leader: state.leader,
      members: currentConfiguration(state).voters.map((member) => member.id),
      commitIndex: state.commitIndex,
      appliedIndex: this.#appliedIndex,
      lastIndex: state.log.lastIndex,
      storedIndex: state.storedIndex,
      snapshotIndex: state.log.snapshotIndex,
      peers: state.peers.map(({ id, matchIndex, flow, heardAt }) => ({
        id,
        matchIndex,
        flow,
        silentMs: now - heardAt,
      })),
      admitted: state.admitted,
      malformed: this.#malformed,
      droppedMessages: this.#driver.droppedMessages,
    };
  }

  async snapshot(): Promise<number> {
    this.#assertOpen();
    return (this.#snapshot ?? this.#takeSnapshot()).done;
  }

  async close(): Promise<void> {
    this.#end(new ClosedError('the node', { outcome: 'unknown' }));
  }

  /** Closes it: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertOpen(): void {
    if (this.#over !== null) throw new ClosedError('the node', { cause: this.#over });
  }

  #fail(error: unknown): void {
    if (this.#over !== null) return;
    const message = `the node has failed: ${error instanceof Error ? error.message : String(error)}`;
    this.#end(new QuorateError('node-failed', `${message}; open it anew`, { cause: error, outcome: 'unknown' }));
    this.#tell(() => this.emit('failed', error));
  }

  #end(reason: Error): void {
    if (this.#over !== null) return;
    this.#over = reason;
    this.#stopListening();
    this.#driver.close();
    this.#stateMachine.close();
    this.#incoming?.abandon();
    this.#proposals.close(reason);
    this.#reads.close(reason);
    this.#snapshot?.reject(reason);
  }

  /** A listener that throws must not end the node: what it threw surfaces as an uncaught error. */
  #tell(emit: () => void): void {
    try {
      emit();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #command(command: RaftCommand): void {
    this.#driver.input({ type: 'command', command });
  }

  #receive(from: NodeId, value: unknown): void {
    const message = parseMessage(value);
    if (message === undefined) this.#malformed++;
    else this.#driver.input({ type: 'message', from, message });
  }

  #setAddresses(members: readonly Member[]): void {
    const { transport } = this.#options;
    for (const { id, address } of members) {
      if (id !== transport.id && address !== null) transport.setAddress(id, address);
    }
  }

  #deliver(output: RaftOutput): void {
    switch (output.type) {
      case 'apply':
        return this.#stateMachine.run(() => this.#apply(output.entries));
      case 'accepted':
        return this.#proposals.accepted(output);
      case 'refused':
        if (!this.#proposals.refused(output)) this.#reads.refused(output);
        return;
      case 'readable':
        return this.#reads.readable(output, this.#appliedIndex);
      case 'role':
        return this.#tellRole(output);
      case 'readLog':
        return this.#readLog(output);
      case 'checkpoint':
        return this.#checkpoint(output);
      case 'readSnapshot':
        return this.#readSnapshot(output);
      case 'receiveSnapshot':
        return this.#receiveSnapshot(output);
      case 'denied':
        return this.#fail(journalLostError(this.#options.raft.id, output.by));
      case 'abandonSnapshot':
        this.#incoming?.abandon();
        this.#incoming = null;
    }
  }

  #tellRole({ role, term, leader }: RaftOutput & { type: 'role' }): void {
    this.#tell(() => this.emit('role', { role, term, leader }));
    if (leader === this.#leader) return;
    this.#leader = leader;
    this.#tell(() => this.emit('leader', leader, term));
  }

  #apply(entries: readonly Entry[]): void | Promise<void> {
    const commands = entries.filter((entry): entry is CommandEntry => entry.type === 'command');
    const results = commands.length === 0 ? [] : this.#options.stateMachine.apply(commands);
    if (results instanceof Promise) return results.then((settled) => this.#applied(entries, commands, settled));
    this.#applied(entries, commands, results);
  }

  #applied(entries: readonly Entry[], commands: readonly Entry[], results: readonly Result[]): void {
    if (results.length !== commands.length) {
      throw new QuorateError(
        'state-machine',
        `apply returned ${results.length} results for ${commands.length} commands`,
      );
    }
    let next = 0;
    for (const entry of entries) {
      const result = entry.type === 'command' ? results[next++] : undefined;
      if (entry.type === 'configuration') this.#setAddresses(membersIn(entry.data));
      this.#proposals.applied(entry, result);
    }
    this.#appliedIndex = entries.at(-1)!.index;
    this.#reads.applied(this.#appliedIndex);
    this.#command({ type: 'applied', index: this.#appliedIndex });
    const { snapshotEveryEntries } = this.#options;
    const due = this.#appliedIndex - this.#state.log.snapshotIndex >= snapshotEveryEntries;
    if (snapshotEveryEntries > 0 && due && this.#snapshot === null) this.#takeSnapshot();
  }

  #readLog({ reader, from, to, maxBytes }: RaftOutput & { type: 'readLog' }): void {
    const { journal, group } = this.#options;
    journal
      .read(group, from, to, { maxBytes })
      .then((records) => this.#command({ type: 'logRead', reader, entries: records.map(decodeEntry) }))
      .catch((error: unknown) => this.#fail(error));
  }

  #takeSnapshot(): Snapshot {
    const snapshot = new Snapshot();
    this.#snapshot = snapshot;
    this.#stateMachine.run(() => {
      if (this.#appliedIndex <= this.#state.log.snapshotIndex) return this.#snapshotDone(this.#state.log.snapshotIndex);
      snapshot.chunks = this.#options.stateMachine.snapshot();
      this.#command({ type: 'snapshot', index: this.#appliedIndex });
    });
    return snapshot;
  }

  #checkpoint({ index, term, configuration, carry }: RaftOutput & { type: 'checkpoint' }): void {
    if (this.#snapshot === null) return; // a snapshot from the leader came first
    const { journal, group, trailingEntries } = this.#options;
    const chunks = withHeader({ index, term, configuration }, this.#snapshot.chunks);
    const firstIndex = Math.max(this.#state.log.firstIndex, index + 1 - trailingEntries);
    const carried = encodeRecords(group, carry);
    journal.checkpoint(group, chunks, { keepFrom: firstIndex, carry: carried }).then(
      () => {
        if (this.#over !== null) return;
        this.#command({ type: 'compacted', index, firstIndex });
        this.#snapshotDone(index);
        this.#tell(() => this.emit('snapshot', index));
      },
      (error: unknown) => {
        this.#snapshot?.reject(error);
        this.#snapshot = null;
        this.#checkJournal();
      },
    );
  }

  /** After a failed checkpoint: a journal that is over refuses even an empty append, and then so is this node. */
  #checkJournal(): void {
    if (this.#over === null) this.#options.journal.append([]).catch((error: unknown) => this.#fail(error));
  }

  #snapshotDone(index: number): void {
    this.#snapshot?.resolve(index);
    this.#snapshot = null;
  }

  #readSnapshot({ to, index, offset, maxBytes }: RaftOutput & { type: 'readSnapshot' }): void {
    this.#checkpoints.read(index, offset, maxBytes).then(
      (piece) => {
        const { data = null, done = false } = piece ?? {};
        this.#command({ type: 'snapshotRead', to, index, offset, data, done });
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #receiveSnapshot(output: RaftOutput & { type: 'receiveSnapshot' }): void {
    const { journal, group } = this.#options;
    const { index, offset, data, done } = output;
    if (offset === 0) {
      this.#incoming?.abandon();
      this.#incoming = new IncomingSnapshot(journal, group, output);
    }
    const incoming = this.#incoming!;
    incoming.add(data, done, () => {
      this.#command({ type: 'snapshotReceived', index, offset: offset + data.length });
    });
    if (offset === 0) this.#awaitSnapshot(incoming);
  }

  #awaitSnapshot(incoming: IncomingSnapshot): void {
    const { index } = incoming;
    incoming.stored.then(
      () => this.#stateMachine.run(() => this.#install(index)),
      () => {
        if (this.#incoming !== incoming) return; // it was abandoned, and the machine knows
        this.#incoming = null;
        this.#command({ type: 'installFailed', index });
        this.#checkJournal();
      },
    );
  }

  async #install(index: number): Promise<void> {
    const { journal, group, stateMachine } = this.#options;
    const { header, rest } = await openSnapshot(checkpointChunks(journal, group));
    await stateMachine.restore(rest);
    if (this.#over !== null) return;
    this.#setAddresses(membersIn(header.configuration));
    this.#incoming = null;
    this.#appliedIndex = index;
    this.#proposals.overtaken(index);
    this.#reads.applied(index);
    this.#snapshotDone(index); // a snapshot of an older state has become pointless
    this.#command({ type: 'installed', index });
    this.#tell(() => this.emit('installed', index));
  }
}

/** A snapshot of this server's own state machine, from the request to the durable checkpoint. */
class Snapshot {
  readonly done: Promise<number>;
  chunks: ReturnType<StateMachine['snapshot']> = [];
  resolve!: (index: number) => void;
  reject!: (reason: unknown) => void;

  constructor() {
    this.done = new Promise<number>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => {}); // nobody may be waiting for an automatic one
  }
}
