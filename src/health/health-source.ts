/**
 * Says which nodes are well, and when that changes: checks, heartbeats, or a program that knows. A balancer with a `HealthGate`
 * follows one.
 */
export interface HealthSource {
  /** Whether a node may be given requests. What it does not know is well. */
  isHealthy(node: string): boolean;
  /**
   * Calls the listener whenever that changes for a node, after `isHealthy` says so, in the order of the changes. It may be told
   * again what is so already.
   *
   * @returns what ends that; calling it twice is harmless
   */
  subscribe(listener: (node: string, healthy: boolean) => void): () => void;
}
