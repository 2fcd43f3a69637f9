import type { HealthSource } from '../../health/index.js';
import type { Balancer } from '../balancer.js';
import { Layer } from './layer.js';

/** Options of {@link HealthGate}. */
export interface HealthGateOptions {
  /** Says which nodes are well. @defaultValue none: `setHealthy` does */
  readonly source?: HealthSource;
}

/**
 * Keeps nodes that are not well from being picked: those of which a source says so, such as `HealthChecks`, or the program by
 * `setHealthy`. Apart from `setAvailable`, so that a node that is drained stays so when it is found well. A node of which
 * nothing was said is well.
 *
 * Around whatever counts what is available: priorities, zones. Not for what requests themselves tell: `OutlierEjection`.
 */
export class HealthGate<Context = void> extends Layer<Context> {
  /** @internal */
  override readonly judgesHealth = true;
  readonly #unhealthy = new Set<string>();
  readonly #source: HealthSource | undefined;
  readonly #unsubscribe: (() => void) | undefined;

  /** @throws InvalidOptionError */
  constructor(inner: Balancer<Context>, options: HealthGateOptions = {}) {
    super(inner);
    this.#source = options.source;
    this.#unsubscribe = options.source?.subscribe((node, healthy) => this.setHealthy(node, healthy));
  }

  /** Says whether a node is well. Of nodes that are not there nothing is noted. */
  setHealthy(node: string, healthy: boolean): void {
    if (healthy) this.#unhealthy.delete(node);
    else if (this.has(node)) this.#unhealthy.add(node);
    this.tell(node);
  }

  /** Whether a node is well. */
  isHealthy(node: string): boolean {
    return !this.#unhealthy.has(node);
  }

  /** Follows the source no more: what is known stays. Twice is harmless. */
  close(): void {
    this.#unsubscribe?.();
  }

  protected override added(node: string): void {
    if (this.#source?.isHealthy(node) === false) this.#unhealthy.add(node);
  }

  protected override removed(node: string): void {
    this.#unhealthy.delete(node);
  }

  protected override allows(node: string): boolean {
    return !this.#unhealthy.has(node);
  }
}
