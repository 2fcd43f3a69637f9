import { Duplex } from 'node:stream';

/** What a server of HTTP takes for the socket of a client that it accepted: fed by hand, and notes what is written. */
export class FedSocket extends Duplex {
  readonly remoteAddress = '192.0.2.1';
  readonly localAddress = '192.0.2.2';
  readonly remotePort: number;
  /** All that was written, as ISO 8859-1. */
  written = '';

  /** @param remotePort - tells it from others */
  constructor(remotePort: number) {
    super({ emitClose: true });
    this.remotePort = remotePort;
    this.on('error', () => {});
  }

  /** Bytes come, and are handled within this call, so that what is thrown is thrown here. */
  feed(bytes: Uint8Array): void {
    if (!this.destroyed) this.emit('data', Buffer.from(bytes));
  }

  /** Ends it, if nobody did. Resolves when all have been told. */
  async hangUp(): Promise<void> {
    const closed = this.closed ? null : new Promise((resolve) => this.once('close', resolve));
    this.destroy();
    await closed;
  }

  destroySoon(): void {
    if (this.writable) this.end(() => this.destroy());
    else this.destroy();
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  override _read(): void {
    // bytes are fed
  }

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.written += chunk.toString('latin1');
    written();
  }
}
