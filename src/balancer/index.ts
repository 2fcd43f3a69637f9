/**
 * Load balancing: which node each request goes to, by many strategies, without a transport.
 *
 * @module balancer
 */
export { parseAgentReport } from './agent-report.js';
export type { AgentReport } from './agent-report.js';
export { AgentWeights } from './agent-weights.js';
export { deterministicAperture } from './aperture.js';
export type { ApertureOptions } from './aperture.js';
export { NoNodeError } from './balancer.js';
export type { Balancer, Lease, Nodes, RequestResult } from './balancer.js';
export { LatencyQuantile } from './latency-quantile.js';
export type { LatencyQuantileOptions } from './latency-quantile.js';
export { LeastConnections } from './least-connections.js';
export { LeastOutstanding } from './least-outstanding.js';
export type { LeastOutstandingOptions } from './least-outstanding.js';
export { NginxLeastConnections } from './nginx-least-connections.js';
export { PeakEwma } from './peak-ewma.js';
export type { PeakEwmaOptions } from './peak-ewma.js';
export { PowerOfTwoChoices } from './power-of-two-choices.js';
export type { PowerOfTwoChoicesOptions } from './power-of-two-choices.js';
export { RoundRobin } from './round-robin.js';
export type { RoundRobinOptions } from './round-robin.js';
export { replaceNodes } from './replace-nodes.js';
export { ReportedWeights } from './reported-weights.js';
export type { LoadReport, ReportedWeightsOptions } from './reported-weights.js';
