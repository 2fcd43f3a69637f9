import { isNodeId, MalformedError, type NodeId, type QuorateError } from '../core/index.js';
import { openRequests, RequestError, type CallOptions, type Requests } from '../host/index.js';
import { NotLeaderError } from './errors.js';
import type { ResolvedNodeOptions } from './node-options.js';

/**
 * Takes proposals from servers that do not lead to the one that does, and carries those of others out. A proposal is sent
 * once and never again: whether it got there may be unknown, and only its caller knows whether it may happen twice.
 */
export class Forwarding {
  readonly #requests: Requests;
  readonly #timeoutMs: number;

  /** @param propose - carries a command out here, or fails if this server does not lead: it goes no further */
  constructor(
    options: ResolvedNodeOptions<unknown>,
    propose: (command: Uint8Array, options: CallOptions) => Promise<unknown>,
  ) {
    const { transport, group, clock, callTimeoutMs } = options;
    this.#timeoutMs = callTimeoutMs;
    this.#requests = openRequests(transport.channel(`${group}/forward`), {
      clock,
      handler: (body, { signal }) => {
        if (body instanceof Uint8Array) return propose(body, { signal });
        throw new MalformedError('a proposal is bytes');
      },
    });
  }

  /** Lets the leader propose a command; resolves with its result there. */
  async propose(leader: NodeId, command: Uint8Array, options: CallOptions = {}): Promise<unknown> {
    try {
      return await this.#requests.request(leader, command, { ...options, timeoutMs: this.#timeoutMs });
    } catch (error) {
      throw asNotLeader(error) ?? error;
    }
  }

  /** Stops both. */
  close(): void {
    void this.#requests.close();
  }
}

/** The refusal of a server that does not lead, as it would be here. */
function asNotLeader(error: unknown): QuorateError | undefined {
  if (!(error instanceof RequestError) || error.code !== 'not-leader') return undefined;
  const { leader } = (error.details ?? {}) as { leader?: unknown };
  return new NotLeaderError(isNodeId(leader) ? leader : null, { cause: error });
}
