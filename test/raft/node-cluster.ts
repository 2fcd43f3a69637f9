import { onTestFinished } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import type { JournalRecord, NodeId, Transport } from '../../src/core/index.js';
import type { CommittedCommand, StateMachine } from '../../src/host/index.js';
import { RaftNode, type RaftNodeEvents, type RaftNodeOptions } from '../../src/raft/index.js';
import { MemoryJournal, MemoryStore } from '../../src/storage/memory.js';
import { VirtualClock } from '../../src/testing/index.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { CountingClock } from '../host/counting-clock.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A command that writes a line. */
export function line(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A state machine that keeps every line, and answers each with its number and the line. */
export class Notebook implements StateMachine<string> {
  lines: string[] = [];
  /** The lines of each call of apply. */
  readonly batches: string[][] = [];
  restored = 0;
  /** Called before each batch; what it returns is waited for. */
  beforeApply: (() => Promise<void>) | null = null;

  apply(commands: readonly CommittedCommand[]): string[] | Promise<string[]> {
    if (this.beforeApply !== null) return this.beforeApply().then(() => this.#apply(commands));
    return this.#apply(commands);
  }

  #apply(commands: readonly CommittedCommand[]): string[] {
    const batch = commands.map(({ data }) => decoder.decode(data));
    this.batches.push(batch);
    return batch.map((text) => `${this.lines.push(text)}: ${text}`);
  }

  snapshot(): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
    return [encoder.encode(JSON.stringify(this.lines))];
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let text = '';
    for await (const chunk of chunks) text += decoder.decode(chunk);
    this.lines = JSON.parse(text) as string[];
    this.restored++;
  }
}

/** A journal in memory whose appends can be watched, held up or made to fail. */
export class WatchedJournal extends MemoryJournal {
  readonly appended: (readonly JournalRecord[])[] = [];
  beforeAppend: (() => Promise<void>) | null = null;

  override async append(records: readonly JournalRecord[]): Promise<void> {
    this.appended.push(records);
    await this.beforeAppend?.();
    return super.append(records);
  }
}

/** A member while it runs. */
export interface Member {
  readonly node: RaftNode<string>;
  readonly notebook: Notebook;
  readonly journal: WatchedJournal;
  readonly transport: Transport;
}

/** What of a node's options a test may choose. */
export type MemberOptions = Partial<Omit<RaftNodeOptions<string>, 'transport' | 'clock'>>;

/** The members of a cluster in one process and on one virtual clock; what they stored outlives them. */
class NodeCluster {
  readonly clock = new VirtualClock();
  readonly timers = new CountingClock(this.clock);
  readonly network = new MemoryNetwork({ latencyMs: 1, clock: this.clock, codec: messagePackCodec() });
  readonly running = new Map<NodeId, Member>();
  readonly #stores = new Map<NodeId, MemoryStore>();
  readonly #ids: readonly NodeId[];
  readonly #options: MemberOptions;

  constructor(ids: readonly NodeId[], options: MemberOptions) {
    this.#ids = ids;
    this.#options = options;
  }

  /** What a member has stored. */
  store(id: NodeId): MemoryStore {
    const store = this.#stores.get(id) ?? new MemoryStore();
    this.#stores.set(id, store);
    return store;
  }

  /** A member that is stopped loses what it stored. */
  wipe(id: NodeId): void {
    this.#stores.delete(id);
  }

  /** Starts a member, for the first time or again. */
  async start(id: NodeId, options: MemberOptions = {}): Promise<Member> {
    const transport = this.network.transport(id);
    const journal = new WatchedJournal({ store: this.store(id) });
    const notebook = new Notebook();
    const members = Object.fromEntries(this.#ids.map((member) => [member, null]));
    const node = await RaftNode.open<string>({
      journal,
      stateMachine: notebook,
      members,
      electionTimeoutMs: 100,
      heartbeatIntervalMs: 10,
      seed: 1,
      ...this.#options,
      ...options,
      transport,
      clock: this.timers,
    });
    const member = { node, notebook, journal, transport };
    this.running.set(id, member);
    return member;
  }

  /** Stops a member. Nothing of it remains but what it stored. */
  async stop(id: NodeId): Promise<void> {
    const { node, transport } = this.running.get(id)!;
    this.running.delete(id);
    await node.close();
    await transport.close();
  }

  get(id: NodeId): Member {
    return this.running.get(id)!;
  }

  /** Lets time pass. */
  run(ms: number): Promise<void> {
    return this.clock.run(ms);
  }

  /** Lets time pass until something holds, for ten seconds at most. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (let waited = 0; !holds(); waited++) {
      if (waited > 10_000) throw new Error(`${what}: not within 10 s; ${JSON.stringify(this.status())}`);
      await this.run(1);
    }
  }

  /** The member that leads, once all that run and are not in `without` agree on it. */
  async leader(without: readonly NodeId[] = []): Promise<Member & { readonly id: NodeId }> {
    const heard = (): (string | null)[] => {
      return [...this.running].filter(([id]) => !without.includes(id)).map(([, { node }]) => node.status().leader);
    };
    await this.until('one leader', () => {
      const leaders = new Set(heard());
      const [id] = leaders;
      return leaders.size === 1 && typeof id === 'string' && this.running.has(id) && !without.includes(id);
    });
    const id = heard()[0]!;
    return { id, ...this.get(id) };
  }

  /** The ids of the others. */
  others(id: NodeId): NodeId[] {
    return this.#ids.filter((other) => other !== id);
  }

  /** Cuts a member off from all others, or connects it again. */
  isolate(id: NodeId): void {
    for (const other of this.others(id)) this.network.disconnect(id, other);
  }

  rejoin(id: NodeId): void {
    for (const other of this.others(id)) this.network.connect(id, other);
  }

  /** Lets time pass until a promise is settled. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const watch = promise.finally(() => (done = true));
    watch.catch(() => {});
    await this.until('an answer', () => done);
    return promise;
  }

  /** What a promise was rejected with, once it was. */
  async failure(promise: Promise<unknown>): Promise<unknown> {
    return this.settled(
      promise.then(
        (value) => `no error but ${String(value)}`,
        (error: unknown) => error,
      ),
    );
  }

  status(): unknown {
    return [...this.running.values()].map(({ node }) => node.status());
  }
}

/** Three members, or others, all started; they are stopped when the test ends, and then no timer may be left. */
export async function startCluster(
  options: MemberOptions & { readonly ids?: readonly NodeId[] } = {},
): Promise<NodeCluster> {
  const { ids = ['a', 'b', 'c'], ...rest } = options;
  const cluster = new NodeCluster(ids, rest);
  for (const id of ids) await cluster.start(id);
  onTestFinished(async () => {
    for (const id of [...cluster.running.keys()]) await cluster.stop(id);
    if (cluster.timers.armed > 0) throw new Error(`${cluster.timers.armed} timers are left armed`);
  });
  return cluster;
}

/** Proposes lines one after the other. */
export async function write(cluster: NodeCluster, { node }: Member, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await cluster.settled(node.propose(line(text)));
}

/** Every event of a node, in order. */
export function listen(node: RaftNode<string>): unknown[][] {
  const heard: unknown[][] = [];
  const names: (keyof RaftNodeEvents)[] = [
    'role',
    'leader',
    'members',
    'removed',
    'drained',
    'snapshot',
    'installed',
    'failed',
  ];
  for (const name of names) node.on(name, (...values: unknown[]) => heard.push([name, ...values]));
  return heard;
}

/** Lines that fill a log. */
export const many = (count: number, name = 'line'): string[] =>
  Array.from({ length: count }, (_, i) => `${name} ${i + 1}`);
