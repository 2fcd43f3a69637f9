import { decode as libraryDecode, encode as libraryEncode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorateError, MalformedError } from '../../src/core/index.js';
import { messagePackCodec, NotEncodableError } from '../../src/codec/index.js';

const codec = messagePackCodec();

/** All values of the model. Strings are well-formed Unicode. */
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0), // MessagePack integers know no -0
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
})).value;

describe('messagePackCodec', () => {
  it('gives back every value of the model', () => {
    fc.assert(
      fc.property(value, (sent) => {
        expect(codec.decode(codec.encode(sent))).toEqual(sent);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the library on what it encodes', () => {
    fc.assert(
      fc.property(value, (sent) => {
        const bytes = libraryEncode(sent);
        expect(codec.encode(sent)).toEqual(bytes);
        expect(codec.decode(bytes)).toEqual(libraryDecode(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it('decodes what random bytes say, or refuses them with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          codec.decode(bytes);
        } catch (error) {
          expect(isQuorateError(error, 'malformed')).toBe(true);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('refuses each valid encoding that is cut short, or followed by more', () => {
    fc.assert(
      fc.property(value, fc.nat(), (sent, where) => {
        const bytes = codec.encode(sent);
        expect(() => codec.decode(bytes.subarray(0, where % bytes.length))).toThrow(MalformedError);
        expect(() => codec.decode(new Uint8Array([...bytes, 0xc0]))).toThrow(MalformedError);
      }),
    );
  });

  it('encodes into memory of its own', () => {
    const first = codec.encode({ a: 1 });
    codec.encode({ b: 2 });
    expect(codec.decode(first)).toEqual({ a: 1 });
    expect(first.buffer.byteLength).toBe(first.length);
  });

  it('keeps working after a value that was huge, and after one that failed', () => {
    expect(codec.decode(codec.encode(new Uint8Array(5 << 20)))).toHaveLength(5 << 20);
    expect(() => codec.encode([1, { bad: Number.NaN }])).toThrow(NotEncodableError);
    expect(() => codec.decode(Uint8Array.of(0x91, 0x81, 0xc1))).toThrow(MalformedError);
    expect(codec.decode(codec.encode(['fine']))).toEqual(['fine']);
  });

  it('leaves out fields that are undefined', () => {
    expect(codec.decode(codec.encode({ a: undefined, b: null }))).toEqual({ b: null });
  });
});

describe('what cannot be encoded', () => {
  class Point {
    x = 1;
  }
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const cases: readonly [string, unknown, string][] = [
    ['undefined', undefined, 'the value is undefined'],
    ['undefined in an array', { a: [1, undefined] }, 'a[1] is undefined'],
    ['a hole in an array', { a: new Array(1) }, 'a[0] is undefined'],
    ['NaN', Number.NaN, 'the value is NaN'],
    ['an infinite number', { a: { b: -Infinity } }, 'a.b is -Infinity'],
    ['a bigint', [10n], '[0] is a bigint'],
    ['a function', { f: () => 1 }, 'f is a function'],
    ['a symbol', [Symbol('s')], '[0] is a symbol'],
    ['a Map', { entries: [{ data: new Map() }] }, 'entries[0].data is a Map'],
    ['a Set', new Set(), 'is a Set'],
    ['a Date', { at: new Date(0) }, 'at is a Date'],
    ['an instance of a class', [new Point()], '[0] is a Point'],
    ['a view that is no byte array', new Float64Array(1), 'is a Float64Array'],
    ['an own key __proto__', JSON.parse('{"a":{"__proto__":1}}'), 'a.__proto__ is a key that is not allowed'],
    ['a value that holds itself', { cycle }, 'nested too deep, or holds itself'],
  ];
  it.each(cases)('%s is refused with its place', (_name, bad, message) => {
    expect(() => codec.encode(bad)).toThrow(message);
    expect(() => codec.encode(bad)).toThrow(NotEncodableError);
  });

  it('too many values are refused on both sides', () => {
    const small = messagePackCodec({ maxValues: 10 });
    expect(small.decode(small.encode({ a: [1, 2, 3, 4, 5, 6, 7] }))).toEqual({ a: [1, 2, 3, 4, 5, 6, 7] });
    expect(() => small.encode({ a: [1, 2, 3, 4, 5, 6, 7, 8] })).toThrow('holds more than 10 values');
    expect(() => small.decode(codec.encode({ a: [1, 2, 3, 4, 5, 6, 7, 8] }))).toThrow('more than 10 values');
  });

  it('too deep nesting is refused on both sides at the same depth', () => {
    const nest = (depth: number): unknown => (depth === 1 ? 7 : [nest(depth - 1)]);
    const deep = messagePackCodec({ maxDepth: 65 });
    expect(codec.decode(codec.encode(nest(64)))).toEqual(nest(64));
    expect(() => codec.encode(nest(65))).toThrow('too deep');
    expect(() => codec.decode(deep.encode(nest(65)))).toThrow('nested deeper than 64');
  });

  it('wrong options are refused', () => {
    expect(() => messagePackCodec({ maxDepth: 0 })).toThrow('maxDepth is 0');
    expect(() => messagePackCodec({ maxValues: 0.5 })).toThrow('maxValues is 0.5');
  });
});
