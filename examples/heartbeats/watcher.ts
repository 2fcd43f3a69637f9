import { systemClock, type Clock, type NodeId, type Transport } from 'quorate/core';
import { Heartbeats, type HeartbeatPeer, type SuspicionReason } from 'quorate/detector/heartbeats';
import type { Gpid } from 'quorate/id';
import { detectors } from './detectors.js';
import type { ExampleEvent, Seen } from './events.js';
import type { Options } from './options.js';

/** What a watcher works with. */
export interface WatcherParts {
  readonly transport: Pick<Transport, 'channel'>;
  /** Of the monitor itself. */
  readonly gpid: Gpid;
  readonly options: Pick<Options, 'detector' | 'intervalMs' | 'timeoutMs'>;
  /** Is told what nobody has done: suspicions that are wrong, and that the monitor stood still. */
  readonly tell: (event: ExampleEvent) => void;
  readonly clock?: Clock;
}

/** What a monitor told of a process, and when. */
export interface Sighting {
  readonly at: number;
  readonly reason: SuspicionReason | null;
}

interface Waiter {
  readonly id: NodeId;
  readonly seen: Seen;
  readonly resolve: (sighting: Sighting) => void;
}

/** Watches the heartbeats of the members, and judges whether who is suspected should be. */
export class Watcher {
  readonly #heartbeats: Heartbeats;
  readonly #clock: Clock;
  readonly #tell: (event: ExampleEvent) => void;
  readonly #restarts = new Map<NodeId, number>();
  #waiters: Waiter[] = [];
  /** Of whom no heartbeats can come. */
  readonly #excused = new Set<NodeId>();
  /** Suspicions of which it is not known yet that they are wrong: a process that dies is suspected before its end is known. */
  readonly #doubtful = new Map<NodeId, Sighting & { readonly reason: SuspicionReason }>();
  #wrongSuspicions = 0;

  constructor({ transport, gpid, options, tell, clock = systemClock }: WatcherParts) {
    this.#tell = tell;
    this.#clock = clock;
    const { intervalMs, timeoutMs } = options;
    const makeDetector = detectors[options.detector]!;
    this.#heartbeats = new Heartbeats({
      transport,
      gpid,
      intervalMs,
      clock,
      detector: (_peer, intervalMs) => makeDetector(intervalMs, timeoutMs),
      // So long is no trouble for detectors that wait twice as long. With less, a monitor on a loaded machine would take
      // itself for one that stood still so often that it would suspect nobody.
      pauseToleranceMs: Math.max(intervalMs, timeoutMs / 2),
    });
    this.#heartbeats
      .on('suspected', ({ peer, reason }) => this.#suspected(peer, { at: clock.now(), reason }))
      .on('trusted', ({ peer }) => this.#cleared(peer, 'trusted'))
      .on('restarted', ({ peer }) => {
        this.#restarts.set(peer, this.restarts(peer) + 1);
        this.#cleared(peer, 'restarted');
      })
      .on('stopped', ({ peer }) => this.#cleared(peer, 'stopped'))
      .on('paused', ({ ms }) => tell({ event: 'paused', ms }));
  }

  /** How often a process that lives and works was suspected. */
  get wrongSuspicions(): number {
    return this.#wrongSuspicions;
  }

  /** How many heartbeats came. */
  get received(): number {
    return this.#heartbeats.status().received;
  }

  watch(id: NodeId): void {
    this.#heartbeats.watch(id);
  }

  /** What is known of a process; `undefined` while it is not watched. */
  peer(id: NodeId): HeartbeatPeer | undefined {
    return this.#heartbeats.peer(id);
  }

  /** How often a process was restarted. */
  restarts(id: NodeId): number {
    return this.#restarts.get(id) ?? 0;
  }

  /** Resolves when this is next told of a process. */
  next(id: NodeId, seen: Seen): Promise<Sighting> {
    return new Promise((resolve) => this.#waiters.push({ id, seen, resolve }));
  }

  /** Whether it is right to suspect a process from now on. */
  excuse(id: NodeId, excused: boolean): void {
    if (excused) this.#excused.add(id);
    else this.#excused.delete(id);
  }

  /** A process died: whoever suspects it, or has done so just now, is right. */
  died(id: NodeId): void {
    this.excuse(id, true);
    this.#doubtful.delete(id);
  }

  /** Ends it: who is still suspected, and should not be, is so wrongly. */
  async close(): Promise<void> {
    await this.#heartbeats.close();
    for (const id of this.#doubtful.keys()) this.#judge(id);
  }

  #suspected(id: NodeId, sighting: Sighting & { readonly reason: SuspicionReason }): void {
    if (!this.#excused.has(id)) this.#doubtful.set(id, sighting);
    this.#saw(id, 'suspected', sighting);
  }

  #cleared(id: NodeId, seen: Seen): void {
    this.#judge(id);
    this.#saw(id, seen, { at: this.#clock.now(), reason: null });
  }

  /** It was suspected, and lives. */
  #judge(id: NodeId): void {
    const suspicion = this.#doubtful.get(id);
    if (suspicion === undefined) return;
    this.#doubtful.delete(id);
    this.#wrongSuspicions++;
    const { at, reason } = suspicion;
    this.#tell({ event: 'wrong-suspicion', process: id, reason, ms: this.#clock.now() - at });
  }

  #saw(id: NodeId, seen: Seen, sighting: Sighting): void {
    const waiters = this.#waiters;
    const fits = (waiter: Waiter): boolean => waiter.id === id && waiter.seen === seen;
    this.#waiters = waiters.filter((waiter) => !fits(waiter));
    for (const waiter of waiters) if (fits(waiter)) waiter.resolve(sighting);
  }
}
