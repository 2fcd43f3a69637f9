import { checkNumber, isQuorateError, OverloadedError, systemClock, type Clock } from '../../core/index.js';
import type { Balancer, Lease } from '../balancer.js';
import { heardLease } from '../heard-lease.js';
import { refuseInside } from './layer-order.js';
import { Layer, withAllInside } from './layer.js';
import { pickExcept } from './pick-except.js';
import { PriorityLevels } from './priority-levels.js';
import { SlowStart } from './slow-start.js';
import { WaitingQueue, type WaitOptions } from './waiting-queue.js';

/** Options of {@link ConnectionLimits}. */
export interface ConnectionLimitsOptions {
  /** The most requests that a node may have at a time. */
  readonly maxPerNode: number;
  /** The most requests that wait. @defaultValue 1000 */
  readonly maxQueued?: number;
  /** How long one waits at most. @defaultValue 5000: users seldom wait for longer */
  readonly queueTimeoutMs?: number;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
}

/**
 * Gives no node more than so many requests at a time; when all have as many, others wait by `acquire`, or are refused by `pick`.
 * A node that is full is passed over, by hashing too, so that no request waits for one node while others are free.
 *
 * The outermost layer, or right within sessions: `acquire` is that of this one. Not for a bound on all nodes together, by
 * priority: `RequestScheduler`.
 *
 * O(1) a request beside the balancer inside, for which a node that becomes full, or is so no more, is a change of availability:
 * O(nodes) for most strategies. Leave room, so that nodes are seldom full.
 */
export class ConnectionLimits<Context = void> extends Layer<Context> implements AsyncDisposable {
  readonly #maxPerNode: number;
  /** Whether what is inside may panic, and then gives requests to nodes of which it was told that they are not available. */
  readonly #mayPanic: boolean;
  readonly #queue: WaitingQueue<Context, Lease>;
  /** Requests of nodes, 0 or more; those of nodes that were removed count on no one. */
  readonly #inFlight = new Map<string, { count: number }>();

  /** @throws InvalidOptionError, LayerOrderError */
  constructor(inner: Balancer<Context>, options: ConnectionLimitsOptions) {
    super(inner);
    const { maxPerNode, maxQueued = 1000, queueTimeoutMs = 5000, clock = systemClock } = options;
    refuseInside(ConnectionLimits, inner, ConnectionLimits, 'the lower limit would do alone');
    refuseInside(
      ConnectionLimits,
      inner,
      SlowStart,
      'nodes that are full for a moment would start slowly; put that around',
    );
    this.#mayPanic = [...withAllInside(inner)].some((inside) => inside instanceof PriorityLevels);
    this.#maxPerNode = checkNumber('maxPerNode', maxPerNode, { min: 1 });
    checkNumber('maxQueued', maxQueued, { min: 0 });
    checkNumber('queueTimeoutMs', queueTimeoutMs, { min: 0 });
    this.#queue = new WaitingQueue('the queue of the balancer', maxQueued, queueTimeoutMs, clock);
  }

  /** How many requests wait. */
  get queued(): number {
    return this.#queue.length;
  }

  /** How many requests a node has. */
  inFlight(node: string): number {
    return this.#inFlight.get(node)?.count ?? 0;
  }

  /** @throws NoNodeError, OverloadedError when all nodes that are available are full */
  override pick(context: Context): Lease {
    try {
      if (!this.#mayPanic || !this.#anyIsFull()) return super.pick(context);
      return this.given(pickExcept(this.inner, context, [...this.#full()]));
    } catch (error) {
      if (isQuorateError(error, 'no-node') && this.#anyIsFull())
        throw new OverloadedError('every node', this.#maxPerNode, { cause: error });
      throw error;
    }
  }

  /**
   * Picks a node when there is one, after those that have been waiting. Whoever gives up leaves nothing behind.
   *
   * @throws NoNodeError when none is available, not even a full one; OverloadedError when the queue is full, or this request gave
   * way to one that is more important; TimeoutError with outcome `failed`; ClosedError; the reason of the signal
   */
  async acquire(context: Context, options: WaitOptions = {}): Promise<Lease> {
    options.signal?.throwIfAborted();
    const free = this.#queue.length === 0 ? this.#pickIfFree(context) : undefined;
    if (free) return free;
    const waiting = this.#queue.wait(context, options);
    if (this.#queue.length > 1) this.#serve(); // a layer inside may have let a node be picked again
    return await waiting;
  }

  override add(node: string, weight?: number): void {
    super.add(node, weight);
    this.#serve();
  }

  override setAvailable(node: string, available: boolean): void {
    super.setAvailable(node, available);
    this.#serve();
  }

  /** Refuses all that wait; what has a node keeps it. Twice is harmless. */
  close(): Promise<void> {
    this.#queue.close();
    return Promise.resolve();
  }

  /** The same as {@link ConnectionLimits.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  protected override added(node: string): void {
    this.#inFlight.set(node, { count: 0 });
  }

  protected override removed(node: string): void {
    this.#inFlight.delete(node);
  }

  protected override allows(node: string): boolean {
    return this.inFlight(node) < this.#maxPerNode;
  }

  protected override given(lease: Lease): Lease {
    const { node } = lease;
    const requests = this.#inFlight.get(node)!;
    if (++requests.count === this.#maxPerNode) this.tell(node);
    return heardLease(lease, () => {
      if (requests.count-- === this.#maxPerNode && this.#inFlight.get(node) === requests) this.tell(node);
      this.#serve();
    });
  }

  #serve(): void {
    this.#queue.serve((context) => this.#pickIfFree(context));
  }

  /** Undefined when there is no node for anybody, null when what is inside refuses this request only. */
  #pickIfFree(context: Context): Lease | undefined | null {
    try {
      return this.pick(context);
    } catch (error) {
      if (!isQuorateError(error, 'overloaded')) throw error;
      return isQuorateError(error.cause, 'no-node') ? undefined : null;
    }
  }

  #anyIsFull(): boolean {
    return this.#full().next().done === false;
  }

  *#full(): Generator<string> {
    for (const [node, { count }] of this.#inFlight)
      if (count >= this.#maxPerNode && this.wasToldAvailable(node)) yield node;
  }
}
