import { EventEmitter } from 'eventemitter3';
import { ClosedError, InvalidOptionError, isQuorateError, QuorateError, type NodeId } from '../core/index.js';
import { Driver, Serial, type CallOptions, type MembershipChange, type ReplicatedLog } from '../host/index.js';
import type { RaftCommand, RaftOutput, Role } from './commands.js';
import { membersIn, memberIdsIn } from './configuration.js';
import type { CommandEntry, Configuration, Entry, RaftRecord } from './entry.js';
import { journalLostError, tooLargeError } from './errors.js';
import { Forwarding } from './forwarding.js';
import { RaftMachine } from './machine.js';
import type { RaftMessage } from './messages.js';
import { maxPayloadBytes, resolveNodeOptions, type RaftNodeOptions, type ResolvedNodeOptions } from './node-options.js';
import { checkChange } from './node-members.js';
import { NodeSnapshots, type SnapshotHost } from './node-snapshots.js';
import { machineStatus, type RaftNodeStatus } from './node-status.js';
import { parseMessage } from './parse.js';
import { PendingReads } from './pending-reads.js';
import { PendingRequests } from './pending-requests.js';
import { Proposals } from './proposals.js';
import { decodeEntry, encodeRecords } from './record-codec.js';
import { bootstrap, recover } from './recovery.js';
import { isSendingSnapshot } from './snapshot-sending.js';
import { currentConfiguration, type RaftState } from './state.js';

/** What a {@link RaftNode} tells, with the arguments of its listeners. */
export interface RaftNodeEvents {
  /** The role or the term of this server changed. */
  role: [change: { readonly role: Role; readonly term: number; readonly leader: NodeId | null }];
  /** Another server leads now, or none does. */
  leader: [leader: NodeId | null, term: number];
  /** A change of the members, or a step of one, was committed and applied here. */
  members: [members: Configuration];
  /** This server is no member any more: it gets nothing further, and can be closed. */
  removed: [];
  /** Proposals are taken again, after one was refused as `overloaded`. */
  drained: [];
  /** A snapshot of this server is durable; the log before it may be gone. */
  snapshot: [index: number];
  /** A snapshot came from the leader and replaced the state machine's state. */
  installed: [index: number];
  /** The node is over: its journal or its state machine failed. Open it anew. */
  failed: [error: unknown];
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
  readonly #requests: PendingRequests;
  readonly #snapshots: NodeSnapshots;
  readonly #forwarding: Forwarding | null;
  readonly #stopListening: () => void;
  /** What fits into one message, and into the queue of proposals. */
  readonly #maxCommandBytes: number;
  #appliedIndex: number;
  #lastRequest = 0;
  #leader: NodeId | null = null;
  /** As of the last configuration that was applied. */
  #isMember = false;
  #malformed = 0;
  #stopping = false;
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
    const nextId = (): number => ++this.#lastRequest;
    const limits = { ...raft, clock, timeoutMs: callTimeoutMs };
    this.#stateMachine = new Serial(failed);
    this.#proposals = new Proposals(limits, nextId, submit);
    this.#reads = new PendingReads(limits, nextId, submit);
    this.#requests = new PendingRequests(nextId, submit);
    this.#snapshots = new NodeSnapshots(options, this.#snapshotHost());
    const here = (command: Uint8Array, call: CallOptions): Promise<Result> => this.#proposeHere(command, call);
    this.#forwarding = options.forwardProposals ? new Forwarding(options, here) : null;
    this.#driver = new Driver({
      machine: new RaftMachine(raft, state),
      clock,
      send: (to, message) => void channel.send(to, message),
      store: (writes) => journal.append(encodeRecords(group, writes)),
      deliver: (output) => this.#deliver(output),
      failed,
    });
    this.#maxCommandBytes = Math.min(maxPayloadBytes(channel), raft.maxUncommittedBytes);
    this.#setAddresses(currentConfiguration(state));
    this.#driver.start(); // before the first message can come
    this.#stopListening = channel.listen({
      message: (from, message) => this.#receive(from, message),
      peer: (id, up) => this.#driver.input({ type: 'peer', id, up }),
    });
  }

  async propose(command: Uint8Array, options?: CallOptions): Promise<Result> {
    const { role, leader } = this.#state;
    const elsewhere = role !== 'leader' && leader !== null && leader !== this.#options.raft.id;
    if (this.#forwarding === null || !elsewhere) return this.#proposeHere(command, options);
    this.#checkCommand(command);
    return (await this.#forwarding.propose(leader, command, options)) as Result;
  }

  async #proposeHere(command: Uint8Array, options?: CallOptions): Promise<Result> {
    this.#checkCommand(command);
    return this.#proposals.propose(command, options);
  }

  #checkCommand(command: Uint8Array): void {
    this.#assertOpen();
    if (this.#stopping) throw new ClosedError('the node');
    if (!(command instanceof Uint8Array)) throw new InvalidOptionError('command', command, 'a Uint8Array');
    if (command.length > this.#maxCommandBytes) throw tooLargeError(command.length, this.#maxCommandBytes);
  }

  /**
   * Resolves when proposals are taken here: at once, or when enough of what waits is done, or this server leads no more.
   * For whoever met with an `OverloadedError`. All waiting callers are let go together.
   */
  async drained(options: CallOptions = {}): Promise<void> {
    this.#assertOpen();
    options.signal?.throwIfAborted();
    if (this.#state.refusedBytes > 0) await this.#proposals.drained(options);
  }

  async read(options?: CallOptions): Promise<void> {
    this.#assertOpen();
    return this.#reads.read(options);
  }

  /**
   * Changes who the members are; on the leader. A new voter starts with a blank journal and without `members`, gets the
   * log as a learner, and votes once it has caught up: when it received in less than an election timeout what the log had
   * at the beginning of a round. Changes of one voter are one step, others go through a joint configuration. One change at
   * a time.
   *
   * @throws InvalidOptionError for ids and addresses that are none
   * @throws NotLeaderError here or, while nothing has begun, when another server is elected
   * @throws QuorateError with outcome `failed`: `change-in-progress`, `invalid-change`, `transferring`; with outcome
   * `unknown`: `proposal-lost` when leadership was lost on the way
   */
  async changeMembers(change: MembershipChange, options?: CallOptions): Promise<void> {
    this.#assertOpen();
    return this.#requests.change(checkChange(change), options);
  }

  /**
   * Hands leadership over; on the leader. Takes no proposals meanwhile, for an election timeout at most.
   *
   * @param to - a voter; default the one with the longest log of those that answer
   * @returns who leads then
   * @throws NotLeaderError when this server does not lead, or another one than `to` was elected
   * @throws QuorateError `no-successor`, `transferring`, with outcome `failed`; `transfer-timeout` with outcome `unknown`
   */
  async transferLeadership(to: NodeId | null = null, options?: CallOptions): Promise<NodeId> {
    this.#assertOpen();
    return this.#requests.transfer(to, options);
  }

  /**
   * Forgets who leads, so that this server votes at once: for those who know that the leader is gone, and do not want to
   * wait an election timeout. Does nothing on the leader and with `leaseReads`.
   */
  forgetLeader(): void {
    this.#command({ type: 'forgetLeader' });
  }

  status(): RaftNodeStatus {
    const state = this.#state;
    const { raft, clock } = this.#options;
    return {
      ...machineStatus(raft.id, state, clock.now()),
      appliedIndex: this.#appliedIndex,
      lastSnapshot: this.#snapshots.last,
      malformed: this.#malformed,
      droppedMessages: this.#driver.droppedMessages,
      queues: {
        proposals: this.#proposals.size,
        reads: this.#reads.size,
        uncommittedBytes: state.backlogBytes,
        unstoredEntries: state.log.lastIndex - state.storedIndex,
        unappliedEntries: state.commitIndex - this.#appliedIndex,
        logBytes: state.log.bytes,
      },
    };
  }

  async snapshot(): Promise<number> {
    this.#assertOpen();
    return this.#snapshots.take();
  }

  /**
   * Closes it in good order: takes no more proposals, lets those that are open end, and hands leadership over, so that the
   * others need not wait for an election timeout. What takes longer than two election timeouts is cut off, and rejects with
   * outcome `unknown`.
   */
  async stop(): Promise<void> {
    if (this.#over !== null || this.#stopping) return this.close();
    this.#stopping = true;
    const { clock, raft } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(2 * raft.electionTimeoutMs, () => late.abort());
    try {
      await Promise.resolve(); // what was proposed in this turn goes first
      if (this.#state.role === 'leader') await this.#handOver(late.signal);
    } finally {
      cancel();
      await this.close();
    }
  }

  /** Hands leadership over, if anybody can take it, and waits until what was proposed here has been applied. */
  async #handOver(signal: AbortSignal): Promise<void> {
    const { lastIndex } = this.#state.log;
    const ignore = (error: unknown): void => {
      if (!isQuorateError(error) && error !== signal.reason) throw error;
    };
    await this.transferLeadership(null, { signal }).catch(ignore);
    await this.#reads.reached(lastIndex, this.#appliedIndex, { signal }).catch(ignore);
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
    this.#forwarding?.close();
    this.#proposals.close(reason);
    this.#reads.close(reason);
    this.#requests.close(reason);
    this.#snapshots.close(reason);
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

  #setAddresses(configuration: Configuration): void {
    const { transport } = this.#options;
    for (const { id, address } of membersIn(configuration)) {
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
        this.#proposals.refused(output);
        this.#reads.refused(output);
        return this.#requests.refused(output);
      case 'configuration':
        return this.#setAddresses(output.configuration);
      case 'drained':
        this.#proposals.drain();
        return this.#tell(() => this.emit('drained'));
      case 'lost':
        return this.#requests.lost(output);
      case 'membersChanged':
        return this.#requests.changed(output);
      case 'transferred':
        return this.#requests.transferred(output);
      case 'readable':
        return this.#reads.readable(output, this.#appliedIndex);
      case 'role':
        return this.#tellRole(output);
      case 'readLog':
        return this.#readLog(output);
      case 'checkpoint':
        return this.#snapshots.store(output);
      case 'readSnapshot':
        return this.#snapshots.read(output);
      case 'receiveSnapshot':
        return this.#snapshots.receive(output);
      case 'denied':
        return this.#fail(journalLostError(this.#options.raft.id, output.by));
      case 'abandonSnapshot':
        this.#snapshots.abandon();
    }
  }

  #tellRole({ role, term, leader }: RaftOutput & { type: 'role' }): void {
    if (role !== 'leader') this.#proposals.drain(); // there is nothing to wait for any more
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
    let bytes = 0;
    for (const entry of entries) {
      const result = entry.type === 'command' ? results[next++] : undefined;
      if (entry.type === 'command') bytes += entry.data.length;
      if (entry.type === 'configuration') this.#membersApplied(entry.data);
      this.#proposals.applied(entry, result);
    }
    this.#appliedIndex = entries.at(-1)!.index;
    this.#reads.applied(this.#appliedIndex);
    this.#command({ type: 'applied', index: this.#appliedIndex });
    this.#snapshots.applied(bytes);
  }

  #membersApplied(configuration: Configuration): void {
    const isMember = memberIdsIn(configuration).includes(this.#options.raft.id);
    const removed = this.#isMember && !isMember;
    this.#isMember = isMember;
    this.#tell(() => this.emit('members', configuration));
    if (removed) this.#tell(() => this.emit('removed'));
  }

  #readLog({ reader, from, to, maxBytes }: RaftOutput & { type: 'readLog' }): void {
    const { journal, group } = this.#options;
    journal
      .read(group, from, to, { maxBytes })
      .then((records) => this.#command({ type: 'logRead', reader, entries: records.map(decodeEntry) }))
      .catch((error: unknown) => this.#fail(error));
  }

  #snapshotHost(): SnapshotHost {
    return {
      appliedIndex: () => this.#appliedIndex,
      snapshotIndex: () => this.#state.log.snapshotIndex,
      isSending: () => isSendingSnapshot(this.#state, this.#options.clock.now() - this.#options.raft.electionTimeoutMs),
      isOver: () => this.#over !== null,
      command: (command) => this.#command(command),
      run: (job) => this.#stateMachine.run(job),
      fail: (error) => this.#fail(error),
      taken: (index) => this.#tell(() => this.emit('snapshot', index)),
      installed: (index, configuration) => this.#installed(index, configuration),
    };
  }

  #installed(index: number, configuration: Configuration): void {
    this.#appliedIndex = index;
    this.#proposals.overtaken(index);
    this.#reads.applied(index);
    this.#command({ type: 'installed', index });
    this.#tell(() => this.emit('installed', index));
    this.#setAddresses(configuration);
    this.#membersApplied(configuration);
  }
}
