import type { Input } from '../../../src/core/index.js';
import { ChenNfdE, FixedTimeout, LogisticPhi, type FailureDetector } from '../../../src/detector/index.js';
import type {
  Heartbeat,
  HeartbeatCommand,
  HeartbeatMessage,
  HeartbeatOptions,
  HeartbeatState,
} from '../../../src/detector/heartbeats.js';
import { gpidOf, runOf } from './any-message.js';

type HeartbeatInput = Input<HeartbeatMessage, HeartbeatCommand>;

const PEERS = ['b', 'c', 'd', 'e', 'f'];
const INTERVAL_MS = 8;

const DETECTORS: readonly ((intervalMs: number) => FailureDetector)[] = [
  (intervalMs) => new FixedTimeout({ timeoutMs: 3 * intervalMs }),
  (intervalMs) => new ChenNfdE({ intervalMs, windowSize: 4 }),
  (intervalMs) =>
    new LogisticPhi({ intervalMs, windowSize: 4, acceptablePauseMs: intervalMs, minStandardDeviationMs: 1 }),
];

/** Short times and small limits, so that a short run meets all of them. */
export function narrow(seed: number): HeartbeatOptions {
  const make = DETECTORS[seed % DETECTORS.length]!;
  return {
    gpid: gpidOf(1, 1),
    intervalMs: INTERVAL_MS,
    detector: (_peer, intervalMs) => make(intervalMs),
    progressTimeoutMs: 3 * INTERVAL_MS,
    firstHeartbeatMs: 20,
    watchAll: seed % 2 === 0,
    maxPeers: 3,
    suspectOnDisconnect: seed % 5 > 0,
    pauseToleranceMs: 2,
  };
}

/** Inputs that peers and a host might give to a machine, right or late, with whatever numbers and runs. */
export class RandomInputs {
  readonly #random: () => number;
  #now = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  next(state: HeartbeatState): HeartbeatInput {
    this.#now = Math.max(this.#now, ...state.peers.map(({ heardAt }) => heardAt));
    if (this.#random() < 0.6) return { type: 'message', from: this.#one(...PEERS), message: this.#message(state) };
    if (this.#random() < 0.05) return { type: 'command', command: { type: 'stop' } };
    return this.#one<HeartbeatInput>(
      { type: 'wake' },
      { type: 'stored', upTo: 0 },
      { type: 'peer', id: this.#one(...PEERS), up: this.#random() < 0.5 },
      { type: 'command', command: { type: 'beatTo', peer: this.#one(...PEERS) } },
      { type: 'command', command: { type: 'stopBeatingTo', peer: this.#one(...PEERS) } },
      { type: 'command', command: { type: 'watch', peer: this.#one(...PEERS) } },
      { type: 'command', command: { type: 'watch', peer: this.#one(...PEERS) } },
      { type: 'command', command: { type: 'unwatch', peer: this.#one(...PEERS) } },
      {
        type: 'command',
        command: { type: 'report', load: this.#one(null, 0.5), metadata: this.#one(null, { a: 'b' }) },
      },
      { type: 'command', command: { type: 'progress' } },
    );
  }

  #message(state: HeartbeatState): HeartbeatMessage {
    const run = this.#random() < 0.05 ? 'no gpid' : runOf(2, 1 + Math.floor(this.#random() ** 4 * 8));
    if (this.#random() < 0.03) return { type: 'stopping', run };
    const highest = Math.max(0, ...state.peers.map(({ last }) => (last < 1e6 ? last : 0)));
    const sequence = highest + this.#one(1, 1, 1, 1, 2, 0, -1, 1e5, 1e9);
    const beat: Heartbeat = { type: 'beat', run, sequence: Math.max(0, sequence), sentAt: this.#now, intervalMs: 8 };
    return this.#one<Heartbeat>(beat, beat, { ...beat, load: 1 }, { ...beat, metadata: { zone: 'x' } });
  }

  #one<T>(...choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)]!;
  }
}
