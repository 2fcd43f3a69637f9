/**
 * Checks of health by TCP and HTTP, and nodes from DNS. Needs Node; everything else of health runs anywhere and is in
 * `quorate/health`.
 *
 * @module health/node
 */
export { dnsEndpoints, DnsError } from './node/dns-endpoints.js';
export type { DnsEndpoints, DnsEndpointsOptions } from './node/dns-endpoints.js';
export type { AddressRecord, DnsResolver } from './node/dns-records.js';
export { HealthCheckError } from './node/health-check-error.js';
export type { HostPort } from '../core/index.js';
export { httpCheck } from './node/http-check.js';
export type { HttpCheckOptions } from './node/http-check.js';
export type { HttpExpectation } from './node/http-expectation.js';
export { tcpCheck } from './node/tcp-check.js';
export type { TcpCheckOptions } from './node/tcp-check.js';
