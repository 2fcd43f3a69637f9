/**
 * Layers around balancers: health, ejection, slow start, priorities, zones, limits and queues, retries, sessions; and nodes from
 * any source. Runs anywhere; none has a timer or a clock of its own below `Clock`.
 *
 * @module balancer/layers
 */
export { Layer } from './layers/layer.js';
export { LayerOrderError } from './layers/layer-order.js';
export { pickExcept } from './layers/pick-except.js';
export { HealthGate } from './layers/health-gate.js';
export type { HealthGateOptions } from './layers/health-gate.js';
export { OutlierEjection } from './layers/outlier-ejection.js';
export { SlowStart } from './layers/slow-start.js';
export type { SlowStartOptions } from './layers/slow-start.js';
export { SessionTable } from './layers/sessions/session-table.js';
export type { SessionTableOptions, SessionTableStatus } from './layers/sessions/session-table.js';
export { SessionUnavailableError } from './layers/sessions/when-unavailable.js';
export type { WhenUnavailable } from './layers/sessions/when-unavailable.js';
export { EndpointsRefusedError } from './endpoints/check-endpoints.js';
export { followEndpoints } from './endpoints/follow-endpoints.js';
export type { FollowEndpointsOptions } from './endpoints/follow-endpoints.js';
export { CookieSessions } from './layers/sessions/cookie-sessions.js';
export type { CookiePick, CookieSessionsStatus } from './layers/sessions/cookie-sessions.js';
export type { CookieMode, CookieSessionsOptions } from './layers/sessions/cookie-sessions-options.js';
export type { Signer } from './layers/sessions/signer.js';
