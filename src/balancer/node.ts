/**
 * What balancers need of Node: signatures of session cookies. Everything else runs anywhere.
 *
 * @module balancer/node
 */
export {};
