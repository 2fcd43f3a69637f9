/**
 * All primitives that run anywhere, one namespace each. Import a primitive by its own subpath (`quorate/raft`) where
 * size matters, what needs Node by its subpath only (`quorate/transport/tcp`, `quorate/storage/file`,
 * `quorate/id/node`), and the test tools as `quorate/testing`.
 *
 * @module quorate
 */
export * as balancer from './balancer/index.js';
export * as balancerLayers from './balancer/layers.js';
export * as codec from './codec/index.js';
export * as core from './core/index.js';
export * as detector from './detector/index.js';
export * as heartbeats from './detector/heartbeats.js';
export * as health from './health/index.js';
export * as hashing from './hashing/index.js';
export * as host from './host/index.js';
export * as sessions from './host/sessions.js';
export * as id from './id/index.js';
export * as quorum from './quorum/index.js';
export * as raft from './raft/index.js';
export * as memoryStorage from './storage/memory.js';
export * as memoryTransport from './transport/memory.js';
export * as webSocketTransport from './transport/websocket.js';
export * as workerTransport from './transport/worker.js';
