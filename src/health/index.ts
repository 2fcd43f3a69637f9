/**
 * Which nodes are well: checks with thresholds on any clock, what requests tell of nodes, heartbeats as a source; and rolling
 * restarts. Runs anywhere; checks by TCP and HTTP and discovery by DNS are in `quorate/health/node`.
 *
 * @module health
 */
export type { Endpoint } from './endpoint.js';
export type { HealthSource } from './health-source.js';
export { allOf } from './all-of.js';
export { HealthChecks } from './health-checks.js';
export type { HealthCheck, HealthChecksOptions, HealthCheckStatus } from './health-checks.js';
export { heartbeatHealth } from './heartbeat-health.js';
export { OutlierDetector } from './outlier-detector.js';
export type { EjectionReason, OutlierDetectorOptions, OutlierStatus } from './outlier-detector.js';
export type { FailurePercentageOptions, OutlierCounts, SuccessRateOptions } from './outlier-rules.js';
export { countResult } from './thresholds.js';
export type { Thresholds, ThresholdState } from './thresholds.js';
export { rollingRestart, RollingRestartError } from './rolling-restart.js';
export type { RestartActions, RestartProgress, RestartStep, RollingRestartOptions } from './rolling-restart.js';
