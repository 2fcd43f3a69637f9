/**
 * Load balancing: which node each request goes to, by many strategies, without a transport.
 *
 * @module balancer
 */
export { NoNodeError } from './balancer.js';
export type { Balancer, Lease, Nodes, RequestResult } from './balancer.js';
export { RoundRobin } from './round-robin.js';
export type { RoundRobinOptions } from './round-robin.js';
