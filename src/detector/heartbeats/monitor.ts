import { MalformedError, type NodeId } from '../../core/index.js';
import { parseGpid } from '../../id/index.js';
import type { HeartbeatOutput, SuspicionReason } from './commands.js';
import { DeadlineQueue } from './deadline-queue.js';
import type { Heartbeat, HeartbeatMessage } from './messages.js';
import type { ResolvedHeartbeatOptions } from './options.js';
import { Peer } from './peer.js';
import type { HeartbeatCounters, HeartbeatState, PeerState } from './state.js';

/** A tick of the queue is this part of an interval: suspicions come so much later than they are due, at most. */
const TICKS_PER_INTERVAL = 64;

/** Watches the heartbeats of peers: who runs, who is late, who is back. */
export class Monitor {
  readonly #options: ResolvedHeartbeatOptions;
  readonly #counters: HeartbeatCounters;
  readonly #tell: (output: HeartbeatOutput) => void;
  readonly #peers = new Map<NodeId, Peer>();
  readonly #queue: DeadlineQueue;
  /** By their places in the queue. */
  readonly #byIndex: (Peer | undefined)[] = [];
  readonly #freeIndexes: number[] = [];
  #graceUntil: number;

  constructor(options: ResolvedHeartbeatOptions, state: HeartbeatState, tell: (output: HeartbeatOutput) => void) {
    this.#options = options;
    this.#counters = state.counters;
    this.#tell = tell;
    this.#graceUntil = state.graceUntil;
    this.#queue = new DeadlineQueue(Math.max(1, Math.ceil(options.intervalMs / TICKS_PER_INTERVAL)));
    for (const peer of state.peers) this.#restore(peer);
  }

  /** When it is next to be woken; `Infinity` for never. */
  get wakeAt(): number {
    return this.#queue.nextAt;
  }

  get size(): number {
    return this.#peers.size;
  }

  get graceUntil(): number {
    return this.#graceUntil;
  }

  get peers(): Iterable<Peer> {
    return this.#peers.values();
  }

  peer(id: NodeId): Peer | undefined {
    return this.#peers.get(id);
  }

  state(): PeerState[] {
    return Array.from(this.#peers.values(), (peer) => peer.state(this.#queue.deadline(peer.index)));
  }

  watch(id: NodeId, now: number): void {
    if (this.#peers.has(id)) return;
    if (this.#peers.size < this.#options.maxPeers) {
      this.#add(id, now);
    } else {
      this.#counters.refused++;
      this.#tell({ type: 'refused', peer: id, limit: this.#options.maxPeers });
    }
  }

  unwatch(id: NodeId): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#queue.set(peer.index, Infinity);
    this.#byIndex[peer.index] = undefined;
    this.#freeIndexes.push(peer.index);
    this.#peers.delete(id);
  }

  receive(from: NodeId, message: HeartbeatMessage, now: number): void {
    const peer = this.#peers.get(from) ?? this.#welcome(from, message, now);
    if (peer === undefined) return;
    if ((message.run !== peer.run || peer.condition === 'stopped') && !this.#admit(peer, message, now)) return;
    if (message.type === 'beat') this.#beat(peer, message, now);
    else this.#stopping(peer, message.run, now);
  }

  /** The connection with a peer was lost. */
  disconnected(id: NodeId, now: number): void {
    const peer = this.#peers.get(id);
    // A process that stood still may have lost its connections for that.
    if (peer?.trusted !== true || !this.#options.suspectOnDisconnect || now < this.#graceUntil) return;
    this.#suspect(peer, 'disconnected');
  }

  /** This process stood still until now: whatever is due is due anew, and heartbeats that come have waited. */
  resume(now: number): void {
    this.#graceUntil = now + this.#options.intervalMs;
    for (const peer of this.#peers.values()) {
      if (peer.trusted) peer.detector!.expectFrom(now);
      else if (peer.condition === 'awaited') peer.awaitedUntil = now + this.#options.firstHeartbeatMs;
    }
  }

  /** Suspects those who are late: when all that has arrived is taken in. O(1) for each peer that is looked at. */
  expire(now: number): void {
    if (this.#queue.nextAt > now) return;
    const late: { readonly peer: Peer; readonly deadline: number }[] = [];
    for (const index of this.#queue.take(now)) {
      const peer = this.#byIndex[index]!;
      const { deadline } = peer;
      if (deadline <= now) late.push({ peer, deadline });
      else this.#lookAt(peer, deadline, now);
    }
    // Copies of this machine have other orders in their queues.
    late.sort((a, b) => a.deadline - b.deadline || (a.peer.id < b.peer.id ? -1 : 1));
    for (const { peer } of late) this.#suspect(peer, 'silence');
  }

  #welcome(id: NodeId, message: HeartbeatMessage, now: number): Peer | undefined {
    const { watchAll, maxPeers } = this.#options;
    if (!watchAll || message.type !== 'beat') this.#counters.unwatched++;
    else if (startOf(message.run) === null) this.#counters.badRuns++;
    else if (this.#peers.size >= maxPeers) this.#counters.refused++;
    else return this.#add(id, now);
    return undefined;
  }

  #add(id: NodeId, now: number): Peer {
    const index = this.#freeIndexes.pop() ?? this.#byIndex.length;
    const peer = new Peer(id, index, now + this.#options.firstHeartbeatMs);
    this.#put(peer);
    this.#lookAt(peer, peer.awaitedUntil, now);
    return peer;
  }

  #restore(state: PeerState): void {
    const { id, intervalMs, lookAt, detector } = state;
    const peer = Peer.from(state, this.#byIndex.length, detector && this.#options.detector(id, intervalMs));
    this.#put(peer);
    this.#queue.set(peer.index, lookAt);
  }

  #put(peer: Peer): void {
    this.#byIndex[peer.index] = peer;
    this.#peers.set(peer.id, peer);
  }

  /** Whether a message counts whose run is not the one that is known, or had said that it stops. */
  #admit(peer: Peer, message: HeartbeatMessage, now: number): boolean {
    const { run } = message;
    const counters = this.#counters;
    const startedAt = startOf(run);
    if (startedAt === null) return refuse(counters, 'badRuns');
    if (peer.run === null) {
      peer.begin(run);
      return true;
    }
    const retired = peer.retired(run);
    const later = startedAt > startOf(peer.run)!;
    if (retired === undefined) {
      // One that began earlier is an older one that is late, or the new one of a machine whose clock was set back.
      if (peer.trusted && !later) return refuse(counters, 'older');
    } else {
      // One of which heartbeats are still sent lives, whatever was said of it.
      const lives = message.type === 'beat' && message.sequence > retired.lastDue;
      if (peer.trusted || !lives) return refuse(counters, run === peer.run ? 'stale' : 'retired');
    }
    const previous = peer.run;
    if (run !== previous) peer.retire(now, later);
    peer.begin(run);
    if (run !== previous) this.#restarted(peer, previous, run);
    return true;
  }

  #restarted(peer: Peer, previous: string, run: string): void {
    peer.condition = 'trusted';
    peer.reason = null;
    this.#tell({ type: 'restarted', peer: peer.id, run, previous });
  }

  #beat(peer: Peer, beat: Heartbeat, now: number): void {
    const judged = peer.detector === null ? 'renumbered' : peer.judge(beat, now);
    if (judged === 'stale' || judged === 'early') {
      this.#counters[judged]++;
      return;
    }
    if (judged === 'renumbered') peer.number(beat, this.#options.detector(peer.id, beat.intervalMs));
    this.#counters.received++;
    peer.heard(beat, now, now >= this.#graceUntil);
    const deadline = peer.detector!.deadline();
    if (!peer.trusted) {
      if (deadline <= now) return; // it took so long that the next one is late already
      peer.condition = 'trusted';
      peer.reason = null;
      this.#tell({ type: 'trusted', peer: peer.id, run: beat.run });
    }
    this.#lookAt(peer, deadline, now);
  }

  #stopping(peer: Peer, run: string, now: number): void {
    peer.retire(now, true);
    peer.condition = 'stopped';
    peer.reason = null;
    this.#queue.set(peer.index, Infinity);
    this.#tell({ type: 'stopped', peer: peer.id, run });
  }

  #suspect(peer: Peer, reason: SuspicionReason): void {
    peer.condition = 'suspected';
    peer.reason = reason;
    this.#queue.set(peer.index, Infinity);
    this.#tell({ type: 'suspected', peer: peer.id, run: peer.run, reason });
  }

  /** A peer that is looked at before its deadline is looked at again then, so that heartbeats need not touch the queue. */
  #lookAt({ index }: Peer, deadline: number, now: number): void {
    const queue = this.#queue;
    if (deadline >= queue.deadline(index)) return;
    queue.set(index, Math.min(Math.max(deadline, now), now + queue.horizonMs));
  }
}

function refuse(counters: HeartbeatCounters, reason: 'badRuns' | 'older' | 'retired' | 'stale'): false {
  counters[reason]++;
  return false;
}

/** When a run began, by its own clock; `null` when it is no gpid. */
function startOf(run: string): number | null {
  try {
    return parseGpid(run).startTimeUs;
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
