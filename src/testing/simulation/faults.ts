import { checkNumber, nextRandom, seedRandom, type NodeId, type RandomState } from '../../core/index.js';

/** One direction between two nodes. */
export type Link = readonly [from: NodeId, to: NodeId];

/** Something that goes wrong in a simulation, as plain data: written by hand, or drawn by {@link nemesis}. */
export type Fault =
  /**
   * The node stops at once and starts again after `downMs`; `Infinity` for never. What its disk had not synced is lost,
   * or all but the first of it. `null` is whichever node took the step after which the fault happens.
   */
  | { readonly type: 'crash'; readonly node: NodeId | null; readonly downMs: number }
  /** The node does nothing for a while, as under SIGSTOP; what arrives meanwhile waits. */
  | { readonly type: 'pause'; readonly node: NodeId; readonly ms: number }
  /** No message passes these links for a while; what is on its way is lost too. */
  | { readonly type: 'cut'; readonly links: readonly Link[]; readonly ms: number }
  /** Messages on these links are held up, and arrive together when it is over. */
  | { readonly type: 'clog'; readonly links: readonly Link[]; readonly ms: number }
  /** The disk answers nothing for a while. */
  | { readonly type: 'stall'; readonly node: NodeId; readonly ms: number }
  /** The next write fails, which ends the incarnation; `downMs` as for a crash. */
  | { readonly type: 'diskFailure'; readonly node: NodeId; readonly downMs: number }
  /**
   * Bits flip in a record on the disk, or in its checkpoint; the node goes on until it reads it. `where` is its place
   * among all that the disk holds, from 0 for the oldest up to 1. When the node next starts, its journal is refused. The
   * exception is 1, the last record, which nothing tells from one that was torn in a crash: it is cut off, though it was
   * durable. Protocols without redundancy against that lose what it held, so `nemesis` never draws it.
   */
  | { readonly type: 'bitFlip'; readonly node: NodeId; readonly where: number }
  /** The node stops, and starts again after `downMs` on a disk that holds nothing. */
  | { readonly type: 'wipe'; readonly node: NodeId; readonly downMs: number }
  /** The node's clock jumps forward. */
  | { readonly type: 'clockJump'; readonly node: NodeId; readonly ms: number };

/** When a {@link Fault} happens: at a time, or right after the n-th step that any node takes. */
export type TimedFault =
  { readonly at: number; readonly fault: Fault } | { readonly afterStep: number; readonly fault: Fault };

/** The least and the most of something that is drawn uniformly. */
export type Range = readonly [least: number, most: number];

/**
 * How often {@link nemesis} lets what happen, as the mean time between two in milliseconds (`Infinity` for never), and
 * for how long.
 */
export interface NemesisWeights {
  /** Cuts: one node off, a split of any size, one direction only, or a bridge (two sides that share one node). */
  readonly cutEveryMs: number;
  readonly cutMs: Range;
  readonly clogEveryMs: number;
  readonly clogMs: Range;
  readonly crashEveryMs: number;
  /** The mean number of steps between crashes right after a step, which find what random moments miss. */
  readonly crashEverySteps: number;
  readonly downMs: Range;
  readonly pauseEveryMs: number;
  readonly pauseMs: Range;
  readonly stallEveryMs: number;
  readonly stallMs: Range;
  readonly diskFailureEveryMs: number;
  /** Disks that fail for ever, or whose bits flip; never of so many nodes that no majority is left. */
  readonly lostDiskEveryMs: number;
  /**
   * Disks that are wiped, after which the node starts again as if it were new. They count with the lost ones. For
   * protocols that notice it; others lose what the node had promised.
   */
  readonly wipeEveryMs: number;
  readonly clockJumpEveryMs: number;
  readonly clockJumpMs: Range;
}

/** Everything goes wrong, at rates at which a cluster of five still works most of the time. */
export const defaultWeights: NemesisWeights = {
  cutEveryMs: 1500,
  cutMs: [100, 2000],
  clogEveryMs: 3000,
  clogMs: [50, 1000],
  crashEveryMs: 2000,
  crashEverySteps: 1000,
  downMs: [5, 1000],
  pauseEveryMs: 4000,
  pauseMs: [20, 1000],
  stallEveryMs: 3000,
  stallMs: [50, 1500],
  diskFailureEveryMs: 10_000,
  lostDiskEveryMs: 30_000,
  wipeEveryMs: Infinity,
  clockJumpEveryMs: 5000,
  clockJumpMs: [10, 500],
};

/** What {@link nemesis} takes. */
export interface NemesisOptions {
  readonly seed: number;
  readonly nodes: readonly NodeId[];
  /** How long faults happen. */
  readonly durationMs: number;
  /** @defaultValue `defaultWeights` */
  readonly weights?: Partial<NemesisWeights>;
}

/** The most crashes after steps that are drawn: far more than steps happen in the time of most simulations. */
const MAX_STEP_CRASHES = 1000;

/**
 * Draws the faults of a simulation from a seed, as a list: a failure can then be looked at, and shrunk to the faults
 * that it needs. Equal options give equal lists.
 *
 * @throws InvalidOptionError
 */
export function nemesis(options: NemesisOptions): readonly TimedFault[] {
  checkNumber('durationMs', options.durationMs, { min: 0, integer: false });
  return new Nemesis(options).draw();
}

class Nemesis {
  readonly #nodes: readonly NodeId[];
  readonly #durationMs: number;
  readonly #weights: NemesisWeights;
  readonly #random: RandomState;
  readonly #drawn: TimedFault[] = [];
  /** The nodes whose disks are good so far. */
  readonly #mortal: NodeId[];

  constructor({ seed, nodes, durationMs, weights }: NemesisOptions) {
    this.#nodes = nodes;
    this.#durationMs = durationMs;
    this.#weights = { ...defaultWeights, ...weights };
    this.#random = seedRandom(seed, 0xfa17);
    this.#mortal = [...nodes];
  }

  draw(): readonly TimedFault[] {
    const weights = this.#weights;
    this.#every(weights.cutEveryMs, () => ({ type: 'cut', links: this.#partition(), ms: this.#in(weights.cutMs) }));
    this.#every(weights.clogEveryMs, () => ({ type: 'clog', links: this.#partition(), ms: this.#in(weights.clogMs) }));
    this.#every(weights.crashEveryMs, () => ({ type: 'crash', node: this.#node(), downMs: this.#in(weights.downMs) }));
    this.#every(weights.pauseEveryMs, () => ({ type: 'pause', node: this.#node(), ms: this.#in(weights.pauseMs) }));
    this.#every(weights.stallEveryMs, () => ({ type: 'stall', node: this.#node(), ms: this.#in(weights.stallMs) }));
    this.#every(weights.diskFailureEveryMs, () => {
      return { type: 'diskFailure', node: this.#node(), downMs: this.#in(weights.downMs) };
    });
    this.#every(weights.clockJumpEveryMs, () => {
      return { type: 'clockJump', node: this.#node(), ms: this.#in(weights.clockJumpMs) };
    });
    this.#loseDisks(weights.lostDiskEveryMs, (node) => {
      const fails = nextRandom(this.#random) < 0.5;
      const where = nextRandom(this.#random);
      return fails ? { type: 'diskFailure', node, downMs: Infinity } : { type: 'bitFlip', node, where };
    });
    this.#loseDisks(weights.wipeEveryMs, (node) => ({ type: 'wipe', node, downMs: this.#in(weights.downMs) }));
    this.#crashAfterSteps();
    return this.#drawn;
  }

  #every(meanMs: number, fault: () => Fault): void {
    if (meanMs === Infinity) return;
    for (let at = this.#gap(meanMs); at < this.#durationMs; at += this.#gap(meanMs)) {
      this.#drawn.push({ at, fault: fault() });
    }
  }

  /** Each node loses its disk once at most, and a majority never does. */
  #loseDisks(meanMs: number, fault: (node: NodeId) => Fault): void {
    const leastLeft = (this.#nodes.length >> 1) + 1;
    this.#every(meanMs, () => {
      if (this.#mortal.length === leastLeft) return { type: 'crash', node: this.#node(), downMs: 1 };
      const [node] = this.#mortal.splice(Math.floor(nextRandom(this.#random) * this.#mortal.length), 1) as [NodeId];
      return fault(node);
    });
  }

  #crashAfterSteps(): void {
    const { crashEverySteps, downMs } = this.#weights;
    if (crashEverySteps === Infinity) return;
    let afterStep = 0;
    for (let crash = 0; crash < MAX_STEP_CRASHES; crash++) {
      afterStep += 1 + Math.floor(this.#gap(crashEverySteps));
      this.#drawn.push({ afterStep, fault: { type: 'crash', node: null, downMs: this.#in(downMs) } });
    }
  }

  /** One node off, any split, one direction of a split, or a bridge. */
  #partition(): readonly Link[] {
    const kind = nextRandom(this.#random);
    const chosen = this.#node();
    const side = new Set(this.#nodes.filter((id) => (kind < 0.3 ? id === chosen : nextRandom(this.#random) < 0.5)));
    const oneWay = kind >= 0.6 && kind < 0.8;
    const bridge = kind >= 0.8 ? chosen : null;
    const links: Link[] = [];
    for (const from of this.#nodes) {
      for (const to of this.#nodes) {
        if (from === bridge || to === bridge) continue;
        const crosses = oneWay ? side.has(from) && !side.has(to) : side.has(from) !== side.has(to);
        if (crosses) links.push([from, to]);
      }
    }
    return links;
  }

  /** Uniform around the mean and not exponential: logarithms differ between versions of JavaScript engines. */
  #gap(mean: number): number {
    return 2 * mean * nextRandom(this.#random);
  }

  #in([least, most]: Range): number {
    return least + nextRandom(this.#random) * (most - least);
  }

  #node(): NodeId {
    return this.#nodes[Math.floor(nextRandom(this.#random) * this.#nodes.length)]!;
  }
}
