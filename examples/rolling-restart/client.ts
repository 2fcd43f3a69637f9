import { LeastOutstanding } from 'quorate/balancer';
import { HealthGate } from 'quorate/balancer/layers';
import { HealthChecks } from 'quorate/health';
import { httpCheck } from 'quorate/health/node';

/** How often each server is checked. Two failures take it out: noticed after 250 ms at most. */
const INTERVAL_MS = 100;

/** Sends requests all the time, balanced over servers that checks find well, and counts what becomes of them. */
export class Client {
  readonly #checks = new HealthChecks({
    check: httpCheck({ path: '/health' }),
    intervalMs: INTERVAL_MS,
    timeoutMs: 2000,
    unhealthyThreshold: 2,
    healthyThreshold: 2,
  });
  readonly #balancer = new HealthGate(new LeastOutstanding(), { source: this.#checks });
  readonly #open = new Set<Promise<void>>();
  readonly answers = new Map<string, number>();
  readonly failures: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(nodes: readonly string[]) {
    for (const node of nodes) {
      this.#balancer.add(node);
      this.#checks.add(node);
    }
  }

  /** Which servers it sends requests to. */
  isWell(node: string): boolean {
    return this.#balancer.isHealthy(node);
  }

  /** How many requests have ended. */
  get requests(): number {
    return [...this.answers.values()].reduce((a, b) => a + b, this.failures.length);
  }

  /** Begins. Requests begin when they are due, however many have not ended. */
  start(rate: number): void {
    let due = performance.now();
    this.#timer = setInterval(() => {
      for (; due <= performance.now(); due += 1000 / rate) this.#send();
    }, 5);
  }

  /** Sends no more, and waits for what it has sent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    await this.#checks.close();
    this.#balancer.close();
  }

  #send(): void {
    const request = this.#request().catch((error: unknown) => void this.failures.push(reasonOf(error)));
    this.#open.add(request);
    void request.then(() => this.#open.delete(request));
  }

  /** One attempt only: nothing is to hide what a restart does. */
  async #request(): Promise<void> {
    const { node, done } = this.#balancer.pick();
    let failed = true;
    try {
      const response = await fetch(`http://${node}/`, { signal: AbortSignal.timeout(10_000) });
      const version = (await response.text()).trim();
      if (!response.ok) throw new Error(`${node} answered ${response.status}`);
      failed = false;
      this.answers.set(version, (this.answers.get(version) ?? 0) + 1);
    } finally {
      done({ failed });
    }
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { readonly code?: string } };
  return cause?.code ?? message;
}
