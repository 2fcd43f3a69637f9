import type { NodeId } from '../../core/index.js';
import { isChannelName } from '../port.js';
import type { ByteStream, PeerCertificate } from './byte-stream.js';
import { FrameParser, LENGTH_BYTES } from './frame.js';
import { Handshake } from './handshake.js';
import type { HandshakeSelf } from './handshake.js';
import { encodeRefusal, MAX_HELLO_BYTES } from './hello.js';
import type { Hello } from './hello.js';
import { ConnectionRefusedError } from './refusal.js';
import type { RefusalReason } from './refusal.js';
import { SendBuffer } from './send-buffer.js';

/** The first byte of a frame that is no message: the hello, and names of channels. */
const CONTROL = 0;

/** The first two bytes of a record of TLS: an alert, or a handshake; of any version. */
const TLS_RECORDS = [0x1503, 0x1603];

/** What a {@link Connection} tells the transport. */
export interface ConnectionOwner<InboundChannel> {
  /** A connection that this side dialed can be written to: say hello. */
  connected(connection: Connection<InboundChannel>): void;
  /** A frame came before `open`: answer with `sendControl`, `open` or `refuse`. */
  greeted(connection: Connection<InboundChannel>, body: Uint8Array): void;
  /** The other side gave a name to a channel number. */
  named(name: string): InboundChannel;
  /** A message came. */
  message(connection: Connection<InboundChannel>, channel: InboundChannel, body: Uint8Array): void;
  /** The connection is over; said exactly once, and nothing is said afterwards. `refusal` when this side ended it. */
  ended(connection: Connection<InboundChannel>, refusal: ConnectionRefusedError | null): void;
}

/** Limits of a {@link Connection}. */
export interface ConnectionLimits {
  readonly maxFrameBytes: number;
  readonly maxQueuedBytes: number;
  readonly handshakeTimeoutMs: number;
  readonly closeGraceMs: number;
}

/**
 * One stream of bytes: frames in, frames out. All frames sent in one go leave in one write, and at most one write is under way;
 * what comes meanwhile waits in the other of two buffers, which are reused.
 */
export class Connection<InboundChannel> {
  /** Whom this side dialed; `null` when the other side dialed. */
  readonly dialed: NodeId | null;
  /** What the other side said of itself; `null` until it is open. */
  hello: Hello | null = null;
  /** What this side has to say, and waits for, until it is open. */
  readonly handshake: Handshake;
  /** Monotonic milliseconds when it opened. */
  openedAt = 0;
  /** Resolves when the stream is closed, which may be later than the end of the connection. */
  readonly closed: Promise<void>;
  readonly #stream: ByteStream;
  readonly #owner: ConnectionOwner<InboundChannel>;
  readonly #limits: ConnectionLimits;
  readonly #parser: FrameParser;
  #remote: string;
  #ended = false;
  #error: Error | null = null;
  #streamClosed = false;
  #timer: ReturnType<typeof setTimeout> | null;
  #filling = new SendBuffer();
  #resting = new SendBuffer();
  #writing = false;
  #flushScheduled = false;
  readonly #announced = new Uint8Array(256);
  readonly #inbound: (InboundChannel | undefined)[] = [];

  constructor(
    stream: ByteStream,
    dialed: NodeId | null,
    self: HandshakeSelf & ConnectionLimits,
    owner: ConnectionOwner<InboundChannel>,
  ) {
    this.#stream = stream;
    this.dialed = dialed;
    this.handshake = new Handshake(self, dialed, () => stream.certificate);
    this.#owner = owner;
    this.#limits = self;
    this.#remote = dialed ?? stream.remote;
    this.#parser = new FrameParser(MAX_HELLO_BYTES, {
      frame: (bytes) => this.#frame(bytes),
      badLength: (length) => this.#badLength(length),
    });
    this.#timer = setTimeout(
      () => this.refuse('handshake-timeout', `no hello within ${self.handshakeTimeoutMs} ms`),
      self.handshakeTimeoutMs,
    );
    this.closed = new Promise((resolve) => {
      stream.begin({
        connected: () => owner.connected(this),
        data: (chunk) => this.#parser.push(chunk),
        closed: (error, refusal) => {
          this.#streamClosed = true;
          if (refusal === undefined) this.#error = error ?? this.#hangUp();
          this.#settle(refusal === undefined ? null : this.#refusal(refusal.reason, refusal.detail, error));
          resolve();
        },
      });
    });
  }

  /** What broke the stream; `null` when it was closed in good order. */
  get error(): Error | null {
    return this.#error;
  }

  /** The address of the other side, and its id when it was dialed or said it; for messages to people. */
  get remote(): string {
    return this.#remote;
  }

  /** The machine at the other side. */
  get host(): string {
    return this.#stream.host;
  }

  /** What the certificate of the other side says. */
  get certificate(): PeerCertificate | null {
    return this.#stream.certificate;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes that were accepted for sending and have not been handed to the system. */
  get queuedBytes(): number {
    return this.#filling.used + (this.#writing ? this.#resting.used : 0);
  }

  /** Sends a frame of the handshake. */
  sendControl(body: Uint8Array): void {
    if (this.#ended) return;
    this.#filling.append(CONTROL, body);
    this.#scheduleFlush();
  }

  /** The other side's hello is accepted: frames of full size and messages from now on. */
  open(hello: Hello, now: number): void {
    this.hello = hello;
    this.openedAt = now;
    this.#remote = `${hello.id} at ${this.#remote}`;
    this.#parser.maxFrameBytes = this.#limits.maxFrameBytes;
    this.#clearTimer();
  }

  /**
   * Queues a message. Returns false when the queue is full, or the message larger than either side takes.
   *
   * @param channel - number of the channel on this side, 1 to 255; `name` is told to the other side before first use
   * @param body - is copied
   */
  send(channel: number, name: string, body: Uint8Array): boolean {
    const { maxFrameBytes, maxQueuedBytes } = this.#limits;
    if (this.#ended || this.hello === null) return false;
    if (body.length >= Math.min(maxFrameBytes, this.hello.maxFrameBytes)) return false;
    if (this.queuedBytes + body.length + LENGTH_BYTES + 1 > maxQueuedBytes) return false;
    if (this.#announced[channel] === 0) this.#announce(channel, name);
    this.#filling.append(channel, body);
    this.#scheduleFlush();
    return true;
  }

  /** Ends the connection because of what the other side did or is, counted by the owner. */
  refuse(reason: RefusalReason, detail: string, cause?: unknown): void {
    if (!this.#ended) this.#end(this.#refusal(reason, detail, cause));
  }

  /** As `refuse`, after telling the other side, which has said hello and waits for an answer. */
  refuseAloud(reason: RefusalReason, detail: string): void {
    if (this.#ended) return;
    this.sendControl(encodeRefusal(reason));
    this.#settle(this.#refusal(reason, detail));
    this.#closeSoon(this.#limits.closeGraceMs);
  }

  /** Ends the connection at once; what is queued is lost. */
  destroy(): void {
    this.#end(null);
  }

  /** Ends the connection after trying for `graceMs` to send what is queued. Resolves when the stream is closed. */
  async close(graceMs: number): Promise<void> {
    if (this.#ended || this.hello === null) {
      this.#end(null);
    } else {
      this.#settle(null);
      this.#closeSoon(graceMs);
    }
    await this.closed;
  }

  #refusal(reason: RefusalReason, detail: string, cause?: unknown): ConnectionRefusedError {
    return new ConnectionRefusedError(reason, this.#remote, detail, cause);
  }

  /** What there is to say when the other side hangs up without having said a word. */
  #hangUp(): Error | null {
    return this.#ended || this.hello !== null ? null : new Error('the other side hung up before its hello');
  }

  #badLength(length: number): void {
    if (this.hello === null && TLS_RECORDS.includes(length >>> 16)) {
      this.refuse('tls', 'it speaks TLS, and this node does not: both need the option tls, or neither');
    } else {
      this.refuse('bad-frame-length', `it announced a frame of ${length} bytes`);
    }
  }

  #announce(channel: number, name: string): void {
    this.#announced[channel] = 1;
    const body = new Uint8Array(1 + name.length); // names are ASCII
    body[0] = channel;
    for (let i = 0; i < name.length; i++) body[i + 1] = name.charCodeAt(i);
    this.#filling.append(CONTROL, body);
  }

  /**
   * One write for all that is sent in the callbacks of one event. A microtask does as well as `setImmediate`, also where
   * many connections feed one (measured: equal within noise): while a write is under way, the rest gathers anyway.
   */
  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#writing) return;
    this.#flushScheduled = true;
    queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    if (this.#writing || this.#streamClosed || this.#filling.used === 0) return;
    const buffer = this.#filling;
    this.#filling = this.#resting;
    this.#resting = buffer;
    this.#writing = true;
    this.#stream.write(buffer.view(), this.#written);
  };

  readonly #written = (): void => {
    this.#resting.clear();
    this.#writing = false;
    this.#flush();
  };

  #frame(bytes: Uint8Array): boolean {
    if (this.#ended) return false;
    const channel = bytes[0]!;
    if (this.hello === null) {
      if (channel === CONTROL) this.#owner.greeted(this, bytes.subarray(1));
      else this.refuse('malformed', 'its first frame is no hello');
    } else if (channel === CONTROL) {
      this.#name(bytes);
    } else {
      const inbound = this.#inbound[channel];
      if (inbound === undefined) this.refuse('malformed', 'a message came on a channel that has no name');
      else this.#owner.message(this, inbound, bytes.subarray(1));
    }
    return !this.#ended;
  }

  #name(bytes: Uint8Array): void {
    const channel = bytes[1] ?? 0;
    const name = bytes.length <= 256 ? String.fromCharCode(...bytes.subarray(2)) : '';
    if (channel === 0 || !isChannelName(name)) this.refuse('malformed', 'the name of a channel is wrong');
    else this.#inbound[channel] = this.#owner.named(name);
  }

  #end(refusal: ConnectionRefusedError | null): void {
    this.#stream.destroy();
    this.#settle(refusal);
  }

  /** From here on nothing is received or sent; tells the owner, once. */
  #settle(refusal: ConnectionRefusedError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#clearTimer();
    this.#owner.ended(this, refusal);
  }

  /** Hands all that is queued to the stream, also while a write is under way, says goodbye, insists after `graceMs`. */
  #closeSoon(graceMs: number): void {
    const stream = this.#stream;
    if (this.#filling.used > 0) stream.write(this.#filling.view(), () => {});
    this.#filling = new SendBuffer();
    const insist = setTimeout(() => stream.destroy(), graceMs);
    void this.closed.then(() => clearTimeout(insist));
    stream.end();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
