import type { Lease, Nodes } from './balancer.js';
import { Members } from './members.js';
import { UncountedMember } from './uncounted-member.js';

/** Options of {@link EarliestDeadlineFirst}. */
export interface EarliestDeadlineFirstOptions {
  /**
   * Draws where to begin, from 0 to 1: as if 65,536 picks a node times that had been made already, so that clients that make
   * few requests each do not all begin with the heaviest node.
   *
   * @defaultValue none: at the beginning
   */
  readonly random?: () => number;
}

/** What a node of weight 1 waits: a number that all whole ones to 22 divide. */
const UNIT = 232_792_560;
/** How many steps of the heaviest node time goes on before it is set back. */
const HORIZON = 65_536;

/**
 * Weighted round robin by deadlines, as Envoy and gRPC have it: a node's deadline is 1 / weight after its last pick, and the
 * earliest is picked, of equal ones the one that has waited longest. Nodes of equal weight take turns in a fixed order, like
 * round robin. 5/1/1 gives `aaaabca`.
 *
 * For weights of all kinds, also many nodes and weights that change often. Not where some requests take far longer than
 * others: `LeastConnections`.
 *
 * O(log nodes), nothing is allocated; the first pick after a change takes O(nodes). A node that comes, or comes back, waits
 * 1 / weight first, as if it had just been picked. A new weight counts from the next pick of its node on.
 *
 * What a node waits is kept to 28 bits, and time is set back now and then: so sums have no rounding error, however many picks
 * were made, while weights are within a factor of 512 of each other. Shares are exact for weights such as the whole numbers
 * to 22, and to one in 500 million for others.
 */
export class EarliestDeadlineFirst extends Members<UncountedMember> {
  readonly #start: number;
  #nodes: readonly UncountedMember[] = [];
  #steps = new Float64Array(0);
  #deadlines = new Float64Array(0);
  /** Which pick a node's last one was, or when it came. */
  #turns = new Float64Array(0);
  /** A tournament: the winner of places 2i and 2i + 1 is in place i; in the last places each node is by itself. */
  #winners = new Int32Array(0);
  #now = 0;
  #limit = 0;
  #turn = 0;

  /** @throws InvalidOptionError */
  constructor(nodes: Nodes = [], options: EarliestDeadlineFirstOptions = {}) {
    super();
    this.#start = options.random?.() ?? 0;
    this.addAll(nodes);
  }

  pick(): Lease {
    return this.active()[this.#take()]!.lease();
  }

  #take(): number {
    const node = this.#winners[1]!;
    const deadlines = this.#deadlines;
    this.#now = deadlines[node]!;
    if (this.#now >= this.#limit) {
      for (let i = 0; i < deadlines.length; i++) deadlines[i]! -= this.#now;
      this.#now = 0;
    }
    deadlines[node] = this.#now + this.#steps[node]!;
    this.#turns[node] = this.#turn++;
    for (let place = (node + deadlines.length) >> 1; place > 0; place >>= 1) this.#play(place);
    return node;
  }

  /** Who wins cannot be foretold, and a branch that is guessed wrong costs more than the rest: so it is masked out. */
  #play(place: number): void {
    const winners = this.#winners;
    const a = winners[2 * place]!;
    const b = winners[2 * place + 1]!;
    const lead = this.#deadlines[b]! - this.#deadlines[a]! || this.#turns[b]! - this.#turns[a]!;
    const mask = -Number(lead < 0);
    winners[place] = a ^ ((a ^ b) & mask);
  }

  /** @internal */
  protected member(node: string, order: number): UncountedMember {
    return new UncountedMember(node, order);
  }

  /** @internal */
  protected override changed(active: readonly UncountedMember[]): void {
    const count = active.length;
    const before = new Map(this.#nodes.map((member, i) => [member, i]));
    const [deadlines, turns] = [this.#deadlines, this.#turns];
    const steps = Float64Array.from(active, ({ weight }) => step(weight));
    this.#steps = steps;
    this.#deadlines = steps.map((step, i) => deadlines[before.get(active[i]!)!] ?? this.#now + step);
    this.#turns = steps.map((_, i) => turns[before.get(active[i]!)!] ?? this.#turn++);
    this.#winners = new Int32Array(2 * count).map((_, place) => place - count);
    this.#nodes = active;
    const picks = this.#limit === 0 ? this.#begin(Math.floor(this.#start * HORIZON * count)) : 0;
    this.#limit = HORIZON * steps.reduce((a, b) => Math.min(a, b));
    for (let place = count; --place > 0;) this.#play(place);
    for (let i = 0; i < picks; i++) this.#take();
  }

  /** All that have a deadline before a number of picks is done meet it; returns how many of the picks remain. */
  #begin(picks: number): number {
    const steps = this.#steps;
    // A trifle too early, so that rounding never lets a node meet a deadline too many.
    const now = ((1 - 1e-9) * picks) / steps.reduce((sum, step) => sum + 1 / step, 0);
    const last = steps.map((step) => Math.floor(now / step) * step);
    this.#deadlines = last.map((met, i) => met + steps[i]!);
    for (const i of [...last.keys()].sort((a, b) => last[a]! - last[b]!)) this.#turns[i] = this.#turn++;
    return last.reduce((left, met, i) => left - met / steps[i]!, picks);
  }
}

/** What a node waits, to 28 bits (Veltkamp's split; a weight of almost nothing counts for what still can be divided by). */
function step(weight: number): number {
  const whole = UNIT / Math.max(weight, 1e-290);
  const split = whole * (2 ** 25 + 1);
  return split - (split - whole);
}
