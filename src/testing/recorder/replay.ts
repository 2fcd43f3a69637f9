import { checkNumber, InvalidOptionError } from '../../core/index.js';
import type { Clock, NodeId, Transport } from '../../core/index.js';
import { Expectations } from './expectations.js';
import type { RecordedEvent, Recording } from './recording.js';
import type { ReplayRules } from './rules.js';

/** When {@link replayRecording} plays what. */
export type ReplayPace = 'time' | 'answers' | 'both';

const PACES: ReadonlySet<unknown> = new Set<ReplayPace>(['time', 'answers', 'both']);

/** Options of {@link replayRecording}. */
export interface ReplayOptions extends ReplayRules {
  /** Opens the transport of a peer that is played; closed at the end, or when the recorded peer went. */
  readonly open: (id: NodeId) => Transport | Promise<Transport>;
  /** Times the replay. On a `VirtualClock` that the node shares, the same thing happens each time. */
  readonly clock: Clock;
  /**
   * When the peers say what they said:
   *
   * - `time`: at the recorded times. For a node in the same process on the same virtual clock.
   * - `answers`: as soon as the node has sent what it sent before that in the recording. All peers are there from the
   *   start. For a node with a clock of its own.
   * - `both`: as `answers`, but with the recorded time between two messages, or more. For a node with a clock of its own
   *   whose answers depend on how long nothing came, such as a vote while a leader may live.
   *
   * @defaultValue `'time'`
   */
  readonly pace?: ReplayPace;
  /**
   * How long what is expected may take: the connection of each peer, each message with `pace: 'answers'` and `'both'`,
   * the last messages.
   * @defaultValue 5000
   */
  readonly timeoutMs?: number;
  /** Gives up, and closes what was opened. */
  readonly signal?: AbortSignal;
}

/** What came of a replay. */
export interface ReplayResult {
  /** What the node did first that the recorded one had not done, as a sentence; `null` when it did the same. */
  readonly mismatch: string | null;
  /** How many messages of the node were as expected. */
  readonly compared: number;
  /** How many messages were sent to the node. */
  readonly played: number;
}

/**
 * Plays all the peers of a recorded node against one node that is untouched and knows nothing of it: sends it what the
 * recorded one received, and compares what it sends with what that one sent, in order for each peer and channel. Ends at
 * the first difference.
 *
 * Start the node in the state in which the recorded one started (journal, seed, options), at the moment of this call.
 * A node whose decisions depend on real time may rightly do something else: say by {@link ReplayRules} what may differ.
 *
 * @throws InvalidOptionError, the reason of the signal, and whatever `open` throws
 */
export async function replayRecording(recording: Recording, options: ReplayOptions): Promise<ReplayResult> {
  const { pace = 'time', timeoutMs = 5000 } = options;
  if (!PACES.has(pace)) throw new InvalidOptionError('pace', pace, "'time', 'answers' or 'both'");
  checkNumber('timeoutMs', timeoutMs, { min: 1, integer: false });
  const replay = new Replay(recording, { ...options, pace, timeoutMs });
  try {
    return await replay.run();
  } finally {
    await replay.close();
  }
}

type Settings = ReplayOptions & Required<Pick<ReplayOptions, 'pace' | 'timeoutMs'>>;

class Replay {
  readonly #recording: Recording;
  readonly #options: Settings;
  readonly #expectations: Expectations;
  readonly #startedAt: number;
  readonly #peers = new Map<NodeId, Transport>();
  /** The peers that are connected with the node. */
  readonly #connected = new Set<NodeId>();
  readonly #waiters = new Set<() => void>();
  /** When the last message was played, by the recording and by the clock. */
  #lastPlayed = { at: 0, now: 0 };
  #played = 0;

  constructor(recording: Recording, options: Settings) {
    this.#recording = recording;
    this.#options = options;
    this.#expectations = new Expectations(recording.events, options);
    this.#startedAt = options.clock.now();
  }

  async run(): Promise<ReplayResult> {
    const { events } = this.#recording;
    const inTurn = this.#options.pace !== 'time';
    if (inTurn) {
      this.#expectations.toldUpTo(placeOfReceive(events, 0));
      await this.#openAll();
    }
    for (let i = 0; i < events.length && this.#expectations.mismatch === null; i++) {
      await (inTurn ? this.#inItsTurn(events, i) : this.#atItsTime(events, i));
    }
    this.#expectations.end();
    await this.#orMissed(() => this.#expectations.complete);
    const { mismatch, compared } = this.#expectations;
    return { mismatch, compared, played: this.#played };
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#peers.values(), (transport) => transport.close()));
  }

  /** What one peer said at one time was handed over together; others get a turn of their own. */
  async #atItsTime(events: readonly RecordedEvent[], index: number): Promise<void> {
    const event = events[index]!;
    const before = events[index - 1];
    const { clock } = this.#options;
    const together = before?.type === event.type && before.peer === event.peer && before.at === event.at;
    if (event.type === 'send') return;
    if (!together) await this.#pause(this.#startedAt + event.at - clock.now());
    if (event.type === 'receive') this.#send(await this.#peer(event.peer), event);
    else if (event.up) await this.#peer(event.peer);
    else await this.#leave(event.peer);
  }

  async #inItsTurn(events: readonly RecordedEvent[], index: number): Promise<void> {
    const event = events[index]!;
    if (event.type === 'receive') {
      await this.#keepGap(event.at);
      this.#expectations.toldUpTo(placeOfReceive(events, index + 1));
      this.#send(await this.#peer(event.peer), event);
    } else if (event.type === 'send' && event.taken) {
      await this.#orMissed(() => this.#expectations.has(event));
    }
  }

  /** No message comes sooner after the one before than it did when it was recorded. */
  async #keepGap(at: number): Promise<void> {
    const { clock, pace } = this.#options;
    if (pace === 'both') await this.#pause(this.#lastPlayed.now + at - this.#lastPlayed.at - clock.now());
    this.#lastPlayed = { at, now: clock.now() };
  }

  #send(peer: Transport, { channel, message }: RecordedEvent & { readonly type: 'receive' }): void {
    if (this.#options.plays?.(message, channel, peer.id) === false) return;
    if (peer.channel(channel).send(this.#recording.node, message)) this.#played++;
  }

  async #openAll(): Promise<void> {
    const ids = [...new Set(this.#recording.events.map(({ peer }) => peer))];
    for (const id of ids) await this.#peer(id);
    const late = await this.#until(() => ids.every((id) => this.#connected.has(id)));
    this.#lastPlayed = { at: this.#recording.events[0]?.at ?? 0, now: this.#options.clock.now() };
    if (late) this.#expectations.missed(this.#options.timeoutMs);
  }

  async #peer(id: NodeId): Promise<Transport> {
    const known = this.#peers.get(id);
    if (known !== undefined) return known;
    const transport = await this.#options.open(id);
    this.#peers.set(id, transport);
    const channels = this.#recording.events.filter(({ peer }) => peer === id).map(({ channel }) => channel);
    for (const name of new Set(channels)) this.#listen(transport, name);
    return transport;
  }

  #listen(transport: Transport, name: string): void {
    const codec = this.#options.codec?.(name);
    transport.channel(name, codec === undefined ? {} : { codec }).listen({
      message: (from, message) => {
        if (from === this.#recording.node) this.#expectations.came(name, transport.id, message);
        this.#changed();
      },
      peer: (id, up) => {
        if (id === this.#recording.node) this.#connected[up ? 'add' : 'delete'](transport.id);
        this.#changed();
      },
    });
  }

  async #leave(id: NodeId): Promise<void> {
    const transport = this.#peers.get(id);
    this.#peers.delete(id);
    await transport?.close();
  }

  async #orMissed(condition: () => boolean): Promise<void> {
    const late = await this.#until(() => condition() || this.#expectations.mismatch !== null);
    if (late) this.#expectations.missed(this.#options.timeoutMs);
  }

  /** Resolves with false once the condition holds, with true when that takes too long. */
  #until(condition: () => boolean, timeoutMs = this.#options.timeoutMs): Promise<boolean> {
    const { clock, signal } = this.#options;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        cancel();
        signal?.removeEventListener('abort', abort);
        this.#waiters.delete(look);
        settle();
      };
      const abort = (): void => end(() => reject(signal!.reason));
      const look = (): void => (condition() ? end(() => resolve(false)) : undefined);
      const cancel = clock.after(timeoutMs, () => end(() => resolve(true)));
      this.#waiters.add(look);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted === true) abort();
      else look();
    });
  }

  async #pause(ms: number): Promise<void> {
    await this.#until(() => false, ms);
  }

  #changed(): void {
    for (const look of this.#waiters) look();
  }
}

/** Where the next message is that the node is sent, from a place on. */
function placeOfReceive(events: readonly RecordedEvent[], from: number): number {
  for (let place = from; place < events.length; place++) if (events[place]!.type === 'receive') return place;
  return Infinity;
}
