import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withSessions } from '../../../src/host/sessions.js';
import {
  encodeSessionCommand,
  parseSessionCommand,
  type SessionCommand,
} from '../../../src/host/sessions/session-command.js';
import { bytes, Ledger } from './ledger.js';

const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const sequence = count.map((n) => Math.max(n, 1));
const payload = fc.uint8Array({ maxLength: 50 });
const limits = fc.record({
  sessionTimeoutMs: fc.integer({ min: 1000, max: 2 ** 31 - 1 }),
  maxSessions: fc.integer({ min: 1, max: 2 ** 20 }),
  maxOutstanding: fc.integer({ min: 1, max: 2 ** 16 }),
  maxResultBytes: fc.integer({ min: 1, max: 2 ** 24 }),
});
const id = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
  minLength: 1,
  maxLength: 128,
});
const command: fc.Arbitrary<SessionCommand> = fc.oneof(
  fc.record({ type: fc.constant('plain' as const), payload }),
  fc.record({ type: fc.constant('open' as const), stampMs: count, id }),
  fc
    .record({ type: fc.constant('command' as const), stampMs: count, session: count, sequence, ahead: count, payload })
    .map(({ ahead, ...rest }) => ({ ...rest, lowest: Math.max(rest.sequence - ahead, 1) })),
  fc.record({ type: fc.constant('keepAlive' as const), stampMs: count, session: count, lowest: sequence }),
  fc.record({ type: fc.constant('close' as const), stampMs: count, session: count }),
  fc.record({ type: fc.constant('limits' as const), limits }),
);

describe('commands in the log', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(command, (original) => {
        expect(parseSessionCommand(encodeSessionCommand(original))).toEqual(original);
      }),
    );
  });

  it('are none when they are cut off, or when something follows', () => {
    fc.assert(
      fc.property(command, fc.nat(), (original, where) => {
        if (original.type === 'plain' || original.type === 'command' || original.type === 'open') return;
        const whole = encodeSessionCommand(original);
        expect(parseSessionCommand(whole.subarray(0, where % whole.length))).toBeNull();
        expect(parseSessionCommand(Uint8Array.of(...whole, 0))).toBeNull();
      }),
    );
  });

  it.each<[string, number[]]>([
    ['nothing', []],
    ['a number above the safe integers', [0xfc, 1, 255, 255, 255, 255, 255, 255, 255, 127]],
    ['a number without an end', [0xfc, 1, ...new Array<number>(20).fill(255)]],
    ['the sequence number 0', [0xfa, 1, 1, 0, 0]],
    ['a lowest sequence number of 0', [0xfa, 1, 1, 5, 5]],
    ['a lowest sequence number of 0 in a keep-alive', [0xfb, 1, 1, 0]],
    ['an id that is empty', [0xf9, 1]],
    ['an id with a space', [0xf9, 1, 0x61, 0x20]],
    ['an id of 129 characters', [0xf9, 1, ...new Array<number>(129).fill(0x61)]],
    ['a limit out of range', [0xfd, 1, 1, 1, 1]],
    ['limits that end', [0xfd, 0xe8, 7, 1, 1]],
    ['a kind that is none', [0xfe, 1, 1, 1, 1]],
  ])('with %s are none', (_, raw) => {
    expect(parseSessionCommand(Uint8Array.from(raw))).toBeNull();
  });

  it('are never mistaken for a text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (text) => parseSessionCommand(bytes(text)) === null),
    );
  });

  it('of any bytes are answered, and never end the node', () => {
    const kind = fc.integer({ min: 0xf8, max: 0xfd });
    const anyBytes = fc
      .tuple(kind, fc.uint8Array({ maxLength: 30 }))
      .map(([first, rest]) => Uint8Array.of(first, ...rest));
    fc.assert(
      fc.property(fc.array(anyBytes), (log) => {
        const machine = withSessions(new Ledger());
        const answers = machine.apply(log.map((data, i) => ({ index: i + 1, data })));
        expect(answers).toHaveLength(log.length);
      }),
    );
  });
});
