import type { NodeId } from '../core/index.js';

/** How often what goes wrong in a simulation; each pair is the least and the most, uniformly drawn. */
export interface SimulatedFaults {
  /** How long a message travels. */
  readonly latencyMs: readonly [number, number];
  /** The share of messages that take `delayMs` longer, so that others overtake them. */
  readonly delayed: number;
  readonly delayMs: readonly [number, number];
  /** The share of messages that are lost. */
  readonly loss: number;
  /** The share of messages that arrive twice. */
  readonly duplication: number;
  /** The mean time between partitions; `Infinity` for none. */
  readonly partitionEveryMs: number;
  readonly partitionMs: readonly [number, number];
  /** The mean time between crashes at random moments; `Infinity` for none. */
  readonly crashEveryMs: number;
  /** The chance of a crash right after a step, which finds what random moments miss. */
  readonly crashPerStep: number;
  readonly downMs: readonly [number, number];
  /** How long a disk operation takes. */
  readonly diskMs: readonly [number, number];
  /** The chance that a disk operation fails, which ends the incarnation. */
  readonly diskFailure: number;
  /** The mean time between stalls of a disk; `Infinity` for none. */
  readonly stallEveryMs: number;
  readonly stallMs: readonly [number, number];
  /** How much faster or slower clocks may run, as a share. */
  readonly clockDrift: number;
  /** The mean time between forward jumps of a clock; `Infinity` for none. */
  readonly clockJumpEveryMs: number;
  readonly clockJumpMs: readonly [number, number];
}

/** Everything goes wrong, at rates at which a cluster of five still works most of the time. */
export const defaultFaults: SimulatedFaults = {
  latencyMs: [1, 10],
  delayed: 0.03,
  delayMs: [20, 300],
  loss: 0.03,
  duplication: 0.02,
  partitionEveryMs: 1500,
  partitionMs: [100, 2000],
  crashEveryMs: 2000,
  crashPerStep: 0.002,
  downMs: [5, 1000],
  diskMs: [0.1, 10],
  diskFailure: 0.0005,
  stallEveryMs: 3000,
  stallMs: [50, 1500],
  clockDrift: 0.05,
  clockJumpEveryMs: 5000,
  clockJumpMs: [10, 500],
};

/** Latencies of a network and of disks on which every protocol must work. */
export const calm: Pick<SimulatedFaults, 'latencyMs' | 'diskMs'> = { latencyMs: [1, 10], diskMs: [0.1, 2] };

/** No faults at all, for simulations of the happy path. */
export const noFaults: SimulatedFaults = {
  ...defaultFaults,
  delayed: 0,
  loss: 0,
  duplication: 0,
  partitionEveryMs: Infinity,
  crashEveryMs: Infinity,
  crashPerStep: 0,
  diskFailure: 0,
  stallEveryMs: Infinity,
  clockDrift: 0,
  clockJumpEveryMs: Infinity,
};

/** Who can reach whom, and how long it takes. */
export class SimulatedNetwork {
  readonly #nodes: readonly NodeId[];
  readonly #faults: SimulatedFaults;
  readonly #random: () => number;
  readonly #blocked = new Map<string, number>();

  constructor(nodes: readonly NodeId[], faults: SimulatedFaults, random: () => number) {
    this.#nodes = nodes;
    this.#faults = faults;
    this.#random = random;
  }

  /** Whether messages from one node reach another now. */
  connected(from: NodeId, to: NodeId): boolean {
    return !this.#blocked.has(`${from} ${to}`);
  }

  /** The delays after which a message arrives: none when it is lost, two when it is duplicated. */
  deliveries(from: NodeId, to: NodeId, faulty: boolean): readonly number[] {
    const { loss, duplication } = this.#faults;
    if (!this.connected(from, to)) return [];
    if (!faulty) return [this.#between(calm.latencyMs)];
    if (this.#random() < loss) return [];
    const first = this.#delay();
    return this.#random() < duplication ? [first, this.#delay()] : [first];
  }

  #delay(): number {
    const { latencyMs, delayed, delayMs } = this.#faults;
    return this.#between(latencyMs) + (this.#random() < delayed ? this.#between(delayMs) : 0);
  }

  /** Cuts the network for a while: one node off, a random split, or one direction between two sides. */
  partition(faults: SimulatedFaults, after: (ms: number, heal: () => void) => void): void {
    const kind = this.#random();
    const lonely = this.#nodes[Math.floor(this.#random() * this.#nodes.length)];
    const side = new Set(this.#nodes.filter((id) => (kind < 0.4 ? id === lonely : this.#random() < 0.5)));
    const oneWay = this.#random() < 0.3;
    const cut: string[] = [];
    for (const from of this.#nodes) {
      for (const to of this.#nodes) {
        const crosses = oneWay ? side.has(from) && !side.has(to) : side.has(from) !== side.has(to);
        if (crosses) cut.push(`${from} ${to}`);
      }
    }
    for (const pair of cut) this.#blocked.set(pair, (this.#blocked.get(pair) ?? 0) + 1);
    after(this.#between(faults.partitionMs), () => this.#unblock(cut));
  }

  /** Ends all partitions. */
  heal(): void {
    this.#blocked.clear();
  }

  #unblock(cut: readonly string[]): void {
    for (const pair of cut) {
      const count = (this.#blocked.get(pair) ?? 0) - 1;
      if (count > 0) this.#blocked.set(pair, count);
      else this.#blocked.delete(pair);
    }
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.#random() * (most - least);
  }
}
