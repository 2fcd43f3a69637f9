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
export { EarliestDeadlineFirst } from './earliest-deadline-first.js';
export type { EarliestDeadlineFirstOptions } from './earliest-deadline-first.js';
export type { LatencyOptions } from './latency-choices.js';
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
export { ConsistentHashing } from './consistent-hashing.js';
export type { ConsistentHashingOptions } from './consistent-hashing.js';
export { clientAddress } from './keys/client-address.js';
export type { ClientAddressOptions, ClientConnection } from './keys/client-address.js';
export { cookieKey } from './keys/cookie-key.js';
export { headerKey } from './keys/header-key.js';
export type { HeaderKeyOptions } from './keys/header-key.js';
export type { HeaderFields, HttpRequest } from './keys/http-request.js';
export { parseProxyHeader } from './keys/proxy-header.js';
export type { ProxyEndpoint, ProxyHeader } from './keys/proxy-header.js';
export { rdpCookie } from './keys/rdp-cookie.js';
export { trustedProxies } from './keys/trusted-proxies.js';
export { uriKey } from './keys/uri-key.js';
export type { UriKeyOptions } from './keys/uri-key.js';
export { urlParameter } from './keys/url-parameter.js';
export { NginxIpHash } from './nginx-ip-hash.js';
export type { NginxIpHashOptions } from './nginx-ip-hash.js';
export { Random } from './random.js';
export type { RandomOptions } from './random.js';
export { RoundRobin } from './round-robin.js';
export type { RoundRobinOptions } from './round-robin.js';
export { SmoothWeightedRoundRobin } from './smooth-weighted-round-robin.js';
export { StaticRoundRobin } from './static-round-robin.js';
export type { StaticRoundRobinOptions } from './static-round-robin.js';
export { WeightedRandom } from './weighted-random.js';
export type { WeightedRandomOptions } from './weighted-random.js';
export { replaceNodes } from './replace-nodes.js';
export { ReportedWeights } from './reported-weights.js';
export type { LoadReport, ReportedWeightsOptions } from './reported-weights.js';
