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
export { Backups } from './layers/backups.js';
export type { BackupsOptions } from './layers/backups.js';
export type { GroupedOptions } from './layers/grouped.js';
export { PreferLocal } from './layers/prefer-local.js';
export type { PreferLocalOptions } from './layers/prefer-local.js';
export { PriorityLevels } from './layers/priority-levels.js';
export type { PriorityLevel, PriorityLevelsOptions } from './layers/priority-levels.js';
export { priorityLoads } from './layers/priority-loads.js';
export type { PriorityLoadsOptions } from './layers/priority-loads.js';
export { SlowStart } from './layers/slow-start.js';
export type { SlowStartOptions } from './layers/slow-start.js';
export { TwoLevels } from './layers/two-levels.js';
export type { TwoLevelsOptions } from './layers/two-levels.js';
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
export { ConnectionLimits } from './layers/connection-limits.js';
export type { ConnectionLimitsOptions } from './layers/connection-limits.js';
export { RequestScheduler } from './layers/request-scheduler.js';
export type { RequestSchedulerOptions } from './layers/request-scheduler.js';
export type { WaitOptions } from './layers/waiting-queue.js';
export { RetryBudget } from './layers/retry-budget.js';
export type { RetryBudgetOptions } from './layers/retry-budget.js';
export { retrying } from './layers/retry.js';
export type { RetryOptions } from './layers/retry.js';
export { hedged } from './layers/hedge.js';
export type { HedgeOptions } from './layers/hedge.js';
export type { Attempt, Send } from './layers/attempts.js';
