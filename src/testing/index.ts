/**
 * Hosts and tools to test machines and everything that takes a clock: a virtual clock and a seeded simulation.
 *
 * @module testing
 */
export { ConformanceError } from './conformance/case.js';
export type { ConformanceCase } from './conformance/case.js';
export type { TransportNetwork, TransportSetup, TransportSupports } from './conformance/transport-bench.js';
export { transportCases } from './conformance/transport.js';
export { EventQueue } from './event-queue.js';
export { SimulatedDisk } from './simulated-disk.js';
export type { SimulatedCheckpoint } from './simulated-disk.js';
export { defaultFaults, noFaults } from './simulated-network.js';
export type { SimulatedFaults } from './simulated-network.js';
export { InvariantViolation, Simulation } from './simulation.js';
export type { SimulatedHost, SimulatedProtocol, SimulationOptions } from './simulation.js';
export { VirtualClock } from './virtual-clock.js';
