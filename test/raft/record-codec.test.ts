import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import { isNodeId, type JournalRecord, MalformedError } from '../../src/core/index.js';
import { configurationOf, type RaftRecord } from '../../src/raft/index.js';
import {
  decodeEntry,
  decodeRecord,
  decodeSnapshotHeader,
  encodeRecord,
  encodeSnapshotHeader,
  openSnapshot,
} from '../../src/raft/record-codec.js';
import { configuration } from './any-message.js';

const codec = messagePackCodec();
const term = fc.maxSafeNat();
const index = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const nodeId = fc.stringMatching(/^[\x21-\x7e]{1,20}$/).filter(isNodeId);
const identity = fc.string({ minLength: 1, maxLength: 64 });
const record: fc.Arbitrary<RaftRecord> = fc.oneof(
  fc.record({ type: fc.constant('command' as const), index, term, data: fc.uint8Array() }),
  fc.record({ type: fc.constant('noop' as const), index, term, data: fc.constant(null) }),
  fc.record({ type: fc.constant('configuration' as const), index, term, data: configuration }),
  fc.record({ type: fc.constant('hardState' as const), term, votedFor: fc.option(nodeId) }),
  fc.record({ type: fc.constant('identity' as const), identity, admitted: fc.boolean(), introduced: fc.boolean() }),
  fc.record({ type: fc.constant('introduced' as const), member: nodeId, identity }),
);

/** A record as a journal returns it: a view into something larger. */
function within(record: JournalRecord): JournalRecord {
  const larger = new Uint8Array(record.data.length + 7).fill(0xff);
  larger.set(record.data, 3);
  return { ...record, data: larger.subarray(3, 3 + record.data.length) };
}

function bytesOf(kind: number, atTerm: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const data = new Uint8Array(9 + body.length);
  data[0] = kind;
  new DataView(data.buffer).setFloat64(1, atTerm);
  data.set(body, 9);
  return data;
}

describe('a journal record', () => {
  it('comes back as it went in', () => {
    fc.assert(
      fc.property(record, (written) => {
        expect(decodeRecord(within(encodeRecord('group', written)))).toEqual(written);
      }),
      { numRuns: 1000 },
    );
  });

  it('has the index of its entry, and 0 for term and vote', () => {
    const entry: RaftRecord = { type: 'noop', index: 7, term: 2, data: null };
    expect(encodeRecord('g', entry)).toMatchObject({ group: 'g', index: 7 });
    expect(encodeRecord('g', { type: 'hardState', term: 2, votedFor: null })).toMatchObject({ group: 'g', index: 0 });
  });

  const hardState = bytesOf(0, 3, codec.encode('a'));
  const malformed: readonly [string, number, Uint8Array][] = [
    ['that is empty', 1, new Uint8Array(0)],
    ['that is cut off in its header', 1, bytesOf(1, 1).subarray(0, 8)],
    ['of an unknown kind', 1, bytesOf(6, 1)],
    ['of an unknown kind at index 0', 0, bytesOf(6, 1)],
    ['of kind 255', 1, bytesOf(255, 1)],
    ['of an entry at index 0', 0, bytesOf(1, 1)],
    ['of a term and vote at a log index', 5, hardState],
    ['whose term is a fraction', 1, bytesOf(1, 1.5)],
    ['whose term is negative', 1, bytesOf(1, -1)],
    ['whose term is no number', 1, bytesOf(1, NaN)],
    ['whose term is endless', 1, bytesOf(1, Infinity)],
    ['whose term is beyond the whole numbers', 1, bytesOf(1, 2 ** 53)],
    ['whose vote is a number', 0, bytesOf(0, 1, codec.encode(5))],
    ['whose vote is no node id', 0, bytesOf(0, 1, codec.encode('a b'))],
    ['whose vote is missing', 0, bytesOf(0, 1)],
    ['whose identity is missing', 0, bytesOf(4, 0)],
    ['whose identity is no list', 0, bytesOf(4, 0, codec.encode('id'))],
    ['whose identity is empty', 0, bytesOf(4, 0, codec.encode(['', true, true]))],
    ['whose identity is too long', 0, bytesOf(4, 0, codec.encode(['x'.repeat(65), true, true]))],
    ['whose admission is no boolean', 0, bytesOf(4, 0, codec.encode(['id', 1, true]))],
    ['of an identity at a log index', 1, bytesOf(4, 0, codec.encode(['id', true, true]))],
    ['of an introduction of nobody', 0, bytesOf(5, 0, codec.encode(['a b', 'id']))],
    ['of an introduction without identity', 0, bytesOf(5, 0, codec.encode(['a']))],
    ['whose configuration is missing', 1, bytesOf(3, 1)],
    ['whose configuration is none', 1, bytesOf(3, 1, codec.encode({ voters: 1 }))],
    ['whose configuration is cut off', 1, bytesOf(3, 1, codec.encode({ voters: [] }).subarray(0, 3))],
  ];

  it.each(malformed)('%s is refused', (_, index, data) => {
    expect(() => decodeRecord({ group: 'g', index, data })).toThrow(MalformedError);
  });

  it('of term and vote is no log entry', () => {
    expect(() => decodeEntry({ group: 'g', index: 0, data: hardState })).toThrow(MalformedError);
  });

  it('of any bytes is read or refused, with no other error', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 }), fc.nat({ max: 7 }), fc.uint8Array({ maxLength: 40 }), (index, kind, rest) => {
        const data = Uint8Array.of(kind, ...rest);
        try {
          decodeRecord({ group: 'g', index, data });
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a snapshot', () => {
  const voters = [{ id: 'a', address: 'host:1' }];
  const header = { index: 12, term: 3, configuration: configurationOf(voters) };
  const content = Uint8Array.of(1, 2, 3, 4, 5);
  const whole = Uint8Array.of(...encodeSnapshotHeader(header), ...content);

  async function* chunks(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }

  async function open(...pieces: readonly Uint8Array[]): Promise<unknown> {
    const { header, rest } = await openSnapshot(chunks(...pieces));
    const bytes: number[] = [];
    for await (const chunk of rest) bytes.push(...chunk);
    return { header, bytes };
  }

  const expected = { header, bytes: [...content] };

  it('comes back wherever its bytes are cut in two', async () => {
    for (let cut = 0; cut <= whole.length; cut++) {
      expect(await open(whole.subarray(0, cut), whole.subarray(cut))).toEqual(expected);
    }
  });

  it('comes back byte by byte', async () => {
    expect(await open(...Array.from(whole, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('may be empty behind its header', async () => {
    expect(await open(encodeSnapshotHeader(header))).toEqual({ header, bytes: [] });
  });

  it('that ends before its header does is refused, wherever it ends', async () => {
    const length = encodeSnapshotHeader(header).length;
    for (let end = 0; end < length; end++) {
      await expect(open(whole.subarray(0, end))).rejects.toThrow(MalformedError);
    }
  });

  it('whose header claims more than a megabyte is refused before that much was read', async () => {
    await expect(open(Uint8Array.of(0x00, 0x10, 0x00, 0x01))).rejects.toThrow('claims 1048577 bytes');
  });

  it('has a header of up to a megabyte', () => {
    expect(decodeSnapshotHeader(Uint8Array.of(0x00, 0x10, 0x00, 0x00, 1))).toBeUndefined();
  });

  it.each([
    ['nothing', null],
    ['but a number', 5],
    ['no index', { term: 1, configuration: { voters } }],
    ['a fraction for a term', { index: 1, term: 1.5, configuration: { voters } }],
    ['no configuration', { index: 1, term: 1 }],
    ['index 0', { index: 0, term: 1, configuration: { voters } }],
    ['a negative index', { index: -1, term: 1, configuration: { voters } }],
    ['a negative term', { index: 1, term: -1, configuration: { voters } }],
  ])('whose header has %s is refused', (_, value) => {
    const body = codec.encode(value);
    const bytes = new Uint8Array(4 + body.length);
    new DataView(bytes.buffer).setUint32(0, body.length);
    bytes.set(body, 4);
    expect(() => decodeSnapshotHeader(bytes)).toThrow(MalformedError);
  });
});
