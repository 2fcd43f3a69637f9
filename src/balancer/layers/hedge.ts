import { checkNumber, systemClock, type Cancel, type Clock } from '../../core/index.js';
import type { Balancer, Lease } from '../balancer.js';
import { AttemptNodes, type Send } from './attempts.js';
import type { RetryBudget } from './retry-budget.js';

/** Options of {@link hedged}. */
export interface HedgeOptions {
  /** Says that to do the request twice is as good as once: a hedge does just that. */
  readonly idempotent: true;
  /** For all requests to the same servers together, and their retries. */
  readonly budget: RetryBudget;
  /**
   * How long an attempt may take before another one is made beside it: as much as 95 % of requests do not, so that one in
   * twenty is hedged.
   */
  readonly delayMs: number;
  /** The most attempts, the first one counted. @defaultValue 2 */
  readonly maxAttempts?: number;
  /** Ends all attempts; it rejects with the reason. */
  readonly signal?: AbortSignal;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
}

/**
 * Sends a request to a node, and when no answer has come for a while to another one as well; the first answer counts, and the
 * other attempts are aborted (Dean & Barroso 2013, "The Tail at Scale": hedged requests). An attempt that fails is followed by
 * the next one at once. It cuts the tail of latencies for little more load, as long as it is the nodes that are slow at times,
 * and not the requests.
 *
 * Only for what is idempotent. Not when all nodes are slow: the budget ends it, and `isRetryable` is for `retrying`.
 *
 * @param send - rejects when the node is at fault
 * @throws what the last attempt rejects with when all do; NoNodeError; the reason of the signal; InvalidOptionError
 */
export async function hedged<Context, T>(
  balancer: Balancer<Context>,
  context: Context,
  send: Send<T>,
  options: HedgeOptions,
): Promise<T> {
  checkNumber('delayMs', options.delayMs, { min: 0, integer: false });
  checkNumber('maxAttempts', options.maxAttempts ?? 2, { min: 1 });
  options.signal?.throwIfAborted();
  options.budget.deposit();
  return new Hedge(new AttemptNodes(balancer, context, options.signal), send, options).run();
}

/** One request. */
class Hedge<Context, T> {
  readonly #nodes: AttemptNodes<Context>;
  readonly #send: Send<T>;
  readonly #options: HedgeOptions;
  readonly #underWay = new Set<AbortController>();
  #attempts = 0;
  #ended = false;
  #stopTimer: Cancel = () => {};
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;

  constructor(nodes: AttemptNodes<Context>, send: Send<T>, options: HedgeOptions) {
    this.#nodes = nodes;
    this.#send = send;
    this.#options = options;
  }

  async run(): Promise<T> {
    const { signal } = this.#options;
    const first = await this.#nodes.next();
    if (signal?.aborted) {
      first.done(); // aborted while it was served
      throw signal.reason;
    }
    const answer = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const abort = (): void => this.#end(() => this.#reject(signal!.reason));
    signal?.addEventListener('abort', abort);
    this.#begin(first);
    return answer.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** The delay counts from here: what waits for a node is not helped by waiting twice. */
  #begin(lease: Lease): void {
    const { delayMs, clock = systemClock } = this.#options;
    const controller = new AbortController();
    this.#underWay.add(controller);
    this.#stopTimer();
    this.#stopTimer = clock.after(delayMs, () => void this.#beginAnother(() => this.#nodes.other()));
    this.#attempt(lease, ++this.#attempts, controller.signal).then(
      (value) => {
        this.#underWay.delete(controller);
        this.#end(() => this.#resolve(value));
      },
      (error: unknown) => {
        this.#underWay.delete(controller);
        if (this.#ended || this.#beginAnother(() => this.#nodes.atOnce())) return;
        if (this.#underWay.size === 0) this.#end(() => this.#reject(error));
      },
    );
  }

  /** Pays only for an attempt that has a node. */
  #beginAnother(nextNode: () => Lease | undefined): boolean {
    const { maxAttempts = 2, budget } = this.#options;
    const lease = this.#attempts < maxAttempts && budget.balance >= 1 ? nextNode() : undefined;
    if (lease === undefined) return false;
    budget.withdraw();
    this.#begin(lease);
    return true;
  }

  async #attempt({ node, done }: Lease, attempt: number, signal: AbortSignal): Promise<T> {
    let failed = false;
    try {
      return await this.#send(node, { attempt, signal });
    } catch (error) {
      failed = !signal.aborted;
      throw error;
    } finally {
      done({ failed });
    }
  }

  #end(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopTimer();
    settle();
    for (const controller of this.#underWay)
      controller.abort(new Error('another attempt has answered, or the caller gave up'));
  }
}
