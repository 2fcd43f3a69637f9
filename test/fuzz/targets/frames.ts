import { FrameParser, LENGTH_BYTES } from '../../../src/transport/stream/frame.js';
import { concatenate } from '../mutate.js';
import type { Random } from '../random.js';
import { Random as Draws } from '../random.js';
import { ensure, ensureSame, type Target } from '../target.js';

const MAX_FRAME_BYTES = 64;

interface Parsed {
  readonly frames: Uint8Array[];
  /** The length that was refused. */
  bad: number | null;
}

/** Length-prefixed frames in chunks of any size. The first byte of an input says how it is cut. */
export const frames: Target = {
  name: 'frames',
  valid: (random) => concatenate([random.bytes(1), ...random.list(6, () => frame(random))]),
  check(input) {
    const stream = input.subarray(1);
    const parsed = parseInChunks(stream, input[0] ?? 0);
    ensureSame('parsed in chunks', parseAtOnce(stream), parsed);
    return parsed.bad === null ? 'accepted' : 'rejected';
  },
};

function frame(random: Random): Uint8Array {
  const body = random.bytes(1 + random.below(random.oneIn(4) ? MAX_FRAME_BYTES : 8));
  return concatenate([Uint8Array.of(0, 0, 0, body.length), body]);
}

function parseInChunks(stream: Uint8Array, cuts: number): Parsed {
  const parsed: Parsed = { frames: [], bad: null };
  const parser = new FrameParser(MAX_FRAME_BYTES, {
    frame: (bytes) => parsed.frames.push(bytes) > 0,
    badLength: (length) => (parsed.bad = length),
  });
  const random = new Draws(cuts);
  for (let at = 0; at < stream.length;) {
    const end = at + 1 + random.below(random.oneIn(2) ? 4 : 40);
    parser.push(stream.slice(at, end));
    at = end;
    ensure(parser.heldBytes <= LENGTH_BYTES + MAX_FRAME_BYTES, `${parser.heldBytes} bytes are held`);
  }
  return parsed;
}

/** The naive twin. */
function parseAtOnce(stream: Uint8Array): Parsed {
  const found: Uint8Array[] = [];
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  for (let at = 0; at + LENGTH_BYTES <= stream.length;) {
    const length = view.getUint32(at);
    if (length === 0 || length > MAX_FRAME_BYTES) return { frames: found, bad: length };
    at += LENGTH_BYTES + length;
    if (at > stream.length) break;
    found.push(stream.slice(at - length, at));
  }
  return { frames: found, bad: null };
}
