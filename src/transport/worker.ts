/**
 * A transport over message ports, for nodes in worker threads and workers of browsers. Runs anywhere.
 *
 * @module transport/worker
 */
import { checkOptions, type PortTransportOptions } from './worker/options.js';
import { PortNode, type PortTransport } from './worker/transport.js';

export { ConnectionRefusedError } from './stream/refusal.js';
export type { RefusalReason } from './stream/refusal.js';
export type { MessagePortLike } from './worker/message-port.js';
export type { PortTransportOptions } from './worker/options.js';
export type { PortTransport } from './worker/transport.js';

/**
 * Opens a transport whose peers are reached through ports: a `MessagePort`, a `Worker`, `parentPort`, or the global scope
 * of a worker. Messages cross as bytes that the codec made, in order, so that nothing is shared and both sides check what
 * they get as over TCP. Peers are connected when each has said hello, and a port to the wrong node is refused.
 *
 * Not for nodes in one thread: `MemoryNetwork` is several times as fast. Not for handing over large buffers: they are
 * copied, which `postMessage` alone would not do.
 *
 * @throws InvalidOptionError
 */
export function openPortTransport(options: PortTransportOptions): PortTransport {
  return new PortNode(checkOptions(options));
}
