import type { NodeId, Outgoing } from '../../core/index.js';
import type { HeartbeatOutput, HeartbeatReport } from './commands.js';
import { checkLoad, checkMetadata, newHeartbeat, type HeartbeatMessage, type HeartbeatMetadata } from './messages.js';
import type { ResolvedHeartbeatOptions } from './options.js';
import type { HeartbeatCounters, HeartbeatState } from './state.js';

/** Beats to peers, all with one timer: heartbeat number i is due i intervals after the start. */
export class Sender {
  readonly #options: ResolvedHeartbeatOptions;
  readonly #counters: HeartbeatCounters;
  readonly #tell: (output: HeartbeatOutput) => void;
  readonly #targets: Set<NodeId>;
  #progressAt: number;
  #load: number | null;
  #metadata: HeartbeatMetadata | null;
  #left: boolean;
  /** The heartbeat that is to be sent. */
  #beat: { readonly sequence: number; readonly sentAt: number } | null = null;
  /** To whom it is to be said that this process stops. */
  #goodbyes: NodeId[] = [];

  constructor(options: ResolvedHeartbeatOptions, state: HeartbeatState, tell: (output: HeartbeatOutput) => void) {
    this.#options = options;
    this.#counters = state.counters;
    this.#tell = tell;
    this.#targets = new Set(state.targets);
    this.#progressAt = state.progressAt;
    this.#load = state.load;
    this.#metadata = state.metadata;
    this.#left = state.left;
  }

  /** To how many peers it beats. */
  get size(): number {
    return this.#targets.size;
  }

  state(): Pick<HeartbeatState, 'targets' | 'progressAt' | 'load' | 'metadata' | 'left'> {
    return {
      targets: [...this.#targets],
      progressAt: this.#progressAt,
      load: this.#load,
      metadata: this.#metadata,
      left: this.#left,
    };
  }

  beatTo(peer: NodeId): void {
    if (this.#left || this.#targets.has(peer)) return;
    if (this.#targets.size < this.#options.maxPeers) {
      this.#targets.add(peer);
    } else {
      this.#counters.refused++;
      this.#tell({ type: 'refused', peer, limit: this.#options.maxPeers });
    }
  }

  stopBeatingTo(peer: NodeId): void {
    this.#targets.delete(peer);
  }

  /** @throws InvalidOptionError */
  report({ load, metadata }: HeartbeatReport): void {
    if (load !== undefined) this.#load = load === null ? null : checkLoad(load);
    if (metadata !== undefined) this.#metadata = metadata === null ? null : checkMetadata(metadata);
  }

  progress(now: number): void {
    this.#progressAt = now;
  }

  stop(): void {
    for (const peer of this.#targets) this.#goodbyes.push(peer);
    this.#targets.clear();
    this.#left = true;
    this.#beat = null;
    this.#tell({ type: 'left' });
  }

  /** A heartbeat is due. Of several that are, because this process stood still, only the last is sent. */
  due(sequence: number, now: number): void {
    if (this.#targets.size === 0) return;
    if (now - this.#progressAt > this.#options.progressTimeoutMs) this.#counters.withheld++;
    else this.#beat = { sequence, sentAt: now };
  }

  /** What is to be sent. O(peers) at each heartbeat. */
  take(): Outgoing<HeartbeatMessage>[] {
    const { run, intervalMs } = this.#options;
    const messages: Outgoing<HeartbeatMessage>[] = [];
    if (this.#beat !== null) {
      const { sequence, sentAt } = this.#beat;
      const fields = { run, sequence, sentAt, intervalMs };
      const message = newHeartbeat(fields, this.#load ?? undefined, this.#metadata ?? undefined);
      for (const to of this.#targets) messages.push({ to, message, after: 0 });
      this.#counters.sent += messages.length;
      this.#beat = null;
    }
    if (this.#goodbyes.length > 0) {
      for (const to of this.#goodbyes) messages.push({ to, message: { type: 'stopping', run }, after: 0 });
      this.#goodbyes = [];
    }
    return messages;
  }
}
