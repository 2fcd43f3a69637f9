import type { ByteStream, ByteStreamListener } from '../stream/byte-stream.js';

/** A stream that could not be begun: for dials that fail within the call, which must be told like those that fail later. */
export class FailedStream implements ByteStream {
  readonly remote: string;
  readonly host: string;
  readonly certificate = null;
  readonly #error: Error;

  constructor(url: string, error: Error) {
    this.remote = url;
    this.host = url;
    this.#error = error;
  }

  begin(listener: ByteStreamListener): void {
    queueMicrotask(() => listener.closed(this.#error));
  }

  write(): void {
    // nothing carries it
  }

  end(): void {
    // it is over
  }

  destroy(): void {
    // it is over
  }
}
