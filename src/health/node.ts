/**
 * Checks of health by TCP and HTTP, and nodes from DNS. Needs Node; everything else of health runs anywhere and is in
 * `quorate/health`.
 *
 * @module health/node
 */
export {};
