import { OutlierDetector, type OutlierDetectorOptions, type OutlierStatus } from '../../health/index.js';
import type { Balancer, Lease } from '../balancer.js';
import { heardLease } from '../heard-lease.js';
import { refuseInside } from './layer-order.js';
import { Layer } from './layer.js';

/**
 * Keeps nodes from being picked that do worse than the others, by how leases end: `done({ failed: true })`, for whatever is the
 * fault of the node. See `OutlierDetector` for when, and for how long. Without checks, so it costs servers nothing, and it sees
 * what checks do not: a node that answers checks and fails requests.
 *
 * Not the only source of health for few requests. It ejects a tenth of all nodes at first, so that what fails everywhere, such as
 * a database, takes no fleet out; when half of the nodes may die at once raise `maxEjected`, or check them. When a level has too
 * few nodes left, to pick among all of them in panic is for `PriorityLevels`. What is not available for other reasons is no
 * part of what it has ejected. `SlowStart` belongs inside, and sees nodes return.
 *
 * O(1) a request, O(nodes) an interval. No timer: what is due is done at a pick, or when a request ends.
 *
 * @typeParam Context - as of the balancer inside
 */
export class OutlierEjection<Context = void> extends Layer<Context> {
  /** @internal */
  override readonly judgesHealth = true;
  readonly #detector: OutlierDetector;

  /**
   * @param inner - without nodes yet
   * @throws InvalidOptionError, LayerOrderError
   */
  constructor(inner: Balancer<Context>, options: OutlierDetectorOptions = {}) {
    super(inner);
    refuseInside(OutlierEjection, inner, OutlierEjection, 'both would count the same failures; one of them is enough');
    this.#detector = new OutlierDetector({
      ...options,
      onEjection: (node, ...why) => {
        this.tell(node);
        options.onEjection?.(node, ...why);
      },
      onReturn: (node) => {
        this.tell(node);
        options.onReturn?.(node);
      },
    });
  }

  /** Whether a node is ejected, as of the last request. */
  isEjected(node: string): boolean {
    return this.#detector.isEjected(node);
  }

  /** What is known of all nodes, as of the last request. O(nodes). */
  status(): OutlierStatus[] {
    return this.#detector.status();
  }

  /** @internal */
  override update(): void {
    this.#detector.update();
  }

  protected override added(node: string): void {
    this.#detector.add(node);
  }

  protected override removed(node: string): void {
    this.#detector.remove(node);
  }

  protected override allows(node: string): boolean {
    return !this.#detector.isEjected(node);
  }

  protected override given(lease: Lease): Lease {
    const ended = this.#detector.begin(lease.node);
    return heardLease(lease, (result) => ended(result?.failed === true));
  }
}
