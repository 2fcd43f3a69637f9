import { messagePackCodec } from '../../../src/codec/index.js';
import type { Codec } from '../../../src/core/index.js';
import { parseMessage, raftCodec } from '../../../src/raft/index.js';
import { raftMessage } from '../raft-messages.js';
import { decoded, ensure, ensureSame, isWellFormed, sizeOf, type Target, type Verdict } from '../target.js';
import { mutateValue } from '../values.js';

const general = messagePackCodec();
const compact = raftCodec();

/** Raft's own encoding of the messages that replicate, then the parser of all messages. */
export const raftMessageBytes: Target = {
  name: 'raft-codec',
  valid: (random) => compact.encode(raftMessage(random)),
  check: (input) => check(compact, input),
};

/** Values of any shape at the parser of Raft messages: fields left out, of another type, beyond their range. */
export const raftMessageValue: Target = {
  name: 'raft-message',
  valid: (random) => general.encode(raftMessage(random)),
  generate: (random) => general.encode(mutateValue(random, raftMessage(random))),
  check: (input) => check(general, input),
};

function check(codec: Codec, input: Uint8Array): Verdict {
  const result = decoded(() => codec.decode(input));
  if (result === undefined) return 'rejected';
  // A command without data takes 5 bytes, and is an object with four fields.
  ensure(sizeOf(result.value) <= 40 * input.length + 200, `much came out of ${input.length} bytes`);
  const message = parseMessage(result.value);
  if (message === undefined) return 'rejected';
  ensureSame('parsed, parsed', message, parseMessage(message));
  if (isWellFormed(message))
    ensureSame('decoded, encoded, decoded', message, parseMessage(compact.decode(compact.encode(message))));
  return 'accepted';
}
