import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import { configurationOf, parseMessage, type Entry, type RaftMessage } from '../../src/raft/index.js';
import { message } from './any-message.js';

const voters = [
  { id: 'a', address: null },
  { id: 'b', address: 'host:1' },
];
const configuration = configurationOf(voters);
const entries: Entry[] = [
  { type: 'command', index: 6, term: 2, data: Uint8Array.of(1, 2) },
  { type: 'noop', index: 7, term: 3, data: null },
  { type: 'configuration', index: 8, term: 3, data: configuration },
];
/** One message of each kind, to be spoiled. */
const examples: readonly RaftMessage[] = [
  { type: 'preVote', term: 4, lastLogIndex: 3, lastLogTerm: 2 },
  { type: 'preVoteReply', term: 4, campaignTerm: 5, granted: true },
  { type: 'requestVote', term: 4, lastLogIndex: 3, lastLogTerm: 2, transfer: false },
  { type: 'requestVoteReply', term: 4, voteGranted: true },
  { type: 'appendEntries', term: 4, prevLogIndex: 5, prevLogTerm: 2, entries, leaderCommit: 5, round: 0 },
  { type: 'appendEntriesReply', success: true, term: 4, matchIndex: 8, round: 2 },
  { type: 'appendEntriesReply', success: false, term: 4, prevLogIndex: 5, conflictTerm: 1, conflictIndex: 2, round: 0 },
  {
    type: 'installSnapshot',
    term: 4,
    lastIncludedIndex: 9,
    lastIncludedTerm: 3,
    configuration,
    offset: 0,
    data: Uint8Array.of(7),
    done: false,
  },
  { type: 'installSnapshotReply', term: 4, lastIncludedIndex: 9, offset: 1, installed: false },
  { type: 'introduction', identity: 'journal' },
  { type: 'introductionReply', identity: 'journal', known: 'other' },
  { type: 'timeoutNow', term: 4 },
  { type: 'readIndex', term: 4, incarnation: 7, ask: 2 },
  { type: 'readIndexReply', term: 4, incarnation: 7, ask: 2, index: 5 },
];
const append = examples[4] as RaftMessage & { type: 'appendEntries' };
const snapshot = examples[7] as RaftMessage & { type: 'installSnapshot' };

/** A value of each kind that no field may have, besides those of its own kind. */
const WRONG: readonly unknown[] = [
  undefined,
  null,
  -1,
  1.5,
  NaN,
  Infinity,
  Number.MAX_SAFE_INTEGER + 1,
  '1',
  '',
  'x'.repeat(65),
  1n,
  [],
  {},
  [1],
  new Uint8Array(1),
  true,
  false,
  0,
  4,
];

function isRight(field: string, value: unknown): boolean {
  switch (field) {
    case 'granted':
    case 'voteGranted':
    case 'done':
    case 'installed':
    case 'success':
    case 'transfer':
      return typeof value === 'boolean';
    case 'data':
      return value instanceof Uint8Array;
    case 'entries':
      return Array.isArray(value) && value.length === 0;
    case 'configuration':
      return false;
    case 'identity':
    case 'known':
      return value === '1';
    default:
      return Number.isSafeInteger(value) && (value as number) >= 0;
  }
}

const fields = examples.flatMap((example) => Object.keys(example).map((field) => ({ example, field })));

describe('parseMessage', () => {
  it('accepts every message that a codec carries, and gives it back as it was', () => {
    const codec = messagePackCodec();
    fc.assert(
      fc.property(message, (sent) => {
        expect(parseMessage(codec.decode(codec.encode(sent)))).toEqual(sent);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(examples)('accepts $type', (example) => {
    expect(parseMessage(example)).toEqual(example);
  });

  it.each(examples)('makes $type anew, without fields that it does not know', (example) => {
    const parsed = parseMessage({ ...example, extra: 'x', __proto__: { more: 1 } });
    expect(parsed).toStrictEqual(example);
    expect(parsed).not.toBe(example);
  });

  it('strips unknown fields of entries and members too', () => {
    const strange = {
      ...append,
      entries: entries.map((entry) => ({ ...entry, extra: 1 })),
    };
    expect(parseMessage(strange)).toStrictEqual(append);
    const members = voters.map((voter) => ({ ...voter, weight: 3 }));
    expect(parseMessage({ ...snapshot, configuration: { voters: members, extra: 1 } })).toStrictEqual(snapshot);
  });

  it.each(fields)('drops $example.type whose $field is of another kind or out of range', ({ example, field }) => {
    for (const value of WRONG.filter((candidate) => !isRight(field, candidate))) {
      expect({ value, parsed: parseMessage({ ...example, [field]: value }) }).toEqual({ value, parsed: undefined });
    }
  });

  it.each(examples)('drops $type when any field is missing', (example) => {
    for (const field of Object.keys(example)) {
      const { [field]: _, ...rest } = example as unknown as Record<string, unknown>;
      expect(parseMessage(rest)).toBeUndefined();
    }
  });

  it.each(['unknown', 'toString', '__proto__', 'constructor', 'PreVote', ''])('drops the unknown type "%s"', (name) => {
    for (const example of examples) expect(parseMessage({ ...example, type: name })).toBeUndefined();
  });

  it.each([undefined, null, 0, 'preVote', [], [examples[0]], new Uint8Array(3), () => examples[0]])(
    'drops %s, which is no message at all',
    (value) => {
      expect(parseMessage(value)).toBeUndefined();
    },
  );

  it('leaves the prototype of objects alone when a message brings a field of that name', () => {
    const parsed = parseMessage(
      JSON.parse('{"type":"preVote","term":1,"lastLogIndex":0,"lastLogTerm":0,"__proto__":{"bad":1}}'),
    );
    expect(parsed).toStrictEqual({ type: 'preVote', term: 1, lastLogIndex: 0, lastLogTerm: 0 });
    expect(({} as { bad?: number }).bad).toBeUndefined();
  });
});

describe('parseMessage drops appends', () => {
  const cases: readonly [string, readonly unknown[]][] = [
    ['whose first entry is not behind the previous one', [{ ...entries[0], index: 7 }]],
    ['with a gap between entries', [entries[0], { ...entries[1], index: 8 }]],
    ['with the same index twice', [entries[0], { ...entries[1], index: 6 }]],
    ['whose entries go backwards', [entries[1], entries[0]]],
    [
      'whose terms fall',
      [
        { ...entries[0], term: 3 },
        { ...entries[1], term: 2 },
      ],
    ],
    ['whose first term is below the previous one', [{ ...entries[0], term: 1 }]],
    ['with an entry of a term above that of the sender', [{ ...entries[0], term: 5 }]],
    ['with an entry of term 0', [{ ...entries[0], term: 0 }]],
    ['with an entry of an unknown kind', [{ ...entries[0], type: 'commands' }]],
    ['with a command that is no bytes', [{ ...entries[0], data: [1, 2] }]],
    ['with a configuration that is none', [{ ...entries[2], index: 6, data: null }]],
    ['with an entry that is no object', [6]],
    ['with an entry that is nothing', [null]],
    ['with a hole in the list', Array(1)],
  ];

  it.each(cases)('%s', (_, list) => {
    expect(parseMessage({ ...append, entries: list })).toBeUndefined();
  });

  it('with an index of 0', () => {
    expect(parseMessage({ ...append, prevLogIndex: -1, entries: [{ ...entries[0], index: 0 }] })).toBeUndefined();
  });

  it('whose indexes would leave the whole numbers', () => {
    const prevLogIndex = Number.MAX_SAFE_INTEGER;
    const beyond = { ...entries[0], index: prevLogIndex + 1 };
    expect(parseMessage({ ...append, prevLogIndex, entries: [beyond] })).toBeUndefined();
  });

  it('with more entries than any sender would put into one', () => {
    const many = { length: (1 << 20) + 1 };
    expect(parseMessage({ ...append, entries: Object.setPrototypeOf(many, Array.prototype) })).toBeUndefined();
    expect(parseMessage({ ...append, entries: new Array((1 << 20) + 1).fill(entries[0]) })).toBeUndefined();
  });
});

describe('parseMessage drops snapshots', () => {
  const member = (id: unknown, address: unknown = null): unknown => ({ id, address });
  const many = Array.from({ length: 65 }, (_, i) => member(`n${String(i).padStart(2, '0')}`));
  const configurations: readonly [string, unknown][] = [
    ['no list of members', {}],
    ['members that are no list', { voters: { length: 1, 0: member('a') } }],
    ['a member twice', { voters: [member('a'), member('a')] }],
    ['members out of order', { voters: [member('b'), member('a')] }],
    ['a member without a valid id', { voters: [member('a b')] }],
    ['an empty id', { voters: [member('')] }],
    ['a number for an id', { voters: [member(1)] }],
    ['a number for an address', { voters: [member('a', 1)] }],
    ['an address that is missing', { voters: [{ id: 'a' }] }],
    ['an address that is too long', { voters: [member('a', 'x'.repeat(1025))] }],
    ['too many members', { voters: many }],
    ['a member that is nothing', { voters: [null] }],
  ];

  it.each(configurations)('whose configuration has %s', (_, configuration) => {
    expect(parseMessage({ ...snapshot, configuration })).toBeUndefined();
  });

  it('of index 0', () => {
    expect(parseMessage({ ...snapshot, lastIncludedIndex: 0 })).toBeUndefined();
  });

  it('of a term above that of the sender', () => {
    expect(parseMessage({ ...snapshot, lastIncludedTerm: 5 })).toBeUndefined();
  });

  it('but not those at the limits', () => {
    const configuration = { voters: many.slice(0, 64) };
    expect(parseMessage({ ...snapshot, configuration })).toBeDefined();
    const long = { voters: [member('a', 'x'.repeat(1024))] };
    expect(parseMessage({ ...snapshot, configuration: long })).toBeDefined();
  });
});

describe('parseMessage never throws', () => {
  it('at whatever value it is given', () => {
    const value = fc.anything({
      withBigInt: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    fc.assert(
      fc.property(value, (any) => void parseMessage(any)),
      { numRuns: 2000 },
    );
  });

  it('at a message of which any part is replaced by whatever', () => {
    const fields = ['type', 'term', 'entries', 'configuration', 'data', 'voters', 'prevLogIndex', 'offset', 'round'];
    const value = fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true });
    fc.assert(
      fc.property(message, fc.constantFrom(...fields), value, (base, field, any) => {
        const parsed = parseMessage({ ...base, [field]: any });
        if (parsed !== undefined) expect(parseMessage(parsed)).toEqual(parsed);
      }),
      { numRuns: 2000 },
    );
  });
});
