import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameParser, LENGTH_BYTES } from '../../src/transport/stream/frame.js';
import { SendBuffer } from '../../src/transport/stream/send-buffer.js';

/** Parses `stream` cut at the given places; returns the frames and the lengths that were refused. */
function parse(
  stream: Uint8Array,
  cuts: readonly number[],
  maxFrameBytes: number,
): { frames: number[][]; bad: number[] } {
  const frames: Uint8Array[] = [];
  const bad: number[] = [];
  const parser = new FrameParser(maxFrameBytes, {
    frame: (bytes) => frames.push(bytes) > 0,
    badLength: (length) => bad.push(length),
  });
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    parser.push(stream.slice(at, Math.max(at, cut)));
    at = Math.max(at, cut);
  }
  parser.push(stream.slice(at));
  return { frames: frames.map((frame) => [...frame]), bad }; // read at the end: no memory may have been reused
}

/** The naive twin: looks at the whole stream at once. */
function parseNaively(stream: Uint8Array, maxFrameBytes: number): { frames: number[][]; bad: number[] } {
  const frames: number[][] = [];
  for (let at = 0; at + LENGTH_BYTES <= stream.length;) {
    const length = new DataView(stream.buffer, stream.byteOffset).getUint32(at);
    if (length === 0 || length > maxFrameBytes) return { frames, bad: [length] };
    if (at + LENGTH_BYTES + length > stream.length) break;
    frames.push([...stream.slice(at + LENGTH_BYTES, at + LENGTH_BYTES + length)]);
    at += LENGTH_BYTES + length;
  }
  return { frames, bad: [] };
}

describe('FrameParser and SendBuffer', () => {
  it('give back all frames, however the stream is cut', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(600), { maxLength: 30 }), (sent, cuts) => {
        const buffer = new SendBuffer();
        for (const body of sent) buffer.append(7, body);
        const expected = sent.map((body) => [7, ...body]);
        expect(parse(buffer.view().slice(), cuts, 100)).toEqual({ frames: expected, bad: [] });
      }),
      { numRuns: 500 },
    );
  });

  it('agree with a naive parser on any bytes', () => {
    const smallLength = fc.nat(12).map((length) => [0, 0, 0, length]);
    const bytes = fc.array(fc.oneof(smallLength, fc.array(fc.nat(255), { maxLength: 6 })), { maxLength: 20 });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(100), { maxLength: 10 }), (parts, cuts) => {
        const stream = Uint8Array.from(parts.flat());
        expect(parse(stream, cuts, 10)).toEqual(parseNaively(stream, 10));
      }),
      { numRuns: 2000 },
    );
  });

  it('one byte at a time is enough', () => {
    const buffer = new SendBuffer();
    buffer.append(1, new Uint8Array(10_000).fill(3));
    const stream = buffer.view().slice();
    const { frames } = parse(stream, Array.from(stream.keys()), 20_000);
    expect(frames).toEqual([[1, ...new Array<number>(10_000).fill(3)]]);
  });

  it('a length that is only announced claims no memory', () => {
    const parser = new FrameParser(1 << 30, { frame: () => true, badLength: () => expect.fail() });
    const before = process.memoryUsage().arrayBuffers;
    parser.push(Uint8Array.of(0x3f, 0xff, 0xff, 0xff, 1, 2, 3));
    expect(parser.heldBytes).toBe(7);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  it('stops for good at a bad length, or when it is told to', () => {
    const frames: number[] = [];
    const parser = new FrameParser(100, {
      frame: (bytes) => frames.push(bytes[0]!) < 2,
      badLength: () => expect.fail(),
    });
    const frame = (first: number): number[] => [0, 0, 0, 1, first];
    parser.push(Uint8Array.from([1, 2, 3].flatMap(frame)));
    parser.push(Uint8Array.from(frame(4)));
    expect(frames).toEqual([1, 2]);
  });

  it('a buffer is reused, and gives large memory back', () => {
    const buffer = new SendBuffer();
    buffer.append(1, new Uint8Array(10_000));
    const first = buffer.view().buffer;
    buffer.clear();
    buffer.append(1, new Uint8Array(10_000));
    expect(buffer.view().buffer).toBe(first);
    buffer.append(1, new Uint8Array(3 << 20));
    buffer.clear();
    expect(buffer.view().buffer.byteLength).toBeLessThan(1 << 20);
    expect(buffer.used).toBe(0);
  });
});
