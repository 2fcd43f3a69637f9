/**
 * Hosts and tools to test machines and everything that takes a clock: a virtual clock and a seeded simulation.
 *
 * @module testing
 */
export { EventQueue } from './event-queue.js';
export { VirtualClock } from './virtual-clock.js';
