import type { EjectionReason, OutlierDetectorOptions } from 'quorate/health';

/** All that {@link NaiveOutliers} is told, with plain numbers in place of options. */
export type NaiveOptions = Required<
  Pick<OutlierDetectorOptions, 'intervalMs' | 'baseEjectionMs' | 'maxEjectionMs' | 'maxEjected'>
> & { readonly consecutiveFailures: number; readonly stdevFactor: number; readonly threshold: number } & {
  readonly minNodes: number;
  readonly minRequests: number;
};

interface NaiveNode {
  readonly name: string;
  /** Results of this interval that count: whether each failed. */
  results: boolean[];
  inARow: number;
  multiplier: number;
  ejectedUntil: number | null;
  /** How often it was ejected. */
  ejections: number;
  /** Whether it was ejected at any time of this interval. */
  wasEjected: boolean;
}

/** Outlier detection as timers would do it that fire each millisecond, with lists. */
export class NaiveOutliers {
  readonly nodes: NaiveNode[] = [];
  readonly told: string[] = [];
  readonly #options: NaiveOptions;
  #time = 0;

  constructor(options: NaiveOptions) {
    this.#options = options;
  }

  add(name: string): void {
    if (this.nodes.some((node) => node.name === name)) return;
    const counts = { results: [], inARow: 0, multiplier: 0 };
    this.nodes.push({ name, ...counts, ejectedUntil: null, ejections: 0, wasEjected: false });
  }

  remove(name: string): void {
    const at = this.nodes.findIndex((node) => node.name === name);
    if (at >= 0) this.nodes.splice(at, 1);
  }

  begin(name: string): (failed: boolean) => void {
    const node = this.nodes.find((node) => node.name === name);
    const ejections = node?.ejections;
    return (failed) => {
      if (node === undefined || !this.nodes.includes(node)) return;
      if (node.ejections !== ejections || node.ejectedUntil !== null) return;
      node.results.push(failed);
      node.inARow = failed ? node.inARow + 1 : 0;
      if (node.inARow < this.#options.consecutiveFailures) return;
      node.inARow = 0;
      this.#eject(node, 'consecutive-failures');
    };
  }

  /** Time passes, one millisecond after the other. */
  pass(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.#time++;
      for (const node of this.nodes)
        if (node.ejectedUntil === this.#time) {
          node.ejectedUntil = null;
          this.told.push(`${node.name} returns`);
        }
      if (this.#time % this.#options.intervalMs === 0) this.#endInterval();
    }
  }

  #endInterval(): void {
    const { minNodes, minRequests, stdevFactor, threshold } = this.#options;
    const judged = this.nodes.filter((node) => node.ejectedUntil === null && node.results.length >= minRequests);
    if (judged.length >= minNodes) {
      const rate = ({ results }: NaiveNode): number => results.filter((failed) => !failed).length / results.length;
      const rates = new Map(judged.map((node) => [node, rate(node)]));
      let mean = 0;
      for (const rate of rates.values()) mean += rate / judged.length;
      let variance = 0;
      for (const rate of rates.values()) variance += (rate - mean) ** 2 / judged.length;
      const limit = mean - stdevFactor * Math.sqrt(variance) - 1e-9;
      for (const [node, rate] of rates) if (rate < limit) this.#eject(node, 'success-rate');
      for (const [node, rate] of rates) if (1 - rate > threshold + 1e-9) this.#eject(node, 'failure-percentage');
    }
    for (const node of this.nodes) {
      node.results = [];
      if (!node.wasEjected && node.ejectedUntil === null) node.multiplier = Math.max(0, node.multiplier - 1);
      node.wasEjected = node.ejectedUntil !== null;
    }
  }

  #eject(node: NaiveNode, reason: EjectionReason): void {
    const { baseEjectionMs, maxEjectionMs, maxEjected } = this.#options;
    const ejected = this.nodes.filter(({ ejectedUntil }) => ejectedUntil !== null).length;
    if (node.ejectedUntil !== null || ejected / this.nodes.length >= maxEjected) return;
    if (ejected === this.nodes.length - 1) return;
    const longest = Math.max(baseEjectionMs, maxEjectionMs);
    node.multiplier = Math.min(node.multiplier + 1, Math.ceil(longest / baseEjectionMs));
    const forMs = Math.min(node.multiplier * baseEjectionMs, longest);
    node.ejectedUntil = this.#time + forMs;
    node.ejections++;
    node.wasEjected = true;
    node.results = [];
    node.inARow = 0;
    this.told.push(`${node.name} ${reason} ${forMs}`);
  }
}
