/**
 * A transport over WebSockets for Node, which listens and dials, by the package `ws`: where only HTTP gets through, or
 * nodes talk with browsers. Between nodes TCP is faster. Install `ws` beside this package: it is an optional peer.
 *
 * @module transport/websocket/node
 */
import { Acceptor } from './node/acceptor.js';
import { WebSocketEdge } from './node/edge.js';
import { loadWs } from './node/load-ws.js';
import { checkWebSocketOptions } from './node/options.js';
import type { WebSocketNodeTransportOptions } from './node/options.js';
import { WebSocketNode } from './node/transport.js';
import type { WebSocketTransport } from './node/transport.js';

export type { StreamTransport } from '../stream/node.js';
export type { StreamTransportOptions } from '../stream/options.js';
export type { Secret } from '../stream/prover.js';
export { ConnectionRefusedError } from '../stream/refusal.js';
export type { RefusalReason } from '../stream/refusal.js';
export type { HostPort } from '../../core/index.js';
export type { SecureTransport } from '../tcp/secure-node.js';
export type { Pem, TlsOptions } from '../tcp/tls-options.js';
export type { WebSocketTransportOptions } from '../websocket.js';
export type { WebSocketListen, WebSocketNodeTransportOptions } from './node/options.js';
export type { WebSocketTransport } from './node/transport.js';
export type { PlatformWebSocket, WebSocketConstructor } from './platform-stream.js';

/**
 * Opens a transport: listens, unless it is a client, and begins to dial the peers that have an address, a URL
 * `ws://host:port/path` or `wss://...`. Resolves as soon as it listens; see `connected` to wait for a peer.
 *
 * @throws InvalidOptionError
 * @throws QuorateError with code `missing-package` when `ws` is not installed, `address-in-use` when another program
 * listens there, `address-unavailable` when this machine cannot listen there
 */
export async function openWebSocketTransport(options: WebSocketNodeTransportOptions): Promise<WebSocketTransport> {
  const checked = checkWebSocketOptions(options);
  const ws = await loadWs();
  return new WebSocketNode(checked, new WebSocketEdge(checked, ws, await Acceptor.open(checked, ws)));
}
