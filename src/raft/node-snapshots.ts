import type { StateMachine } from '../host/index.js';
import { checkpointChunks, CheckpointReader, IncomingSnapshot, withHeader } from './checkpoints.js';
import type { RaftCommand, RaftOutput } from './commands.js';
import type { Configuration } from './entry.js';
import type { ResolvedNodeOptions } from './node-options.js';
import { encodeRecords, openSnapshot } from './record-codec.js';

/** What {@link NodeSnapshots} need of their node. */
export interface SnapshotHost {
  /** The index up to which the state machine has applied. */
  appliedIndex(): number;
  /** The index of the snapshot that the log begins with. */
  snapshotIndex(): number;
  /** Whether a follower is being sent the snapshot that is stored. */
  isSending(): boolean;
  isOver(): boolean;
  command(command: RaftCommand): void;
  /** Runs a job after those that the state machine is busy with. */
  run(job: () => void | Promise<void>): void;
  fail(error: unknown): void;
  /** A snapshot of this node is durable. */
  taken(index: number): void;
  /** The state machine was restored from a snapshot of the leader. */
  installed(index: number, configuration: Configuration): void;
}

/** The last snapshot of a node. */
export interface LastSnapshot {
  /** What it covers. */
  readonly index: number;
  /** What the state machine gave, in bytes; `null` for one that came from the leader, or from an earlier run. */
  readonly bytes: number | null;
  /** When it was durable, on the node's clock. */
  readonly at: number;
}

/** The snapshots of a node: its own, from the state machine into the journal; and those from the leader, back again. */
export class NodeSnapshots {
  /** The last one of this run; `null` before there was one. */
  last: LastSnapshot | null = null;
  readonly #options: ResolvedNodeOptions<unknown>;
  readonly #host: SnapshotHost;
  readonly #reader: CheckpointReader;
  #taking: OwnSnapshot | null = null;
  #incoming: IncomingSnapshot | null = null;
  /** Applied since the last snapshot of this run. */
  #bytesSince = 0;

  constructor(options: ResolvedNodeOptions<unknown>, host: SnapshotHost) {
    this.#options = options;
    this.#host = host;
    this.#reader = new CheckpointReader(options.journal, options.group);
  }

  /** Takes a snapshot, or joins the one that is being taken; resolves with its index. */
  take(): Promise<number> {
    return (this.#taking ?? this.#take()).done;
  }

  /** Commands of so many bytes were applied: takes a snapshot when it is time for one. */
  applied(bytes: number): void {
    this.#bytesSince += bytes;
    if (this.#taking === null && this.#isDue()) this.#take();
  }

  /**
   * A new snapshot would make the one begin anew that is being sent to a follower, and where snapshots travel slowly none
   * would ever arrive. So it waits, as long as the log may grow for the sake of followers.
   */
  #isDue(): boolean {
    const { snapshotEveryEntries, snapshotEveryBytes, raft } = this.#options;
    const entries = this.#host.appliedIndex() - this.#host.snapshotIndex();
    const due = isDue(entries, snapshotEveryEntries) || isDue(this.#bytesSince, snapshotEveryBytes);
    if (!due || entries === 0) return false;
    return !this.#host.isSending() || entries >= snapshotEveryEntries + raft.maxTrailingEntries;
  }

  #take(): OwnSnapshot {
    const snapshot = new OwnSnapshot();
    this.#taking = snapshot;
    this.#host.run(() => {
      const index = this.#host.appliedIndex();
      if (index <= this.#host.snapshotIndex()) return this.#settle(this.#host.snapshotIndex());
      this.#bytesSince = 0;
      snapshot.chunks = this.#options.stateMachine.snapshot();
      this.#host.command({ type: 'snapshot', index });
    });
    return snapshot;
  }

  /** The machine says how to store the snapshot that was taken. */
  store({ index, term, configuration, firstIndex, carry }: RaftOutput & { type: 'checkpoint' }): void {
    const snapshot = this.#taking;
    if (snapshot === null) return; // a snapshot from the leader came first
    const { journal, group, clock } = this.#options;
    const chunks = withHeader({ index, term, configuration }, snapshot.counted());
    journal.checkpoint(group, chunks, { keepFrom: firstIndex, carry: encodeRecords(group, carry) }).then(
      () => {
        if (this.#host.isOver()) return;
        this.last = { index, bytes: snapshot.bytes, at: clock.now() };
        this.#host.command({ type: 'compacted', index, firstIndex });
        this.#settle(index);
        this.#host.taken(index);
      },
      (error: unknown) => {
        this.#taking?.reject(error);
        this.#taking = null;
        this.#checkJournal();
      },
    );
  }

  /** After a failed checkpoint: a journal that is over refuses even an empty append, and then so is the node. */
  #checkJournal(): void {
    if (this.#host.isOver()) return;
    this.#options.journal.append([]).catch((error: unknown) => this.#host.fail(error));
  }

  #settle(index: number): void {
    this.#taking?.resolve(index);
    this.#taking = null;
  }

  /** Reads a piece of the stored snapshot for a follower. */
  read({ to, index, offset, maxBytes }: RaftOutput & { type: 'readSnapshot' }): void {
    this.#reader.read(index, offset, maxBytes).then(
      (piece) => {
        const { data = null, done = false } = piece ?? {};
        this.#host.command({ type: 'snapshotRead', to, index, offset, data, done });
      },
      (error: unknown) => this.#host.fail(error),
    );
  }

  /** Takes in a piece of a snapshot from the leader. */
  receive(output: RaftOutput & { type: 'receiveSnapshot' }): void {
    const { journal, group } = this.#options;
    const { index, offset, data, done } = output;
    if (offset === 0) {
      this.abandon();
      this.#incoming = new IncomingSnapshot(journal, group, output);
    }
    const incoming = this.#incoming!;
    incoming.add(data, done, () => {
      this.#host.command({ type: 'snapshotReceived', index, offset: offset + data.length });
    });
    if (offset === 0) this.#awaitStored(incoming);
  }

  #awaitStored(incoming: IncomingSnapshot): void {
    const { index } = incoming;
    incoming.stored.then(
      () => this.#host.run(() => this.#install(index)),
      () => {
        if (this.#incoming !== incoming) return; // it was abandoned, and the machine knows
        this.#incoming = null;
        this.#host.command({ type: 'installFailed', index });
        this.#checkJournal();
      },
    );
  }

  async #install(index: number): Promise<void> {
    const { journal, group, stateMachine, clock } = this.#options;
    const { header, rest } = await openSnapshot(checkpointChunks(journal, group));
    await stateMachine.restore(rest);
    if (this.#host.isOver()) return;
    this.#incoming = null;
    this.#bytesSince = 0;
    this.last = { index, bytes: null, at: clock.now() };
    this.#settle(index); // a snapshot of an older state has become pointless
    this.#host.installed(index, header.configuration);
  }

  /** Gives up the snapshot that is coming in. */
  abandon(): void {
    this.#incoming?.abandon();
    this.#incoming = null;
  }

  /** The node is over. */
  close(reason: unknown): void {
    this.#incoming?.abandon();
    this.#taking?.reject(reason);
  }
}

function isDue(count: number, every: number): boolean {
  return every > 0 && count >= every;
}

/** A snapshot of the node's own state machine, from the request to the durable checkpoint. */
class OwnSnapshot {
  readonly done: Promise<number>;
  chunks: ReturnType<StateMachine['snapshot']> = [];
  /** How many bytes of it were taken. */
  bytes = 0;
  resolve!: (index: number) => void;
  reject!: (reason: unknown) => void;

  constructor() {
    this.done = new Promise<number>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => {}); // nobody may be waiting for an automatic one
  }

  async *counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.chunks) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}
