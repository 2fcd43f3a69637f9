/**
 * A transport over WebSockets that runs anywhere, also in browsers, and only dials: a client of nodes that listen by
 * `quorate/transport/websocket/node`. What is sent is as over TCP: the same frames, in binary messages.
 *
 * @module transport/websocket
 */
import { StreamNode } from './stream/node.js';
import type { StreamTransport } from './stream/node.js';
import { checkStreamOptions } from './stream/options.js';
import type { StreamTransportOptions } from './stream/options.js';
import { checkUrl } from './websocket/address.js';
import { checkWebSocket, PlatformEdge } from './websocket/platform-edge.js';
import type { WebSocketConstructor } from './websocket/platform-stream.js';

export type { StreamTransport } from './stream/node.js';
export type { StreamTransportOptions } from './stream/options.js';
export type { Secret } from './stream/prover.js';
export { ConnectionRefusedError } from './stream/refusal.js';
export type { RefusalReason } from './stream/refusal.js';
export type { PlatformWebSocket, WebSocketConstructor } from './websocket/platform-stream.js';

/** What {@link openWebSocketTransport} takes. */
export interface WebSocketTransportOptions extends StreamTransportOptions {
  /**
   * Dials with this in place of the platform's own.
   *
   * @defaultValue `globalThis.WebSocket`, which browsers, Deno, Bun, and Node from 22 on have
   */
  readonly WebSocket?: WebSocketConstructor;
}

/**
 * Opens a transport and begins to dial the peers that have an address, a URL `ws://host:port/path` or `wss://...`.
 * Nothing listens. `close` may leave the platform to finish closing a WebSocket whose other side does not answer: there
 * is no way to insist.
 *
 * @throws InvalidOptionError
 */
export async function openWebSocketTransport(options: WebSocketTransportOptions): Promise<StreamTransport> {
  const edge = new PlatformEdge(checkWebSocket(options.WebSocket));
  return new StreamNode(checkStreamOptions(options, checkUrl), edge);
}
