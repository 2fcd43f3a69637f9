import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, isQuorateError, MalformedError } from 'quorate/core';
import { compareMessageIds, formatGpid, formatMessageId, messageIds, parseMessageId, type Gpid } from 'quorate/id';
import { gpids, similarGpids } from './arbitraries.js';

const run: Gpid = { ip: '10.0.0.7', port: 4100, startTimeUs: 1_700_000_000_000_000, pid: 4242 };
const counters = fc.oneof(
  fc.constantFrom(1, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat().map((n) => Math.max(n, 1)),
);

describe('messageIds', () => {
  it('counts from 1', () => {
    const ids = messageIds(run);
    const text = formatGpid(run);
    expect([ids.next(), ids.next(), ids.next()]).toEqual([`${text}/1`, `${text}/2`, `${text}/3`]);
  });

  it('never repeats an id, and parses back in the order in which they were made', () => {
    const ids = messageIds({ ...run, ip: '::1', nonce: 7 });
    const made = Array.from({ length: 1000 }, () => ids.next());
    expect(new Set(made).size).toBe(1000);
    const parsed = made.map(parseMessageId);
    expect([...parsed].reverse().sort(compareMessageIds)).toEqual(parsed);
  });

  it('refuses to go on after the last safe integer, again and again', () => {
    const ids = messageIds(run, { first: Number.MAX_SAFE_INTEGER });
    expect(ids.next()).toMatch(/\/9007199254740991$/);
    for (let i = 0; i < 2; i++)
      expect(() => ids.next()).toThrow(expect.toSatisfy((error) => isQuorateError(error, 'exhausted')));
  });

  it('checks its gpid and its options', () => {
    expect(() => messageIds({ ...run, port: -1 })).toThrow(InvalidOptionError);
    for (const first of [0, 1.5, 2 ** 53, NaN]) expect(() => messageIds(run, { first })).toThrow(InvalidOptionError);
  });
});

describe('parseMessageId', () => {
  it('round-trips any id', () => {
    fc.assert(
      fc.property(gpids(), counters, (gpid, counter) => {
        expect(parseMessageId(formatMessageId({ gpid, counter }))).toEqual({ gpid, counter });
      }),
    );
  });

  it.each(['', '/', '/1', 'x/1', '10.0.0.7:1:2:3', '10.0.0.7:1:2:3/', ...badCounters()])('refuses %j', (text) => {
    expect(() => parseMessageId(text)).toThrow(MalformedError);
  });

  it('refuses what is no text', () => {
    for (const value of [undefined, null, 7, {}]) expect(() => parseMessageId(value as string)).toThrow(MalformedError);
  });

  it('refuses to write a counter that no source makes', () => {
    for (const counter of [0, -1, 0.5, 2 ** 53])
      expect(() => formatMessageId({ gpid: run, counter })).toThrow(InvalidOptionError);
  });
});

describe('compareMessageIds', () => {
  it('is a total order, 0 exactly for equal texts', () => {
    const ids = fc.record({ gpid: similarGpids(), counter: fc.constantFrom(1, 2, 10) });
    fc.assert(
      fc.property(ids, ids, ids, (a, b, c) => {
        const sign = Math.sign(compareMessageIds(a, b));
        expect(Math.sign(compareMessageIds(b, a)) + sign).toBe(0);
        expect(sign === 0).toBe(formatMessageId(a) === formatMessageId(b));
        if (sign <= 0 && compareMessageIds(b, c) <= 0) expect(compareMessageIds(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});

function badCounters(): string[] {
  return ['0', '-1', '01', ' 1', '1 ', '1.0', '1e3', '9007199254740992', '9'.repeat(40)].map(
    (counter) => `10.0.0.7:1:2:3/${counter}`,
  );
}
