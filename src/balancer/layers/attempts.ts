import { isQuorateError } from '../../core/index.js';
import type { Balancer, Lease } from '../balancer.js';
import type { ConnectionLimits } from './connection-limits.js';
import { pickExcept } from './pick-except.js';

/** Which attempt of a request it is. */
export interface Attempt {
  /** From 1. */
  readonly attempt: number;
  /** Aborts when the caller gives up, or another attempt was quicker. To be passed on to what sends. */
  readonly signal: AbortSignal;
}

/** Sends a request to a node. Resolves with its answer; rejects when the node is at fault. */
export type Send<T> = (node: string, attempt: Attempt) => T | Promise<T>;

/** Chooses nodes for the attempts of one request, each another one as long as there are any. */
export class AttemptNodes<Context> {
  readonly #balancer: Balancer<Context>;
  readonly #context: Context;
  readonly #signal: AbortSignal | undefined;
  readonly #tried = new Set<string>();

  constructor(balancer: Balancer<Context>, context: Context, signal: AbortSignal | undefined) {
    this.#balancer = balancer;
    this.#context = context;
    this.#signal = signal;
  }

  /** A node that was not tried; one that was when there is no other. Waits where there is a queue. */
  async next(): Promise<Lease> {
    return this.other() ?? this.#noted(await this.#any());
  }

  /** A node that was not tried, if there is one at once. */
  other(): Lease | undefined {
    return this.#tried.size === 0 ? undefined : this.#now(() => pickExcept(this.#balancer, this.#context, this.#tried));
  }

  /** The same, or a node that was tried. */
  atOnce(): Lease | undefined {
    return this.other() ?? this.#now(() => this.#balancer.pick(this.#context));
  }

  #now(pick: () => Lease): Lease | undefined {
    try {
      return this.#noted(pick());
    } catch (error) {
      if (isQuorateError(error, 'no-node') || isQuorateError(error, 'overloaded')) return undefined;
      throw error;
    }
  }

  #noted(lease: Lease): Lease {
    this.#tried.add(lease.node);
    return lease;
  }

  #any(): Lease | Promise<Lease> {
    const { acquire } = this.#balancer as Partial<ConnectionLimits<Context>>;
    if (acquire === undefined) return this.#balancer.pick(this.#context);
    return acquire.call(this.#balancer, this.#context, this.#signal === undefined ? {} : { signal: this.#signal });
  }
}
