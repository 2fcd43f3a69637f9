import type { Clock, NodeId, Transport } from '../../core/index.js';
import { findDifference, show } from '../compare.js';
import { ConformanceError, type ConformanceCase } from './case.js';
import { pause, Watch, type Patience } from './watch.js';

/** How {@link transportCases} makes transports. */
export interface TransportSetup {
  /** Makes a network of its own for each case, with nobody on it. */
  network(): TransportNetwork | Promise<TransportNetwork>;
  /** Times the waiting for what must happen. @defaultValue `systemClock` */
  readonly clock?: Clock;
  /**
   * How long something that must happen may take.
   * @defaultValue 5000: only failing cases wait so long
   */
  readonly timeoutMs?: number;
}

/** The network of one case. */
export interface TransportNetwork {
  /**
   * Opens the transport of a node, which can reach all others of this network: at once, or when it was told their
   * addresses (see `addresses` of {@link TransportSupports}).
   */
  open(id: NodeId): Transport | Promise<Transport>;
  /** Frees what is left when all transports are closed. @defaultValue nothing is left */
  close?(): Promise<void>;
}

/** What a transport promises beyond datagrams: switches the sections of {@link transportCases}. */
export interface TransportSupports {
  /** Messages between two connected nodes arrive in the order in which they were sent; its channels say so too. */
  readonly ordered: boolean;
  /** A message that `send` took may get lost although both nodes stay connected. The kit then repeats what it sends. */
  readonly loss: boolean;
  /** A message may arrive more than once. */
  readonly duplicates: boolean;
  /** Listeners are told of peers that come and go. */
  readonly notices: boolean;
  /** A node is reached only by those who were told its `status().address` by `setAddress`. The kit tells them. */
  readonly addresses: boolean;
  /** What arrives shares no memory with what was sent, as when it crossed a process boundary. */
  readonly copies: boolean;
  /** `send` throws `not-encodable` for whatever is none of the values that messages may hold. */
  readonly checksValues: boolean;
  /**
   * How many messages of 64 KiB, sent in one go to one peer, fill its queue at the latest, so that `send` returns false;
   * `null` leaves the case out: a queue without a bound can take all memory. Choose small limits in the setup.
   */
  readonly queuedMessages: number | null;
  /** A node that was closed can be opened again under its id. */
  readonly reopens: boolean;
}

/** The channel on which the kit itself waits for connections. */
const OWN_CHANNEL = 'conformance';

/** How soon something is sent again where messages may get lost. */
const REPEAT_MS = 5;

interface Opened {
  readonly transport: Transport;
  readonly watch: Watch;
}

/** The transports of one case, and what the cases have in common. */
export class TransportBench {
  readonly supports: TransportSupports;
  readonly #network: TransportNetwork;
  readonly #patience: Patience;
  readonly #opened = new Map<NodeId, Opened>();
  readonly #all: Transport[] = [];

  constructor(network: TransportNetwork, supports: TransportSupports, patience: Patience) {
    this.#network = network;
    this.supports = supports;
    this.#patience = patience;
  }

  /** Whether each message arrives exactly once. */
  get exact(): boolean {
    return !this.supports.loss && !this.supports.duplicates;
  }

  /** Opens a transport and resolves when it is connected with all others that are open. */
  async open(id: NodeId): Promise<Transport> {
    const transport = await this.openAlone(id);
    for (const { transport: other } of this.#opened.values()) {
      this.introduce(transport, other);
      this.introduce(other, transport);
    }
    await this.settle();
    return transport;
  }

  /** Opens a transport that knows no addresses. */
  async openAlone(id: NodeId): Promise<Transport> {
    const transport = await this.#network.open(id);
    this.#all.push(transport);
    this.#opened.set(id, { transport, watch: this.watch(transport, OWN_CHANNEL) });
    return transport;
  }

  /** Opens transports named a, b and so on. */
  async openAll<const Ids extends readonly NodeId[]>(...ids: Ids): Promise<{ [Key in keyof Ids]: Transport }> {
    const transports: Transport[] = [];
    for (const id of ids) transports.push(await this.open(id));
    return transports as { [Key in keyof Ids]: Transport };
  }

  /** Tells one transport the address of another, where that is needed. */
  introduce(transport: Transport, other: Transport): void {
    if (this.supports.addresses && transport !== other) transport.setAddress(other.id, other.status().address);
  }

  /** Closes a transport. */
  async close(transport: Transport): Promise<void> {
    if (this.#opened.get(transport.id)?.transport === transport) this.#opened.delete(transport.id);
    await transport.close();
  }

  /** Resolves when all that are open are connected with each other. */
  async settle(): Promise<void> {
    const ids = [...this.#opened.keys()];
    await Promise.all(
      Array.from(this.#opened.values(), async ({ transport, watch }) => {
        for (const id of ids) if (id !== transport.id) await this.#met(transport, watch, id);
      }),
    );
  }

  /** Listens to a channel. */
  watch(transport: Transport, channel: string, onMessage?: (from: NodeId, message: unknown) => void): Watch {
    return new Watch(transport.channel(channel), this.#patience, onMessage);
  }

  /** Calls `send` until it takes the message, and again and again where messages may get lost, until the condition holds. */
  async until(watch: Watch, expected: string, condition: () => boolean, send: () => boolean): Promise<void> {
    let over = false;
    const again = (): void => {
      if (over) return;
      const taken = send();
      if (this.supports.loss || !taken) this.#patience.clock.after(REPEAT_MS, again);
    };
    again();
    await watch.until(expected, condition).finally(() => (over = true));
  }

  /** Sends a message until it has arrived, and takes care that nothing else does. */
  async deliver(from: Transport, channel: string, watch: Watch, to: NodeId, message: unknown): Promise<void> {
    const arrived = (): boolean => watch.contents.some((content) => findDifference(message, content) === null);
    await this.until(watch, `the message ${show(message)}`, arrived, () => from.channel(channel).send(to, message));
  }

  /** Refuses unless these messages were seen and no others, each once where the transport promises that. */
  sameMessages(what: string, watch: Watch, sent: readonly unknown[]): void {
    const left = [...watch.contents];
    for (const message of sent) {
      const at = left.findIndex((content) => findDifference(message, content) === null);
      if (at < 0) throw new ConformanceError(`${what}: expected ${show(message)}, saw ${show(watch.contents)}`);
      left.splice(at, 1);
    }
    const strange = left.filter((content) => this.exact || !sent.some((one) => findDifference(one, content) === null));
    if (strange.length > 0) throw new ConformanceError(`${what}: nobody sent ${show(strange)} (so often)`);
  }

  /** Gives what must not happen the time to happen: `first` and `second` exchange messages. */
  async meanwhile(first: Transport, second: Transport): Promise<void> {
    const atFirst = this.watch(first, 'meanwhile');
    const atSecond = this.watch(second, 'meanwhile', (from, message) =>
      second.channel('meanwhile').send(from, message),
    );
    for (let turn = 0; turn < 5; turn++) await this.deliver(first, 'meanwhile', atFirst, second.id, turn);
    atFirst.stop();
    atSecond.stop();
  }

  /** Closes everything. */
  async end(): Promise<void> {
    await Promise.all(this.#all.map((transport) => transport.close()));
    await this.#network.close?.();
  }

  async #met(transport: Transport, watch: Watch, id: NodeId): Promise<void> {
    if (this.supports.notices) {
      const last = (): string | undefined => watch.notices.findLast((notice) => notice.startsWith(`${id} `));
      return watch.until(`the notice "${id} up"`, () => last() === `${id} up`);
    }
    const theirs = this.#opened.get(id)!.watch;
    while (!theirs.messages.some(({ from }) => from === transport.id)) {
      transport.channel(OWN_CHANNEL).send(id, 'are you there?');
      await pause(this.#patience, REPEAT_MS);
    }
  }
}

/** Makes a case of a function that gets a bench of its own. */
export type TransportTest = (name: string, run: (bench: TransportBench) => Promise<void>) => ConformanceCase;
