import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNodeId } from '../../src/core/index.js';
import { isClusterName } from '../../src/transport/cluster-name.js';
import { isChannelName } from '../../src/transport/port.js';
import { Authenticator } from '../../src/transport/udp/authenticator.js';
import { encodeDatagram, overhead, parseDatagram, TAG_BYTES } from '../../src/transport/udp/datagram.js';

const header = { cluster: 'test', from: 'a', to: 'b', channel: 'c', tagged: false };
const body = Uint8Array.of(7, 8, 9);
const printable = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength,
  });
const headers = fc.record({
  cluster: fc.string({ unit: 'binary', minLength: 1, maxLength: 63 }).filter(isClusterName),
  from: printable(128).filter(isNodeId),
  to: printable(128).filter(isNodeId),
  channel: printable(64),
  tagged: fc.boolean(),
});

/** A good datagram with one byte changed. */
function altered(at: number, byte: number): Buffer {
  const bytes = encodeDatagram(header, body);
  bytes[at] = byte;
  return bytes;
}

describe('a datagram', () => {
  it('comes back from its bytes as it was', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 100 }), (sent, content) => {
        const bytes = encodeDatagram(sent, content);
        expect(bytes.length).toBe(overhead(sent) + content.length);
        expect(parseDatagram(bytes)).toEqual({ ...sent, body: content });
      }),
    );
  });

  it('is made of names that satisfy their rules, whatever the bytes were, and parsing never throws', () => {
    const near = fc
      .tuple(headers, fc.uint8Array({ maxLength: 40 }), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
      .map(([sent, content, at, byte, cut]) => {
        const bytes = encodeDatagram(sent, content);
        bytes[at % bytes.length] = byte;
        return bytes.subarray(0, bytes.length - (cut % 8));
      });
    const random = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(near, random), (bytes) => {
        const parsed = parseDatagram(bytes);
        if (typeof parsed === 'string') return ['version', 'malformed'].includes(parsed);
        const { cluster, from, to, channel } = parsed;
        return isClusterName(cluster) && isNodeId(from) && isNodeId(to) && isChannelName(channel);
      }),
      { numRuns: 1000 },
    );
  });

  it('hands out its body as a Uint8Array, not as a Buffer', () => {
    const parsed = parseDatagram(encodeDatagram(header, body));
    expect(Object.getPrototypeOf((parsed as { body: Uint8Array }).body)).toBe(Uint8Array.prototype);
  });

  it.each<[string, Buffer]>([
    ['no byte', Buffer.alloc(0)],
    ['fewer bytes than lengths', Buffer.of(1, 0, 4)],
    ['an unknown flag', altered(1, 2)],
    ['an empty cluster', altered(2, 0)],
    ['an empty sender', altered(3, 0)],
    ['a sender longer than ids may be', Buffer.concat([altered(3, 129), Buffer.alloc(200, 'x')])],
    ['a receiver longer than ids may be', Buffer.concat([altered(4, 129), Buffer.alloc(200, 'x')])],
    ['a channel longer than names may be', Buffer.concat([altered(5, 65), Buffer.alloc(100, 'x')])],
    ['names longer than the datagram', altered(5, 60)],
    ['a space in the sender', altered(10, 0x20)],
    ['a control character in the channel', altered(12, 0x07)],
    ['a cluster that is no UTF-8', altered(6, 0xff)],
    ['a tag that overlaps the names', altered(1, 1)],
  ])('is malformed with %s', (_what, bytes) => {
    expect(parseDatagram(bytes)).toBe('malformed');
  });

  it('says nothing but its version when that is another one', () => {
    expect(parseDatagram(altered(0, 2))).toBe('version');
    expect(parseDatagram(Buffer.of(0))).toBe('version');
  });
});

describe('an authenticator', () => {
  const tagged = { ...header, tagged: true };
  const authenticator = new Authenticator([Buffer.alloc(16, 1)]);

  it('accepts what it signed, and nothing of which any byte was changed', () => {
    const bytes = encodeDatagram(tagged, body);
    authenticator.sign(bytes);
    expect(authenticator.verify(bytes)).toBe(true);
    for (let at = 0; at < bytes.length; at++) {
      bytes[at]! ^= 1;
      expect(authenticator.verify(bytes)).toBe(false);
      bytes[at]! ^= 1;
    }
  });

  it('refuses what was signed with another secret', () => {
    const bytes = encodeDatagram(tagged, body);
    new Authenticator([Buffer.alloc(16, 2)]).sign(bytes);
    expect(authenticator.verify(bytes)).toBe(false);
  });

  it('signs with the first secret, and accepts what any of them signed', () => {
    const both = new Authenticator([Buffer.alloc(16, 2), Buffer.alloc(16, 1)]);
    const bytes = encodeDatagram(tagged, body);
    authenticator.sign(bytes);
    expect(both.verify(bytes)).toBe(true);
    both.sign(bytes);
    expect(authenticator.verify(bytes)).toBe(false);
  });

  it('spends 16 bytes', () => {
    expect(overhead(tagged) - overhead(header)).toBe(TAG_BYTES);
    expect(TAG_BYTES).toBe(16);
  });
});
