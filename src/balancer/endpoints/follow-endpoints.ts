import { checkNumber } from '../../core/index.js';
import type { Endpoint } from '../../health/index.js';
import type { Balancer } from '../balancer.js';
import { replaceNodes } from '../replace-nodes.js';
import { checkEndpoints, EndpointsRefusedError } from './check-endpoints.js';

/** Options of {@link followEndpoints}. */
export interface FollowEndpointsOptions {
  /** Ends it, and the source with it. The nodes stay as they are. @defaultValue none */
  readonly signal?: AbortSignal;
  /**
   * Hears of each list that is taken, before its nodes are put into the balancer: here layers that ask for priorities or zones
   * are told of them, and `HealthChecks` of the nodes. When it throws the list is not taken, and `onError` hears of that.
   *
   * @defaultValue nobody
   */
  readonly onEndpoints?: (endpoints: readonly Endpoint[]) => void;
  /**
   * Hears of each list that was refused ({@link EndpointsRefusedError}), or that the balancer itself did not take. The nodes
   * stay as they are, and the next list is waited for. What it throws ends following.
   *
   * @defaultValue nobody
   */
  readonly onError?: (error: unknown) => void;
  /**
   * Whether a list without nodes is taken. @defaultValue false: it is refused, because an empty answer comes from a discovery
   * that has lost its memory more often than from a fleet that is gone, and old nodes are better than none
   */
  readonly allowEmpty?: boolean;
  /** The most nodes of a list; a longer one is refused as a whole. @defaultValue 65536 */
  readonly maxNodes?: number;
}

/**
 * Keeps the nodes of a balancer as a source says they are: `dnsEndpoints` of `quorate/health/node`, or any async iterable that
 * gives the whole list each time, as nodes with or without weights, or as names. Those who are new are added, weights that have
 * changed are set, those who are missing are removed; requests that they hold can be finished. Others add none.
 *
 * The last good list stays when the source ends, when it fails, and when it says something that cannot be right: one that is
 * empty, too long, or in part no list of nodes is refused as a whole. Not for sources that give changes: sum them up first.
 *
 * Resolves when the source has ended. O(nodes) a list.
 *
 * @throws InvalidOptionError, the reason of the signal, and what the source throws, which ends it; follow another one then
 */
export async function followEndpoints(
  balancer: Pick<Balancer, 'nodes' | 'add' | 'remove'>,
  source: AsyncIterable<readonly Endpoint[] | readonly string[]>,
  options: FollowEndpointsOptions = {},
): Promise<void> {
  const { signal, onEndpoints, onError, allowEmpty = false } = options;
  const maxNodes = checkNumber('maxNodes', options.maxNodes ?? 65_536, { min: 1 });
  for await (const list of untilAborted(source, signal)) {
    try {
      const endpoints = checkEndpoints(list, maxNodes);
      if (endpoints.length === 0 && !allowEmpty) throw new EndpointsRefusedError('it is empty (allowEmpty takes it)');
      onEndpoints?.(endpoints);
      replaceNodes(
        balancer,
        endpoints.map(({ node, weight = 1 }) => [node, weight] as const),
      );
    } catch (error) {
      onError?.(error);
    }
  }
}

/** The same values; throws the reason of the signal as soon as that aborts, even while the source does not answer. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
  signal?.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await orAborted(iterator.next(), signal);
      signal?.throwIfAborted();
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    void end(iterator); // not waited for: a generator that is stuck ends when it goes on
  }
}

/** Leaves nothing behind at the signal, which may live for as long as the process. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', abort));
    if (signal?.aborted) abort();
  });
}

async function end(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // it is over, however that went
  }
}
