import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import { HeaderPass } from '../../src/codec/header-pass.js';

const pass = new HeaderPass({ maxDepth: 64, maxValues: 1 << 20 });

function refuses(hex: string, reason: string): void {
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  expect(() => pass.check(bytes), hex).toThrow(reason);
  expect(() => messagePackCodec().decode(bytes), hex).toThrow(reason);
}

/** Writes one header in each of its forms, also the longer ones that an encoder would not choose. */
const anyForm = fc.oneof(
  fc.nat(0xff).map((n) => [0xcc, n]),
  fc.constantFrom([0xd9, 0], [0xda, 0, 0], [0xdb, 0, 0, 0, 0], [0xc5, 0, 0], [0xc6, 0, 0, 0, 0]),
  fc.constantFrom([0xdc, 0, 0], [0xdd, 0, 0, 0, 0], [0xde, 0, 0], [0xdf, 0, 0, 0, 0]),
  fc.constantFrom([0xca, 0x3f, 0x80, 0, 0], [0xcf, 0, 0, 0, 0, 0, 0, 0, 1], [0xd3, ...new Array<number>(8).fill(0xff)]),
);

describe('HeaderPass', () => {
  it('refuses what promises more than there is', () => {
    refuses('', 'the bytes end too early');
    refuses('dd ff ff ff ff', 'more is promised');
    refuses('df ff ff ff ff', 'more is promised');
    refuses('c6 ff ff ff ff', 'more is promised');
    refuses('db ff ff ff ff 61', 'more is promised');
    refuses('da 00', 'more is promised');
    refuses('92 93 01 02 03', 'more is promised'); // the inner array would take what the outer one needs
    refuses('81 a1 61', 'more is promised');
  });

  it('refuses small bombs without a noticeable allocation', () => {
    const bombs = [
      'dd00ffffff'.repeat(10),
      'df00ffffff'.repeat(10),
      'dc ffff '.repeat(16) + 'c0',
      `${'91'.repeat(63)}dd00ffffff`,
    ];
    const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 100; i++) for (const bomb of bombs) refuses(bomb, 'more is promised');
    const grown = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers - before;
    expect(grown).toBeLessThan(64 << 20);
  });

  it('refuses what the value model does not know', () => {
    refuses('c1', 'type byte c1 is not used');
    for (const ext of ['d400', 'd50000', 'd8', 'c70100', 'c800', 'c9']) refuses(`${ext}00`, 'extension types');
    refuses('cf 00 20 00 00 00 00 00 00', 'beyond the safe range');
    refuses('d3 ff e0 00 00 00 00 00 00', 'beyond the safe range');
    refuses('cb 7f f0 00 00 00 00 00 00', 'not finite');
    refuses('cb ff f8 00 00 00 00 00 00', 'not finite');
    refuses('ca 7f 80 00 00', 'not finite');
    refuses('81 01 02', 'a map key is no string');
    refuses('81 c0 02', 'a map key is no string');
    refuses('82 a1 61 01 90 02', 'a map key is no string');
    refuses('c0 c0', 'bytes follow the value');
  });

  it('refuses the key __proto__, also where it is spelled with overlong UTF-8', () => {
    const decode = messagePackCodec().decode.bind(messagePackCodec());
    const plain = Uint8Array.from([0x81, 0xa9, ...Buffer.from('__proto__'), 0x80]);
    const overlong = Uint8Array.from([0x81, 0xaa, 0xc1, 0x9f, ...Buffer.from('_proto__'), 0x80]);
    expect(() => decode(plain)).toThrow('__proto__');
    let value: unknown = {};
    try {
      value = decode(overlong);
    } catch {
      // refusing it is as good
    }
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('accepts the limits of the safe range', () => {
    for (const number of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, Number.MAX_VALUE, 2 ** 60]) {
      expect(messagePackCodec().decode(encode(number))).toBe(number);
    }
  });

  it('accepts every form of a header that is valid', () => {
    fc.assert(
      fc.property(fc.array(anyForm, { maxLength: 15 }), (parts) => {
        const bytes = Uint8Array.from([0xdd, 0, 0, 0, parts.length, ...parts.flat()]);
        pass.check(bytes);
        expect(messagePackCodec().decode(bytes)).toHaveLength(parts.length);
      }),
    );
  });

  it('bounds the number of values', () => {
    const maps = new Uint8Array(1 << 21).fill(0x80);
    maps.set([0xdd, 0, 0x1f, 0xff, 0xfb]);
    expect(() => pass.check(maps)).toThrow('more than 1048576 values');
  });
});
