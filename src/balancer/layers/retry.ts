import { checkNumber, isQuorateError, pause, systemClock, systemRandom, type Clock } from '../../core/index.js';
import type { Balancer } from '../balancer.js';
import { AttemptNodes, type Send } from './attempts.js';
import type { RetryBudget } from './retry-budget.js';

/** Options of {@link retrying}. */
export interface RetryOptions {
  /** For all requests to the same servers together. */
  readonly budget: RetryBudget;
  /** The most attempts of a request. @defaultValue 3 */
  readonly maxAttempts?: number;
  /**
   * Whether to do it twice is as good as once.
   * @defaultValue false: an attempt is retried only if its error says that nothing has happened, by the outcome `failed` of a
   * `QuorateError`, or `wasNotDone` does
   */
  readonly idempotent?: boolean;
  /** Knows of further errors after which nothing has happened, such as a refused connection. @defaultValue none */
  readonly wasNotDone?: (error: unknown) => boolean;
  /** Whether another node might do better: not after an answer that others would give, too. @defaultValue always */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Before the second attempt it is waited for a random part of this, before each further one of twice as much. @defaultValue 0 */
  readonly backoffMs?: number;
  /** The most of that. @defaultValue 1000 */
  readonly maxBackoffMs?: number;
  /** Hears of each attempt that is followed by another one. */
  readonly onRetry?: (node: string, error: unknown, attempt: number) => void;
  /** Ends it: rejects with its reason, after the attempt that is under way has ended. */
  readonly signal?: AbortSignal;
  /** Uniform in [0, 1). @defaultValue that of the platform */
  readonly random?: () => number;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
}

/**
 * Sends a request to a node, and when that fails to another one, if that is safe, and while the budget lasts. Each attempt is a
 * lease of its own, of which the balancer hears how it ended; an attempt that was aborted is no fault of its node.
 *
 * Where nodes are slow rather than broken: `hedged`.
 *
 * @param send - rejects when the node is at fault
 * @throws what the last attempt rejects with; NoNodeError; the reason of the signal; InvalidOptionError
 */
export async function retrying<Context, T>(
  balancer: Balancer<Context>,
  context: Context,
  send: Send<T>,
  options: RetryOptions,
): Promise<T> {
  const { budget, signal, onRetry, isRetryable = () => true } = options;
  const maxAttempts = checkNumber('maxAttempts', options.maxAttempts ?? 3, { min: 1 });
  const backoffMs = checkNumber('backoffMs', options.backoffMs ?? 0, { min: 0, integer: false });
  const maxBackoffMs = checkNumber('maxBackoffMs', options.maxBackoffMs ?? 1000, { min: 0, integer: false });
  signal?.throwIfAborted();
  budget.deposit();
  const nodes = new AttemptNodes(balancer, context, signal);
  let earlier: { readonly error: unknown } | undefined;
  for (let attempt = 1; ; attempt++) {
    const { node, done } = await nodes.next().catch((error: unknown) => {
      signal?.throwIfAborted();
      throw earlier === undefined ? error : earlier.error; // what an attempt met with says more than that there is no node
    });
    let failed = false;
    try {
      signal?.throwIfAborted(); // while it waited for a node
      return await send(node, { attempt, signal: signal ?? new AbortController().signal });
    } catch (error) {
      signal?.throwIfAborted();
      failed = true;
      if (attempt >= maxAttempts || !isSafe(error, options) || !isRetryable(error) || !budget.withdraw()) throw error;
      earlier = { error };
      onRetry?.(node, error, attempt);
    } finally {
      done({ failed });
    }
    await backOff(Math.min(maxBackoffMs, backoffMs * 2 ** (attempt - 1)), options);
  }
}

function isSafe(error: unknown, { idempotent = false, wasNotDone }: RetryOptions): boolean {
  if (isQuorateError(error, 'invalid-option')) return false; // another node would say the same
  return idempotent || (isQuorateError(error) && error.outcome === 'failed') || wasNotDone?.(error) === true;
}

/** A random part, so that those that failed together do not come back together. */
async function backOff(ms: number, options: RetryOptions): Promise<void> {
  const { signal, random = systemRandom, clock = systemClock } = options;
  signal?.throwIfAborted();
  if (ms === 0) return;
  await pause(clock, ms * random(), signal);
  signal?.throwIfAborted();
}
