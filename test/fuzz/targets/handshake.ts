import { messagePackCodec } from '../../../src/codec/index.js';
import { isNodeId } from '../../../src/core/index.js';
import { Handshake } from '../../../src/transport/stream/handshake.js';
import {
  encodeHello,
  encodeProof,
  encodeRefusal,
  encodeWelcome,
  MAX_LABEL_LENGTH,
  parseHandshakeFrame,
  type Hello,
} from '../../../src/transport/stream/hello.js';
import type { Random } from '../random.js';
import { decoded, ensure, ensureSame, isCount, isWellFormed, type Target } from '../target.js';
import { mutateValue } from '../values.js';

const codec = messagePackCodec();
const SELF = { id: 'a', cluster: 'test', incarnation: '1', maxFrameBytes: 1024, prover: null };

/** What a peer says before anything else, and what a side without a secret makes of it. */
export const handshake: Target = {
  name: 'handshake',
  valid,
  generate: (random) => codec.encode(mutateValue(random, codec.decode(valid(random)))),
  check(input) {
    const verdict = new Handshake(SELF, null, () => null).receive(input);
    ensure(!(verdict instanceof Promise), 'there is nothing to wait for without a secret');
    const result = decoded(() => parseHandshakeFrame(input));
    if (result === undefined) {
      ensure(verdict.type === 'refused' && verdict.reason === 'malformed', 'a malformed frame is refused as such');
      return 'rejected';
    }
    const frame = result.value;
    if (frame.type !== 'hello') ensure(verdict.type === 'refused', 'only a hello begins a handshake');
    else ensureHello(frame.hello);
    return verdict.type === 'refused' ? 'rejected' : 'accepted';
  },
};

function valid(random: Random): Uint8Array {
  switch (random.below(8)) {
    case 0:
      return encodeProof(random.bytes(32));
    case 1:
      return encodeWelcome();
    case 2:
      return encodeRefusal('cluster');
    default: {
      const nonce = random.oneIn(3) ? random.bytes(32) : null;
      const [cluster, to] = random.oneIn(4) ? [random.name(), random.name()] : ['test', 'a'];
      const maxFrameBytes = 1 + random.below(2 ** 31);
      return encodeHello({ version: 1, cluster, id: random.name(), incarnation: '1', to, maxFrameBytes, nonce });
    }
  }
}

function ensureHello(hello: Hello): void {
  const { version, cluster, id, incarnation, to, maxFrameBytes, nonce } = hello;
  ensure(isNodeId(id) && isNodeId(to), 'ids are node ids');
  ensure(isCount(version) && isCount(maxFrameBytes) && maxFrameBytes > 0, 'numbers are whole and positive');
  for (const label of [cluster, incarnation])
    ensure(label.length > 0 && label.length <= MAX_LABEL_LENGTH, 'labels are short');
  ensure(nonce === null || nonce.length === 32, 'a nonce has 32 bytes');
  if (!isWellFormed(hello)) return;
  ensureSame('decoded, encoded, decoded', { type: 'hello', hello }, parseHandshakeFrame(encodeHello(hello)));
}
