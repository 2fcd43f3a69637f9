/** Where a node's health stands: plain data. */
export interface ThresholdState {
  /** Whether it is well. */
  healthy: boolean;
  /** Successes in a row; a failure sets it to 0. */
  successes: number;
  /** Failures in a row; a success sets it to 0. */
  failures: number;
}

/** How many results in a row change what is thought of a node. */
export interface Thresholds {
  /** Successes that make a node well again. */
  readonly healthyThreshold: number;
  /** Failures that make it unwell. */
  readonly unhealthyThreshold: number;
}

/**
 * Counts one more result, as HAProxy does by `rise` and `fall`: only results in a row count, so one success forgets all
 * failures before it, and the other way round. Returns whether the health of the node has changed by it.
 */
export function countResult(state: ThresholdState, success: boolean, thresholds: Thresholds): boolean {
  state.successes = success ? state.successes + 1 : 0;
  state.failures = success ? 0 : state.failures + 1;
  const changes = state.healthy
    ? state.failures >= thresholds.unhealthyThreshold
    : state.successes >= thresholds.healthyThreshold;
  if (changes) state.healthy = success;
  return changes;
}
