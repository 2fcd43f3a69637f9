import { checkNumber } from '../core/index.js';
import type { Balancer } from './balancer.js';

/** What a node says of its load, since its last report or over some seconds. */
export interface LoadReport {
  /** Requests a second. */
  readonly requestsPerSecond: number;
  /** How busy it is: 1 when it can take no more. */
  readonly utilization: number;
  /** Failed requests a second. @defaultValue 0 */
  readonly errorsPerSecond?: number;
}

/** Options of {@link ReportedWeights}; the defaults are those of gRPC. */
export interface ReportedWeightsOptions {
  /**
   * For how long a node must have reported before that counts, in milliseconds: one that is warming up looks weaker than it is.
   *
   * @defaultValue 10000
   */
  readonly blackoutMs?: number;
  /** How old a report may be, in milliseconds. @defaultValue 180000 */
  readonly expirationMs?: number;
  /** How much utilization one failed request in each is taken for. @defaultValue 1 */
  readonly errorPenalty?: number;
}

/** Those that are no nodes are forgotten at the next update. */
const MAX_REPORTERS = 65_536;

interface Reporter {
  weight: number;
  /** Since when it has reported without a gap. */
  since: number;
  at: number;
}

/**
 * Weights from what nodes say of their load, as gRPC's client-side weighted round robin has them (proposal A58): what a node
 * could take if it were fully busy, requests a second over utilization, where failures count as utilization. Nodes of which
 * nothing is known, or not yet, or no more, get the mean of the others. With fewer than two that are known all are equal.
 *
 * Over any balancer with weights; which others set no weights of. Not for balancers that see the load themselves, by requests
 * in flight or by latency. O(nodes) an update: once a second is enough.
 */
export class ReportedWeights {
  readonly #balancer: Pick<Balancer, 'nodes' | 'add'>;
  readonly #blackoutMs: number;
  readonly #expirationMs: number;
  readonly #errorPenalty: number;
  readonly #reporters = new Map<string, Reporter>();

  /** @throws InvalidOptionError */
  constructor(balancer: Pick<Balancer, 'nodes' | 'add'>, options: ReportedWeightsOptions = {}) {
    const { blackoutMs = 10_000, expirationMs = 180_000, errorPenalty = 1 } = options;
    this.#balancer = balancer;
    this.#blackoutMs = checkNumber('blackoutMs', blackoutMs, { min: 0, integer: false });
    this.#expirationMs = checkNumber('expirationMs', expirationMs, { min: 1, integer: false });
    this.#errorPenalty = checkNumber('errorPenalty', errorPenalty, { min: 0, integer: false });
  }

  /**
   * A node reported its load. Takes effect with the next {@link ReportedWeights.update}. What comes from outside and is no
   * load, with anything below 0 or without an end, or with nothing done at all, is ignored, as are nodes beyond 65536. O(1).
   *
   * @param now - monotonic milliseconds
   */
  report(node: string, load: LoadReport, now: number): void {
    const { requestsPerSecond: rate, utilization, errorsPerSecond: errors = 0 } = load;
    const weight = rate / (utilization + (errors / rate) * this.#errorPenalty);
    if (!(rate > 0 && utilization > 0 && errors >= 0 && weight > 0 && weight < Infinity)) return;
    const before = this.#reporters.get(node);
    if (before === undefined && this.#reporters.size >= MAX_REPORTERS) return;
    const since = before !== undefined && now - before.at < this.#expirationMs ? before.since : now;
    this.#reporters.set(node, { weight, since, at: now });
  }

  /** Sets the weights of all nodes. O(nodes). @param now - monotonic milliseconds */
  update(now: number): void {
    const nodes = new Set(this.#balancer.nodes);
    const known = new Map<string, number>();
    for (const [node, { weight, since, at }] of this.#reporters) {
      if (!nodes.has(node) || now - at >= this.#expirationMs) this.#reporters.delete(node);
      else if (now - since >= this.#blackoutMs) known.set(node, weight);
    }
    const mean = [...known.values()].reduce((a, b) => a + b, 0) / known.size;
    // In parts of the mean, so that a node is 1 of which nothing is known.
    for (const node of nodes) this.#balancer.add(node, known.size < 2 ? 1 : (known.get(node) ?? mean) / mean);
  }
}
