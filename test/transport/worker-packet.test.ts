import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorateError } from '../../src/core/index.js';
import { parseHello } from '../../src/transport/worker/hello.js';
import { packedBytes, PacketReader, PacketWriter } from '../../src/transport/worker/packet.js';

const messages = fc.array(
  fc.record({
    channel: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 64 }),
    body: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 50 },
);

/** All messages of a packet. @throws MalformedError */
function read(bytes: Uint8Array): { readonly channel: string; readonly body: Uint8Array }[] {
  const packet = new PacketReader(bytes, 300);
  const found = [];
  while (packet.more) found.push(packet.next());
  return found;
}

describe('a packet', () => {
  it('comes back from its bytes as it was, also from a writer that was used before', () => {
    const writer = new PacketWriter();
    fc.assert(
      fc.property(messages, fc.integer({ min: 0, max: 0xffff_ffff }), (sent, taken) => {
        for (const { channel, body } of sent) writer.append(channel, body);
        expect(writer.waiting).toBe(sent.reduce((sum, { channel, body }) => sum + packedBytes(channel, body), 0));
        const bytes = writer.take(taken);
        expect(bytes.buffer.byteLength).toBe(bytes.length); // it is transferred, and nothing else with it
        expect(new PacketReader(bytes, 300).taken).toBe(taken);
        expect(read(bytes)).toEqual(sent);
        expect(writer.waiting).toBe(0);
      }),
    );
  });

  it('of whatever bytes is read, or refused as malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        for (const parse of [read, parseHello]) {
          try {
            parse(bytes);
          } catch (error) {
            if (!isQuorateError(error, 'malformed')) throw error;
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
