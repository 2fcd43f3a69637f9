import { messagePackCodec } from '../../../src/codec/index.js';
import type { ByteStream, ByteStreamListener, StreamEdge } from '../../../src/transport/stream/byte-stream.js';
import { encodeHello } from '../../../src/transport/stream/hello.js';
import { StreamNode } from '../../../src/transport/stream/node.js';
import { checkStreamOptions } from '../../../src/transport/stream/options.js';
import { concatenate } from '../mutate.js';
import type { Random } from '../random.js';
import { ensure, ensureSame, type Target } from '../target.js';
import { anyValue } from '../values.js';

const codec = messagePackCodec();
const MAX_FRAME_BYTES = 512;
const REASONS = [
  ...['malformed', 'bad-frame-length', 'version', 'cluster', 'own-id', 'unexpected-id', 'unauthenticated', 'duplicate'],
  'tls',
  ...['refused-by-peer', 'unknown-channel', 'no-listener'],
];

/**
 * All that a connection says to a node that listens to channel `c` and has another peer. The first byte of an input says
 * in how large pieces it comes, and an even one that a valid hello comes before it.
 */
export const stream: Target = {
  name: 'stream',
  valid: (random) => concatenate([random.bytes(1), ...random.list(6, () => part(random))]),
  async check(input) {
    const pieceBytes = 1 + (input[0] ?? 0);
    const node = new Listening();
    const good = node.accept();
    good.feed(hello('good'));
    const bad = node.accept();
    if (pieceBytes % 2 === 1) bad.feed(hello('x'));
    for (let at = 1; at < input.length; at += pieceBytes) bad.feed(input.slice(at, at + pieceBytes));
    good.feed(concatenate([name(7, 'c'), frame(7, codec.encode('still here'))]));
    ensure(!good.over, 'another connection is over');
    ensureSame('what another peer sent', ['still here'], node.heardFrom('good'));
    const { refused } = node.transport.status();
    ensure(
      Object.keys(refused).every((reason) => REASONS.includes(reason)),
      `counted: ${Object.keys(refused).join(' ')}`,
    );
    const verdict = bad.over ? 'rejected' : 'accepted';
    await node.transport.close();
    return verdict;
  },
};

function part(random: Random): Uint8Array {
  const channel = random.below(3);
  switch (random.below(8)) {
    case 0:
      return hello(random.pick(['x', 'a', random.name()]));
    case 1:
    case 2:
      return name(channel, random.pick(['c', 'silent', random.name()]));
    case 3:
      return frame(0, random.bytes(random.length(8)));
    default:
      return frame(channel, codec.encode(anyValue(random, 2)));
  }
}

function hello(id: string): Uint8Array {
  const fields = {
    version: 1,
    cluster: 'test',
    incarnation: '1',
    to: 'a',
    maxFrameBytes: MAX_FRAME_BYTES,
    nonce: null,
  };
  return frame(0, encodeHello({ ...fields, id }));
}

function name(channel: number, text: string): Uint8Array {
  return frame(0, concatenate([Uint8Array.of(channel), Buffer.from(text)]));
}

function frame(channel: number, body: Uint8Array): Uint8Array {
  const head = new Uint8Array(5);
  new DataView(head.buffer).setUint32(0, 1 + body.length);
  head[4] = channel;
  return concatenate([head, body]);
}

/** A node that listens, on streams that are fed by hand. */
class Listening implements StreamEdge {
  readonly address = 'here';
  readonly transport: StreamNode;
  readonly #heard: { readonly from: string; readonly message: unknown }[] = [];
  #accepted: (stream: ByteStream) => void = () => {};

  constructor() {
    const options = { id: 'a', cluster: 'test', maxFrameBytes: MAX_FRAME_BYTES, closeGraceMs: 0 };
    this.transport = new StreamNode(
      checkStreamOptions(options, (_option, address) => String(address)),
      this,
    );
    this.transport.channel('c').listen({ message: (from, message) => this.#heard.push({ from, message }) });
    this.transport.channel('silent');
  }

  heardFrom(id: string): unknown[] {
    return this.#heard.filter(({ from }) => from === id).map(({ message }) => message);
  }

  /** A stream that another node dialed. */
  accept(): FedStream {
    const fed = new FedStream();
    this.#accepted(fed);
    return fed;
  }

  checkAddress(_option: string, address: unknown): string {
    return String(address);
  }

  dial(): never {
    throw new Error('this node does not dial');
  }

  listen(accept: (stream: ByteStream) => void): void {
    this.#accepted = accept;
  }

  async close(): Promise<void> {}
}

class FedStream implements ByteStream {
  readonly remote = 'somewhere:1';
  readonly host = 'somewhere';
  readonly certificate = null;
  over = false;
  #listener: ByteStreamListener | null = null;

  begin(listener: ByteStreamListener): void {
    this.#listener = listener;
  }

  feed(chunk: Uint8Array): void {
    if (!this.over) this.#listener!.data(chunk);
  }

  write(_bytes: Uint8Array, written: () => void): void {
    queueMicrotask(written);
  }

  end(): void {
    this.#close();
  }

  destroy(): void {
    this.#close();
  }

  #close(): void {
    if (this.over) return;
    this.over = true;
    queueMicrotask(() => this.#listener?.closed(null));
  }
}
