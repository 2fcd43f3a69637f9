import { messagePackCodec } from '../../../src/codec/index.js';
import { isNodeId } from '../../../src/core/index.js';
import { encodeHello, parseHello, type Hello } from '../../../src/transport/worker/hello.js';
import { PacketReader, PacketWriter } from '../../../src/transport/worker/packet.js';
import type { Random } from '../random.js';
import { decoded, ensure, ensureSame, isCount, isWellFormed, type Target } from '../target.js';
import { mutateValue } from '../values.js';

const codec = messagePackCodec();
const MAX_MESSAGE_BYTES = 64;

/** Packets of the worker transport. */
export const workerPacket: Target = {
  name: 'worker-packet',
  valid(random) {
    const writer = new PacketWriter();
    for (let left = random.below(5); left > 0; left--) writer.append(random.name(), random.bytes(random.length(8, 80)));
    return writer.take(random.below(2 ** 32));
  },
  check(input) {
    const result = decoded(() => readAll(input));
    if (result === undefined) return 'rejected';
    const { taken, messages } = result.value;
    const writer = new PacketWriter();
    for (const { channel, body } of messages) writer.append(channel, body);
    const again = writer.take(taken);
    ensure(again.length === input.length, `${input.length} bytes became ${again.length}`);
    ensureSame('read, written, read', result.value, readAll(again));
    return 'accepted';
  },
};

function readAll(bytes: Uint8Array): { taken: number; messages: { channel: string; body: Uint8Array }[] } {
  const reader = new PacketReader(bytes, MAX_MESSAGE_BYTES);
  const messages: { channel: string; body: Uint8Array }[] = [];
  while (reader.more) messages.push(reader.next());
  return { taken: reader.taken, messages };
}

/** What the two ends of a port say of themselves. */
export const workerHello: Target = {
  name: 'worker-hello',
  valid: (random) => encodeHello(hello(random)),
  generate: (random) => codec.encode(mutateValue(random, hello(random))),
  check(input) {
    const result = decoded(() => parseHello(input));
    if (result === undefined) return 'rejected';
    const { version, cluster, id, to, maxMessageBytes } = result.value;
    ensure(isNodeId(id) && isNodeId(to) && cluster.length > 0, 'names are valid');
    ensure(isCount(version) && isCount(maxMessageBytes), 'numbers are whole');
    const again = parseHello(encodeHello(result.value));
    if (isWellFormed(result.value)) ensureSame('parsed, encoded, parsed', result.value, again);
    return 'accepted';
  },
};

function hello(random: Random): Hello {
  const [id, to, cluster] = [random.name(), random.name(), random.name()];
  return { version: 1, cluster, id, to, maxMessageBytes: 1 + random.below(1e6), answer: random.oneIn(2) };
}
