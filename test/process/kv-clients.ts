import { KvClient } from '../../examples/replicated-kv/client.js';
import { CONTENDED_KEYS, Contention } from '../../examples/replicated-kv/contention.js';
import { noted, type Call, type History, type Return } from '../../examples/replicated-kv/history.js';
import { CLUSTER, KV_CHANNEL, type GetReply, type StatusReply } from '../../examples/replicated-kv/protocol.js';
import { RecordedHistory, type Consistency } from '../../examples/replicated-kv/recorded-history.js';
import { systemClock, type Cancel, type NodeId } from '../../src/core/index.js';
import { openRequests, type Requests } from '../../src/host/index.js';
import { openTcpTransport, type TcpTransport } from '../../src/transport/tcp.js';

/** How long anything here may take: far more than it does. */
const BOUND_MS = 10_000;
/** How long a read of a server waits for its answer: longer than that server is kept from giving one. */
const READ_MS = 20_000;
const READ_EVERY_MS = 50;
const STATUS_MS = 250;
const STATUS_PAUSE_MS = 20;
/** About how many calls there are: so few that every one is kept. */
const CALLS = 10_000;

/** Counts the puts that were acknowledged. */
class Puts implements History {
  acknowledged = 0;
  readonly #open = new Set<number>();
  readonly #watchers = new Set<() => void>();
  #calls = 0;

  call({ op }: Call): number {
    const id = ++this.#calls;
    if (op === 'put') this.#open.add(id);
    return id;
  }

  returned(id: number, { outcome }: Return): void {
    if (!this.#open.delete(id) || outcome !== 'ok') return;
    this.acknowledged++;
    for (const look of this.#watchers) look();
  }

  close(): void {}

  /** Resolves when so many are acknowledged. */
  reached(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const bound = AbortSignal.timeout(BOUND_MS);
      const end = (settle: () => void): void => {
        this.#watchers.delete(look);
        bound.removeEventListener('abort', late);
        settle();
      };
      const look = (): void => (this.acknowledged >= count ? end(resolve) : undefined);
      const late = (): void => end(() => reject(new Error(`${count} puts: only ${this.acknowledged} acknowledged`)));
      this.#watchers.add(look);
      bound.addEventListener('abort', late);
      look();
    });
  }
}

/**
 * Clients of the replicated map of the example. Some follow the leader: they write and read the same few keys. Others read
 * those keys from each server all the time, whether it leads or not, answers or not. Every call is recorded, and in the
 * end all must fit together.
 */
export class KvClients {
  readonly #ids: readonly NodeId[];
  readonly #following: KvClient;
  readonly #transport: TcpTransport;
  readonly #requests: Requests;
  readonly #puts = new Puts();
  readonly #history = new RecordedHistory(this.#puts, CALLS);
  readonly #contention: Contention;
  readonly #contending: Promise<void>;
  #stopReading: Cancel = () => {};
  readonly #waiting: Map<NodeId, Set<Promise<void>>>;
  #processes = Contention.processes;

  private constructor(ids: readonly NodeId[], following: KvClient, transport: TcpTransport) {
    this.#ids = ids;
    this.#following = following;
    this.#transport = transport;
    this.#requests = openRequests(transport.channel(KV_CHANNEL), { clock: systemClock, timeoutMs: READ_MS });
    this.#waiting = new Map(ids.map((id) => [id, new Set()]));
    this.#contention = new Contention(following, this.#history, 0);
    this.#contending = this.#contention.run();
    this.#contending.catch(() => {}); // `finish` tells
    this.#readEverywhere();
  }

  /** Connects, and begins to write and to read. */
  static async open(addresses: Readonly<Record<NodeId, string>>): Promise<KvClients> {
    const options = { id: 'readers', cluster: CLUSTER, listen: null, addresses, reconnectMaxMs: 200 };
    return new KvClients(Object.keys(addresses), await KvClient.open(addresses), await openTcpTransport(options));
  }

  /** Resolves when so many more puts are acknowledged. */
  morePuts(count: number): Promise<void> {
    return this.#puts.reached(this.#puts.acknowledged + count);
  }

  /** Resolves once somebody leads in a later term than this one. */
  leaderAfter(term: number): Promise<StatusReply> {
    return this.#status(`a leader after term ${term}`, (status) => status.role === 'leader' && status.term > term);
  }

  /** Resolves once a server follows the leader of this term, or of a later one, and has applied what it has committed by now. */
  follower(id: NodeId, { term, commitIndex }: StatusReply): Promise<StatusReply> {
    const follows = (status: StatusReply): boolean =>
      status.node === id && status.role === 'follower' && status.term >= term && status.appliedIndex >= commitIndex;
    return this.#status(`${id} as a follower in term ${term} with entry ${commitIndex}`, follows);
  }

  /** The reads of a server that wait for its answer. Each resolves with that, or when it is given up. */
  waitingFor(id: NodeId): readonly Promise<void>[] {
    return [...this.#waiting.get(id)!];
  }

  /** Ends all calls, and judges them. */
  async finish(): Promise<Consistency> {
    this.#contention.stop();
    await this.#contending;
    this.#stopReading();
    await this.#contention.settle();
    await this.close();
    return this.#history.check();
  }

  /** Gives up everything that is under way. */
  async close(): Promise<void> {
    this.#stopReading();
    this.#contention.stop();
    await this.#following.close();
    await this.#requests.close();
    await this.#transport.close();
  }

  async #status(what: string, holds: (status: StatusReply) => boolean): Promise<StatusReply> {
    const giveUpAt = performance.now() + BOUND_MS;
    while (performance.now() < giveUpAt) {
      const asked = this.#ids.map((id) => this.#requests.request(id, { op: 'status' }, { timeoutMs: STATUS_MS }));
      for (const reply of await Promise.allSettled(asked)) {
        if (reply.status === 'fulfilled' && holds(reply.value as StatusReply)) return reply.value as StatusReply;
      }
      await new Promise<void>((resolve) => systemClock.after(STATUS_PAUSE_MS, resolve)); // no event comes from there
    }
    throw new Error(`there was not, within ${BOUND_MS} ms: ${what}`);
  }

  #readEverywhere(): void {
    for (const [id, waiting] of this.#waiting) {
      const read = this.#read(id).finally(() => waiting.delete(read));
      waiting.add(read);
    }
    this.#stopReading = systemClock.after(READ_EVERY_MS, () => this.#readEverywhere());
  }

  /** One read of one server. A caller makes one call at a time, so each of these has one of its own. */
  async #read(id: NodeId): Promise<void> {
    const key = CONTENDED_KEYS[this.#processes % CONTENDED_KEYS.length]!;
    await noted(
      this.#history,
      { op: 'get', process: this.#processes++, key },
      {
        make: () => this.#requests.request(id, { op: 'get', key }) as Promise<GetReply>,
        repeats: false,
        describe: (reply) => ({ outcome: 'ok', ...reply }),
      },
    ).catch(() => {}); // refused, or given up: what became of it is noted
  }
}
