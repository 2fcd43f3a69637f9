import { WebSocket } from 'ws';
import { openWebSocketTransport } from '../../src/transport/websocket/node.js';
import type { WebSocketConstructor } from '../../src/transport/websocket/node.js';
import type { Authority, Identity } from './certificates.js';
import type { Bare, StreamKind } from './stream-bench.js';

/** WebSockets without TLS; `constructor` dials in place of `ws`. */
export function ws(constructor?: WebSocketConstructor): StreamKind {
  return {
    open: (options) =>
      openWebSocketTransport({ ...options, ...(constructor === undefined ? {} : { WebSocket: constructor }) }),
    address: (hostPort) => `ws://${hostPort}/`,
    dial: (address) => dialWebSocket(address),
  };
}

/** WebSockets with mutual TLS, each node with a certificate of the authority. */
export function wss(authority: Authority): StreamKind {
  return {
    open: async (options) => openWebSocketTransport({ ...options, tls: await authority.identity(options.id) }),
    address: (hostPort) => `wss://${hostPort}/`,
    dial: async (address, id) => dialWebSocket(address, await authority.identity(id)),
  };
}

/** A bare WebSocket, once it is open or over. */
export function dialWebSocket(address: string, options: Partial<Identity> & { origin?: string } = {}): Promise<Bare> {
  const unchecked = { rejectUnauthorized: false, perMessageDeflate: false };
  return bareWebSocket(new WebSocket(address, { ...unchecked, ...options }));
}

async function bareWebSocket(socket: WebSocket): Promise<Bare> {
  const received: Buffer[] = [];
  socket.on('message', (data: Buffer) => received.push(data));
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await Promise.race([closed, new Promise((resolve) => socket.once('open', resolve))]);
  return {
    received,
    closed,
    write: (bytes) => socket.send(bytes, () => {}),
    end: (bytes) => {
      socket.send(bytes, () => {});
      socket.close();
    },
    reset: () => socket.terminate(),
    pause: () => socket.pause(),
  };
}

/** The WebSockets that the platform may bring: Node has one from version 22 on. */
export const platformWebSockets: readonly [string, WebSocketConstructor][] = [
  ['of the package ws, used as that of a browser', WebSocket],
  ...('WebSocket' in globalThis
    ? [['of this platform', globalThis.WebSocket] satisfies [string, WebSocketConstructor]]
    : []),
];
