import { EventEmitter } from 'eventemitter3';
import { checkNodeId, ClosedError, OverloadedError, QuorateError, systemClock } from '../../core/index.js';
import type { Channel, Clock, NodeId } from '../../core/index.js';
import { Driver } from '../../host/index.js';
import type {
  HeartbeatCommand,
  HeartbeatOutput,
  HeartbeatReport,
  Paused,
  PeerRestarted,
  PeerStopped,
  PeerSuspected,
  PeerTrusted,
} from './commands.js';
import type { HeartbeatsLogger, HeartbeatsOptions } from './heartbeats-options.js';
import { HeartbeatMachine } from './machine.js';
import { checkLoad, checkMetadata, parseMessage, type HeartbeatMessage } from './messages.js';
import { initialState, type HeartbeatCounters, type HeartbeatState } from './state.js';
import type { HeartbeatPeer } from './status.js';

/** What {@link Heartbeats} tell, with the arguments of their listeners. */
export interface HeartbeatsEvents {
  /** The first heartbeat of a peer came, or one of the same run after all. */
  trusted: [peer: PeerTrusted];
  /** A peer may be gone: no heartbeat came for too long, or its connection was lost. */
  suspected: [peer: PeerSuspected];
  /** Another run took the place of a peer's former one, with whatever that held in memory. It is trusted. */
  restarted: [peer: PeerRestarted];
  /** A peer said that it stops. It is not suspected. */
  stopped: [peer: PeerStopped];
  /** This process itself stood still. Nobody is suspected for what was missed meanwhile. */
  paused: [pause: Paused];
  /**
   * With code `overloaded`: a peer is neither watched nor beaten to, because `maxPeers` are. With code `heartbeats-failed`: it
   * is all over, because something threw that must not, such as the `detector` of the options.
   */
  error: [error: QuorateError];
}

/** What {@link Heartbeats} have counted since they were opened. */
export interface HeartbeatsStatus extends HeartbeatCounters {
  /** Messages from outside that were no heartbeats. */
  readonly malformed: number;
  /** Messages that the transport dropped here: it was not connected, or its queue was full. */
  readonly dropped: number;
}

/**
 * Heartbeats over a channel of any transport: beats to peers, and watches those that beat to it. Runs a
 * {@link HeartbeatMachine} on the transport and a clock.
 *
 * Heartbeats leave from the event loop: while something blocks it none are sent, and others notice. Not for finding out who
 * is in a large group: each pair that watches costs a message an interval.
 */
export class Heartbeats extends EventEmitter<HeartbeatsEvents> {
  readonly #clock: Clock;
  readonly #channel: Channel;
  readonly #logger: HeartbeatsLogger | undefined;
  readonly #machine: HeartbeatMachine;
  readonly #driver: Driver<HeartbeatMessage, HeartbeatCommand, HeartbeatOutput, never, HeartbeatState>;
  readonly #stopListening: () => void;
  /** How often progress is worth a command: often enough for an eighth of the time after which it is missed. */
  readonly #progressEveryMs: number;
  #progressAt = -Infinity;
  #malformed = 0;
  #dropped = 0;
  #leaving: (() => void)[] = [];
  #over = false;

  /**
   * @throws InvalidOptionError naming the option, the value and what is allowed
   * @throws QuorateError with code `channel-in-use` when somebody listens to the channel already
   */
  constructor(options: HeartbeatsOptions) {
    super();
    const { transport, channelName = 'heartbeats', clock = systemClock, logger, progressTimeoutMs } = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#machine = new HeartbeatMachine(options, initialState(options));
    this.#progressEveryMs = (progressTimeoutMs ?? Infinity) / 8;
    this.#channel = transport.channel(channelName);
    this.#driver = new Driver({
      machine: this.#machine,
      clock,
      send: (to, message) => this.#send(to, message),
      store: async () => {}, // it writes nothing
      deliver: (output) => this.#deliver(output),
      failed: (error) => this.#fail(error),
    });
    this.#stopListening = this.#channel.listen({
      message: (from, message) => this.#receive(from, message),
      peer: (id, up) => this.#driver.input({ type: 'peer', id, up }),
    });
    this.#driver.start();
  }

  /**
   * Beats to a peer from now on, connected or not.
   *
   * @throws InvalidOptionError when it is no valid id, {@link ClosedError} once closed
   */
  beatTo(peer: NodeId): void {
    this.#command({ type: 'beatTo', peer: checkNodeId('peer', peer) });
  }

  /** Beats to a peer no more. It is told nothing, and will suspect this process unless it has stopped watching. */
  stopBeatingTo(peer: NodeId): void {
    this.#driver.input({ type: 'command', command: { type: 'stopBeatingTo', peer } });
  }

  /**
   * Watches a peer from now on. It is suspected when its first heartbeat does not come in time.
   *
   * @throws InvalidOptionError when it is no valid id, {@link ClosedError} once closed
   */
  watch(peer: NodeId): void {
    this.#command({ type: 'watch', peer: checkNodeId('peer', peer) });
  }

  /** Forgets a peer. */
  unwatch(peer: NodeId): void {
    this.#driver.input({ type: 'command', command: { type: 'unwatch', peer } });
  }

  /**
   * What heartbeats say besides, from the next one on. What is left out stays as it was; `null` is said no more.
   *
   * @throws InvalidOptionError naming what is wrong, {@link ClosedError} once closed
   */
  report({ load, metadata }: HeartbeatReport): void {
    this.#command({
      type: 'report',
      ...(load === undefined ? {} : { load: load === null ? null : checkLoad(load) }),
      ...(metadata === undefined ? {} : { metadata: metadata === null ? null : checkMetadata(metadata) }),
    });
  }

  /**
   * The work gets on: to be called from it when `progressTimeoutMs` is set, as often as one likes. Does nothing otherwise, and
   * once closed.
   */
  progress(): void {
    if (this.#progressEveryMs === Infinity) return;
    const now = this.#clock.now();
    if (now - this.#progressAt < this.#progressEveryMs) return;
    this.#progressAt = now;
    this.#driver.input({ type: 'command', command: { type: 'progress' } });
  }

  /** What is known of all peers that are watched. */
  peers(): HeartbeatPeer[] {
    return this.#machine.peers(this.#clock.now());
  }

  /** What is known of a peer; `undefined` when it is not watched. */
  peer(id: NodeId): HeartbeatPeer | undefined {
    return this.#machine.peer(id, this.#clock.now());
  }

  /** What was counted so far. */
  status(): HeartbeatsStatus {
    return { ...this.#machine.counters(), malformed: this.#malformed, dropped: this.#dropped };
  }

  /**
   * Says to all peers that this run stops, so that nobody suspects it, and beats no more. Resolves when the transport has the
   * messages; close that in good order afterwards. Goes on watching until it is closed.
   */
  async stop(): Promise<void> {
    if (this.#over) return;
    const left = new Promise<void>((resolve) => this.#leaving.push(resolve));
    this.#command({ type: 'stop' });
    return left;
  }

  /** Ends it at once, without a word: others will suspect this process, unless it was stopped. Closing twice is harmless. */
  async close(): Promise<void> {
    this.#end();
  }

  /** Closes it: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
  }

  #command(command: HeartbeatCommand): void {
    if (this.#over) throw new ClosedError('this Heartbeats object');
    this.#driver.input({ type: 'command', command });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopListening();
    this.#driver.close();
    this.#left();
  }

  #left(): void {
    const leaving = this.#leaving;
    this.#leaving = [];
    for (const resolve of leaving) resolve();
  }

  #fail(cause: unknown): void {
    this.#end();
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#error(new QuorateError('heartbeats-failed', `heartbeats have failed: ${reason}; open them anew`, { cause }));
  }

  #send(to: NodeId, message: HeartbeatMessage): void {
    if (!this.#channel.send(to, message)) this.#dropped++;
  }

  #receive(from: NodeId, value: unknown): void {
    const message = parseMessage(value);
    if (message === undefined) this.#malformed++;
    else this.#driver.input({ type: 'message', from, message });
  }

  #deliver(output: HeartbeatOutput): void {
    switch (output.type) {
      case 'trusted':
        this.#logger?.info(`${output.peer} is trusted, run ${output.run}`);
        return this.#tell(() => this.emit('trusted', output));
      case 'suspected':
        this.#logger?.warn(`${output.peer} is suspected (${output.reason}), run ${output.run ?? 'unknown'}`);
        return this.#tell(() => this.emit('suspected', output));
      case 'restarted':
        this.#logger?.info(`${output.peer} was restarted as run ${output.run}, before that ${output.previous}`);
        return this.#tell(() => this.emit('restarted', output));
      case 'stopped':
        this.#logger?.info(`${output.peer} has stopped, run ${output.run}`);
        return this.#tell(() => this.emit('stopped', output));
      case 'paused':
        this.#logger?.warn(`this process stood still for ${Math.round(output.ms)} ms`);
        return this.#tell(() => this.emit('paused', output));
      case 'refused':
        return this.#error(new OverloadedError(`heartbeats with ${output.peer}: the number of peers`, output.limit));
      case 'left':
        return this.#left();
    }
  }

  #error(error: QuorateError): void {
    this.#logger?.warn(error.message);
    this.#tell(() => this.emit('error', error));
  }

  /** A listener that throws must not end it all: what it threw surfaces as an uncaught error. */
  #tell(emit: () => void): void {
    try {
      emit();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
