import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import { MalformedError } from '../../src/core/index.js';
import { configurationOf, parseMessage, raftCodec, type RaftMessage } from '../../src/raft/index.js';
import { message } from './any-message.js';

const codec = raftCodec();
const plain = messagePackCodec();

const append: RaftMessage & { type: 'appendEntries' } = {
  type: 'appendEntries',
  term: 3,
  prevLogIndex: 5,
  prevLogTerm: 2,
  entries: [
    { type: 'command', index: 6, term: 2, data: Uint8Array.of(1, 2, 3) },
    { type: 'noop', index: 7, term: 3, data: null },
    { type: 'configuration', index: 8, term: 3, data: configurationOf([{ id: 'a', address: null }]) },
  ],
  leaderCommit: 4,
  round: 9,
};
const accepted: RaftMessage = { type: 'appendEntriesReply', success: true, term: 3, matchIndex: 8, round: 0 };
const rejected: RaftMessage = {
  type: 'appendEntriesReply',
  success: false,
  term: 3,
  prevLogIndex: 5,
  conflictTerm: 1,
  conflictIndex: 2,
  round: 0,
};
const hot = [append, accepted, rejected];

/** Where an append may end: before the entries and behind each of them. */
const ends = [0, 1, 2].map((count) => codec.encode({ ...append, entries: append.entries.slice(0, count) }).length);

describe('the codec of Raft messages', () => {
  it('gives every message back as it was', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(parseMessage(codec.decode(codec.encode(sent)))).toEqual(sent);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives messages of any size back, one after the other', () => {
    for (const length of [0, 1, 5000, 5 << 20, 100]) {
      const entry = { type: 'command', index: 6, term: 3, data: new Uint8Array(length).fill(7) } as const;
      const sent = { ...append, entries: [entry, { ...entry, index: 7 }] };
      const { entries } = codec.decode(codec.encode(sent)) as typeof sent;
      expect(entries.map(({ data }) => Buffer.compare(data, entry.data))).toEqual([0, 0]);
    }
  });

  it('reads plain MessagePack as well', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(codec.decode(plain.encode(sent))).toEqual(plain.decode(plain.encode(sent)));
      }),
    );
  });

  it('takes 41 bytes for an append, and 5 for an entry of the same term, besides its payload', () => {
    const heartbeat = codec.encode({ ...append, entries: [] });
    const entry = { type: 'command', index: 6, term: 2, data: new Uint8Array(128) } as const;
    expect(heartbeat).toHaveLength(41);
    expect(codec.encode({ ...append, entries: [entry] })).toHaveLength(41 + 5 + 128);
  });

  it('lends memory that the next message overwrites, where the caller asks for it', () => {
    const first = codec.encodeShared!(append);
    const copy = first.slice();
    codec.encodeShared!(accepted);
    expect(first).not.toEqual(copy);
    expect(codec.encode(append)).toEqual(copy);
  });

  it.each(hot)('refuses $type $success that is cut off anywhere', (sent) => {
    const bytes = codec.encode(sent);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      if (sent === append && ends.includes(length)) continue;
      expect(() => codec.decode(cut), `${length} bytes`).toThrow(MalformedError);
    }
  });

  it.each([accepted, rejected])('refuses $type $success with something behind it', (sent) => {
    expect(() => codec.decode(Uint8Array.of(...codec.encode(sent), 0))).toThrow(MalformedError);
  });

  it.each([
    ['nothing', Uint8Array.of()],
    ['an unknown kind of message', Uint8Array.of(4, ...new Uint8Array(40))],
    ['an unknown kind of entry', Uint8Array.of(...codec.encode({ ...append, entries: [] }), 4, 0, 0, 0, 0)],
    ['a no-op with a body', Uint8Array.of(...codec.encode({ ...append, entries: [] }), 2, 0, 0, 0, 1, 7)],
    ['a configuration that is none', Uint8Array.of(...codec.encode({ ...append, entries: [] }), 3, 0, 0, 0, 1, 0xc1)],
    [
      'an entry that claims more than there is',
      Uint8Array.of(...codec.encode({ ...append, entries: [] }), 1, 255, 255, 255, 255, 0),
    ],
  ])('refuses %s', (_, bytes) => {
    expect(() => codec.decode(bytes)).toThrow(MalformedError);
  });

  it('reads or refuses any bytes, with no other error', () => {
    fc.assert(
      fc.property(fc.nat({ max: 4 }), fc.uint8Array({ maxLength: 80 }), (kind, rest) => {
        try {
          codec.decode(Uint8Array.of(kind, ...rest));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves to parseMessage what numbers may be', () => {
    expect(parseMessage(codec.decode(codec.encode({ ...accepted, matchIndex: 1.5 })))).toBeUndefined();
    expect(parseMessage(codec.decode(codec.encode({ ...append, term: -1 })))).toBeUndefined();
  });
});
