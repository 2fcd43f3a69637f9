import type { NodeId } from '../../core/index.js';
import type { FailureDetector } from '../failure-detector.js';
import type { SuspicionReason } from './commands.js';
import type { Heartbeat, HeartbeatMetadata } from './messages.js';
import type { PeerCondition, PeerState, RetiredRun } from './state.js';

/** How many runs are remembered that others took the place of: more than restart while messages are under way. */
const MAX_RETIRED = 4;
/**
 * How far the number of a heartbeat may be from what is due, in milliseconds. A minute: heartbeats are held up for less, and
 * whatever a wrong number does lasts no longer.
 */
const STRAY_MS = 60_000;

const NO_RUNS: RetiredRun[] = [];

/** A peer that is watched: its run, the numbers of its heartbeats, and its detector. */
export class Peer {
  readonly id: NodeId;
  /** Its place in the queue of deadlines. */
  readonly index: number;
  condition: PeerCondition = 'awaited';
  reason: SuspicionReason | null = null;
  run: string | null = null;
  detector: FailureDetector | null = null;
  awaitedUntil: number;
  intervalMs = 0;
  first = -1;
  last = -1;
  heartbeats = 0;
  heardAt = -Infinity;
  sentAt = -Infinity;
  load: number | null = null;
  metadata: HeartbeatMetadata | null = null;
  #origin = -Infinity;
  #retired = NO_RUNS;

  constructor(id: NodeId, index: number, awaitedUntil: number) {
    this.id = id;
    this.index = index;
    this.awaitedUntil = awaitedUntil;
  }

  /** Goes on from a state. */
  static from(state: PeerState, index: number, detector: FailureDetector | null): Peer {
    const { id, awaitedUntil, retired, origin, lookAt: _lookAt, detector: numbers, ...rest } = state;
    const peer = Object.assign(new Peer(id, index, awaitedUntil), rest);
    if (retired.length > 0) peer.#retired = [...retired];
    peer.#origin = origin;
    peer.detector = detector;
    if (numbers !== null) detector?.restore(numbers);
    return peer;
  }

  state(lookAt: number): PeerState {
    return {
      id: this.id,
      condition: this.condition,
      reason: this.reason,
      run: this.run,
      retired: [...this.#retired],
      intervalMs: this.intervalMs,
      first: this.first,
      last: this.last,
      heartbeats: this.heartbeats,
      origin: this.#origin,
      heardAt: this.heardAt,
      sentAt: this.sentAt,
      load: this.load,
      metadata: this.metadata,
      awaitedUntil: this.awaitedUntil,
      lookAt,
      detector: this.detector?.state() ?? null,
    };
  }

  get trusted(): boolean {
    return this.condition === 'trusted';
  }

  /** When it is suspected unless a heartbeat comes before. */
  get deadline(): number {
    return this.condition === 'awaited' ? this.awaitedUntil : this.detector!.deadline();
  }

  /** A run that another one took the place of, or that said it stops. */
  retired(run: string): RetiredRun | undefined {
    return this.#retired.find((retired) => retired.run === run);
  }

  /**
   * Its run is over: a heartbeat of it that is late is known for what it is.
   *
   * @param certain - whether that is known, and not only likely
   */
  retire(now: number, certain: boolean): void {
    if (this.run === null || this.retired(this.run) !== undefined) return;
    // Infinity when none was heard of it.
    const lastDue = certain ? this.last + Math.ceil((now - this.heardAt + STRAY_MS) / this.intervalMs) : -1;
    this.#retired = [...this.#retired.slice(1 - MAX_RETIRED), { run: this.run, lastDue }];
    this.detector = null;
  }

  /** Another run, or one that was taken for dead. What came of the one before is forgotten. */
  begin(run: string): void {
    if (this.retired(run) !== undefined) this.#retired = this.#retired.filter((retired) => retired.run !== run);
    this.run = run;
    this.detector = null;
    this.first = this.last = -1;
    this.heartbeats = 0;
    this.heardAt = this.sentAt = -Infinity;
    this.load = null;
    this.metadata = null;
  }

  /** What the number of a heartbeat says of it, when it is not the first of its run. */
  judge({ sequence }: Heartbeat, now: number): 'next' | 'stale' | 'early' | 'renumbered' {
    const { intervalMs, last, trusted } = this;
    if (sequence > last) {
      if (this.#origin + sequence * intervalMs - now <= STRAY_MS) return 'next';
      return trusted ? 'early' : 'renumbered';
    }
    // A number that should not have been believed is in the way: believed again when nothing else is left.
    return trusted || (last - sequence) * intervalMs <= STRAY_MS ? 'stale' : 'renumbered';
  }

  /** Numbers begin with this heartbeat. */
  number({ sequence, intervalMs }: Heartbeat, detector: FailureDetector): void {
    this.detector = detector;
    this.intervalMs = intervalMs;
    this.first = sequence;
    this.heartbeats = 0;
    this.#origin = -Infinity;
  }

  /** Takes a heartbeat in. @param timely - whether the time of its arrival says something of when it was sent */
  heard({ sequence, sentAt, load, metadata }: Heartbeat, now: number, timely: boolean): void {
    if (timely) {
      this.detector!.heartbeat(now, sequence);
      this.#origin = now - sequence * this.intervalMs;
    } else {
      this.detector!.expectFrom(now);
    }
    this.last = sequence;
    this.heartbeats++;
    this.heardAt = now;
    this.sentAt = sentAt;
    this.load = load ?? null;
    this.metadata = metadata ?? null;
  }
}
