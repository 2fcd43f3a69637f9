import {
  LatencyQuantile,
  LeastConnections,
  LeastOutstanding,
  PeakEwma,
  PowerOfTwoChoices,
  RoundRobin,
  type Balancer,
} from 'quorate/balancer';

/** What the strategies that learn, or draw lots, do so with. */
export interface Means {
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What can be compared. */
export const strategies: Readonly<Record<string, (nodes: readonly string[], means: Means) => Balancer>> = {
  'round-robin': (nodes) => new RoundRobin(nodes),
  'least-connections': (nodes) => new LeastConnections(nodes),
  'least-outstanding': (nodes, { random }) => new LeastOutstanding(nodes, { random }),
  'power-of-two': (nodes, { random }) => new PowerOfTwoChoices(nodes, { random }),
  'peak-ewma': (nodes, means) => new PeakEwma(nodes, means),
  'latency-quantile': (nodes, means) => new LatencyQuantile(nodes, means),
};

/** What is compared when nothing else is asked for. */
export const usualStrategies: readonly string[] = ['round-robin', 'least-outstanding', 'power-of-two', 'peak-ewma'];
