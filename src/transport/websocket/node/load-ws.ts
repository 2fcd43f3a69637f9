import type { WebSocket, WebSocketServer } from 'ws';
import { QuorateError } from '../../../core/index.js';
import { MAX_MESSAGE_BYTES } from '../message.js';

/** The package `ws`, as far as it is used. */
export interface Ws {
  readonly WebSocket: typeof WebSocket;
  readonly WebSocketServer: typeof WebSocketServer;
}

/** For all WebSockets. Compression would cost memory for each connection, and can give away what is encrypted (CRIME). */
export const PLAIN = { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false };

/**
 * Loads the package `ws`, an optional peer: only those who use this transport install it.
 *
 * @throws QuorateError with code `missing-package`
 */
export async function loadWs(): Promise<Ws> {
  try {
    return await import('ws');
  } catch (cause) {
    const remedy = 'install it beside quorate: npm install ws';
    throw new QuorateError('missing-package', `WebSockets on Node need the package ws; ${remedy}`, { cause });
  }
}
