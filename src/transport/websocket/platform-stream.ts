import type { ByteStream, ByteStreamListener, StreamRefusal } from '../stream/byte-stream.js';
import { FailedStream } from './failed-stream.js';
import { inMessages, MAX_MESSAGE_BYTES } from './message.js';

/** What is used of the `WebSocket` of browsers, of Node 22 and later, or of the package `ws`. */
export interface PlatformWebSocket {
  /** Is set to `arraybuffer`. */
  binaryType: string;
  /** Bytes that `send` took and that have not left. */
  readonly bufferedAmount: number;
  /** Sends a binary message, of which it takes a copy. */
  send(data: Uint8Array<ArrayBuffer>): void;
  /** Begins to close. */
  close(code?: number): void;
  /** `message` events have the message in `data`: an `ArrayBuffer` when it is binary. */
  addEventListener(
    type: 'open' | 'message' | 'error' | 'close',
    listener: (event: { readonly type: string; readonly data?: unknown }) => void,
  ): void;
}

/** Makes a {@link PlatformWebSocket}, which begins to connect at once. */
export type WebSocketConstructor = new (url: string) => PlatformWebSocket;

/** With more than this waiting in the WebSocket, what comes next waits here, where it is counted and limited. */
const ENOUGH_WAITING_BYTES = 256 * 1024;

/** How often to look whether less is waiting: there is no event for that. */
const LOOK_AGAIN_MS = 4;

/** Dials. Platforms refuse some addresses within the call, as `ws://` from pages that came over HTTPS. */
export function dialPlatform(WebSocket: WebSocketConstructor, url: string): ByteStream {
  try {
    return new PlatformStream(new WebSocket(url), url);
  } catch (cause) {
    return new FailedStream(url, cause instanceof Error ? cause : new Error(String(cause)));
  }
}

/** A WebSocket of the platform as a {@link ByteStream}. */
class PlatformStream implements ByteStream {
  readonly remote: string;
  readonly host: string;
  /** Whom a certificate names is not told to programs: the platform has checked that it fits the URL. */
  readonly certificate = null;
  readonly #socket: PlatformWebSocket;
  #listener: ByteStreamListener | null = null;
  #broken = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(socket: PlatformWebSocket, url: string) {
    this.#socket = socket;
    this.remote = url;
    this.host = url;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#listener?.connected());
    socket.addEventListener('message', ({ data }) => this.#message(data));
    socket.addEventListener('error', () => (this.#broken = true));
    socket.addEventListener('close', () => this.#closed());
  }

  begin(listener: ByteStreamListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array, written: () => void): void {
    if (this.#listener === null) return;
    // A WebSocket takes a copy when `send` is called, so `bytes` may change before they have left.
    inMessages(bytes, (part) => this.#socket.send(part as Uint8Array<ArrayBuffer>));
    if (this.#socket.bufferedAmount <= ENOUGH_WAITING_BYTES) queueMicrotask(written);
    else this.#timer = setTimeout(() => this.#lookAgain(written), LOOK_AGAIN_MS);
  }

  end(): void {
    this.#socket.close(1000);
  }

  /** What is left of the WebSocket closes by itself: there is no way to insist. */
  destroy(): void {
    const listener = this.#forget();
    this.#socket.close(1000); // some tell `close` within the call
    queueMicrotask(() => listener?.closed(null));
  }

  #lookAgain(written: () => void): void {
    this.#timer = null;
    if (this.#socket.bufferedAmount <= ENOUGH_WAITING_BYTES) written();
    else this.#timer = setTimeout(() => this.#lookAgain(written), LOOK_AGAIN_MS);
  }

  #message(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      this.#refuse({ reason: 'malformed', detail: 'it sent a message that is not binary' });
    } else if (data.byteLength > MAX_MESSAGE_BYTES) {
      this.#refuse({ reason: 'bad-frame-length', detail: `it sent a message of ${data.byteLength} bytes` });
    } else {
      this.#listener?.data(new Uint8Array(data));
    }
  }

  #refuse(refusal: StreamRefusal): void {
    this.#closed(refusal);
    this.#socket.close(1000);
  }

  #closed(refusal?: StreamRefusal): void {
    const broken = this.#broken ? new Error('the WebSocket broke, and the platform does not tell why') : null;
    this.#forget()?.closed(broken, refusal);
  }

  /** From here on nothing is told. */
  #forget(): ByteStreamListener | null {
    const listener = this.#listener;
    this.#listener = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    return listener;
  }
}
