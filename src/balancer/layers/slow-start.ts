import { checkNumber, systemNow } from '../../core/index.js';
import type { Balancer } from '../balancer.js';
import { LayerOrderError, refuseInside } from './layer-order.js';
import { Layer, withAllInside } from './layer.js';

/** Weights are told anew after such a part of the window: a strategy looks at all nodes after that. */
const STEPS = 100;

/** Options of {@link SlowStart}. */
export interface SlowStartOptions {
  /**
   * How long a node starts.
   * @defaultValue 60000: what compiles its code while it runs, or fills caches, is warm by then in most cases
   */
  readonly windowMs?: number;
  /**
   * How fast the weight grows at first: 1 is linear, more is faster at first, less is slower; from 0.1.
   * @defaultValue 1, as in Envoy, and in HAProxy, which knows nothing else
   */
  readonly aggression?: number;
  /**
   * The part of its weight that a node begins with, from 0.01 to 1. With less, a strategy that goes by deadlines would have a
   * node wait for its first request longer than the window is.
   * @defaultValue 0.1, as in Envoy
   */
  readonly minWeight?: number;
  /** Monotonic milliseconds. @defaultValue that of the platform, `systemNow.now` */
  readonly now?: () => number;
}

/** What else to use, for those that cannot start slowly. */
const REMEDY = 'use EarliestDeadlineFirst, SmoothWeightedRoundRobin, WeightedRandom or LeastConnections';

/** Why a kind of balancer cannot start slowly. */
const REFUSALS = {
  ignored: `it does not look at weights; ${REMEDY}`,
  whole: `it takes whole weights only; ${REMEDY}`,
  placed: `with each change of a weight keys move to other nodes; ${REMEDY}, or leave slow start out`,
} as const;

/**
 * Gives a node that comes, or comes back, its part of the requests little by little: for servers that are slow at first. As in
 * Envoy its weight is what was told times max(`minWeight`, (max(t, 1) / `windowMs`) ^ (1 / `aggression`)), t milliseconds after
 * it came or became available again, as of a hundredth of the window ago at most, and in the end exactly what was told. When it
 * becomes unavailable in between, it begins anew.
 *
 * Nodes that are there before the first request do not start slowly, or a whole fleet would; when all nodes start at the same
 * time all are equally slow, which changes nothing. Not for few requests: a strategy that owes a node little may not come to it
 * within the window. Where idle nodes take turns whatever they weigh, as in `LeastConnections`, it limits what a node has in
 * flight, not how often it is picked; of two idle nodes `PowerOfTwoChoices` never takes the one that starts.
 *
 * To be put inside layers that know of health, which it hears through them, and around a strategy whose weights may be
 * fractions. O(1) a request; O(nodes that start), and what a change of weights costs the strategy, a hundred times in each
 * window at most: there is no timer, weights grow with requests.
 *
 * @typeParam Context - as of the balancer inside
 */
export class SlowStart<Context = void> extends Layer<Context> {
  readonly #windowMs: number;
  readonly #exponent: number;
  readonly #minWeight: number;
  readonly #now: () => number;
  /** Nodes that start, and since when. */
  readonly #starting = new Map<string, number>();
  #toldAt = -Infinity;
  /** Whether there was a request. */
  #inUse = false;

  /**
   * @param inner - without nodes yet
   * @throws InvalidOptionError, LayerOrderError
   */
  constructor(inner: Balancer<Context>, options: SlowStartOptions = {}) {
    super(inner);
    refuseWhatCannotStart(inner);
    const { windowMs = 60_000, aggression = 1, minWeight = 0.1, now = systemNow } = options;
    this.#windowMs = checkNumber('windowMs', windowMs, { min: 1, integer: false });
    this.#exponent = 1 / checkNumber('aggression', aggression, { min: 0.1, integer: false });
    this.#minWeight = checkNumber('minWeight', minWeight, { min: 0.01, max: 1, integer: false });
    this.#now = now;
  }

  /** The nodes that have less than their weight as of the last pick, in the order in which they came or came back. */
  get starting(): readonly string[] {
    return [...this.#starting.keys()];
  }

  /** @internal */
  override update(): void {
    this.#inUse = true;
    if (this.#starting.size > 0) this.#grow();
  }

  protected override added(node: string): void {
    this.#begin(node);
  }

  protected override removed(node: string): void {
    this.#starting.delete(node);
  }

  protected override availabilityChanged(node: string, available: boolean): void {
    this.#starting.delete(node);
    if (available) this.#begin(node);
  }

  protected override factor(node: string): number {
    const since = this.#starting.get(node);
    if (since === undefined) return 1;
    const grown = (Math.max(this.#now() - since, 1) / this.#windowMs) ** this.#exponent;
    return Math.min(1, Math.max(this.#minWeight, grown));
  }

  #begin(node: string): void {
    if (this.#inUse) this.#starting.set(node, this.#now());
  }

  #grow(): void {
    const now = this.#now();
    if (now - this.#toldAt < this.#windowMs / STEPS) return;
    this.#toldAt = now;
    for (const [node, since] of this.#starting) {
      if (now - since >= this.#windowMs) this.#starting.delete(node);
      this.tell(node);
    }
  }
}

/** @throws LayerOrderError */
function refuseWhatCannotStart(inner: Balancer<never>): void {
  refuseInside(SlowStart, inner, SlowStart, 'nodes would start twice as slowly; one of them is enough');
  for (const inside of withAllInside(inner)) {
    const reason = (inside as Partial<Layer>).judgesHealth
      ? 'nodes that get well again would have their full weight at once; put SlowStart inside'
      : inside.weighting && REFUSALS[inside.weighting];
    if (reason !== undefined) throw new LayerOrderError(SlowStart.name, inside.constructor.name, reason);
  }
}
