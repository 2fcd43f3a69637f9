import { InvalidOptionError } from '../../core/index.js';
import type { ByteStream, StreamEdge } from '../stream/byte-stream.js';
import { checkUrl } from './address.js';
import { dialPlatform } from './platform-stream.js';
import type { WebSocketConstructor } from './platform-stream.js';

/** Dials by a WebSocket of the platform, and does not listen. */
export class PlatformEdge implements StreamEdge {
  readonly address = null;
  readonly checkAddress = checkUrl;
  readonly #WebSocket: WebSocketConstructor;

  constructor(constructor: WebSocketConstructor) {
    this.#WebSocket = constructor;
  }

  dial(url: string): ByteStream {
    return dialPlatform(this.#WebSocket, url);
  }

  listen(): void {
    // nobody dials it
  }

  async close(): Promise<void> {
    // nothing listens
  }
}

/**
 * The constructor that was given, or the platform's own.
 *
 * @throws InvalidOptionError when there is neither
 */
export function checkWebSocket(given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found = given ?? (globalThis as { readonly WebSocket?: WebSocketConstructor }).WebSocket;
  if (typeof found === 'function') return found;
  const remedy = 'given on a platform without a WebSocket; on Node use quorate/transport/websocket/node';
  throw new InvalidOptionError('WebSocket', given, remedy);
}
