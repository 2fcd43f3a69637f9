import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, MalformedError } from 'quorate/core';
import { compareGpids, formatGpid, isRestartOf, parseGpid, type Gpid } from 'quorate/id';
import { gpids, similarGpids } from './arbitraries.js';

const LONGEST_IP = Array(8).fill('abcd').join(':');
const run: Gpid = { ip: '10.0.0.7', port: 4100, startTimeUs: 1_700_000_000_123_456, pid: 4242 };

describe('formatGpid and parseGpid', () => {
  it.each<[Gpid, string]>([
    [run, '10.0.0.7:4100:1700000000123456:4242'],
    [{ ...run, nonce: 0 }, '10.0.0.7:4100:1700000000123456:4242-0'],
    [{ ...run, ip: '::1', nonce: 0xffff_ffff }, '::1:4100:1700000000123456:4242-4294967295'],
    [{ ...run, ip: '2001:db8::1', port: 0, startTimeUs: 0, pid: 1 }, '2001:db8::1:0:0:1'],
    [
      { ip: LONGEST_IP, port: 65535, startTimeUs: Number.MAX_SAFE_INTEGER, pid: 2 ** 32 - 1, nonce: 2 ** 32 - 1 },
      `${LONGEST_IP}:65535:9007199254740991:4294967295-4294967295`,
    ],
    [{ ...run, ip: '1:2:3:4:5:6:7:8' }, '1:2:3:4:5:6:7:8:4100:1700000000123456:4242'],
  ])('%j is %s', (gpid, text) => {
    expect(formatGpid(gpid)).toBe(text);
    expect(parseGpid(text)).toEqual(gpid);
  });

  it('writes one text, however the address was spelled', () => {
    expect(formatGpid({ ...run, ip: '2001:DB8:0::1' })).toBe(formatGpid({ ...run, ip: '2001:db8::1' }));
    expect(formatGpid({ ...run, ip: '::ffff:10.0.0.7' })).toBe(formatGpid(run));
  });

  it('round-trips any gpid', () => {
    fc.assert(
      fc.property(gpids(), (gpid) => {
        expect(parseGpid(formatGpid(gpid))).toEqual(gpid);
      }),
    );
  });

  it('accepts a text only if it is what it would write', () => {
    const mutated = fc
      .tuple(gpids().map(formatGpid), fc.nat(), fc.constantFrom(...':-0 1+.%a', ''))
      .map(([text, at, insert]) => text.slice(0, at % text.length) + insert + text.slice((at % text.length) + 1));
    fc.assert(
      fc.property(mutated, (text) => {
        const parsed = attempt(() => parseGpid(text));
        if (parsed instanceof Error) expect(parsed).toBeInstanceOf(MalformedError);
        else expect(formatGpid(parsed)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['', 'ip:port:start_time:pid'],
    ['10.0.0.7:4100:1', 'ip:port:start_time:pid'],
    [':4100:1:2', 'address'],
    ['10.0.0.07:4100:1:2', 'address'],
    [' 10.0.0.7:4100:1:2', 'address'],
    ['localhost:4100:1:2', 'address'],
    ['fe80::1%eth0:4100:1:2', 'address'],
    ['::ffff:10.0.0.7:4100:1:2', 'address'],
    ['2001:DB8::1:4100:1:2', 'address'],
    ['[::1]:4100:1:2', 'address'],
    ['10.0.0.7:65536:1:2', 'port'],
    ['10.0.0.7:-1:1:2', 'port'],
    ['10.0.0.7::1:2', 'port'],
    ['10.0.0.7:080:1:2', 'port'],
    ['10.0.0.7: 80:1:2', 'port'],
    ['10.0.0.7:80:9007199254740992:2', 'start time'],
    ['10.0.0.7:80:1e3:2', 'start time'],
    ['10.0.0.7:80:1.5:2', 'start time'],
    ['10.0.0.7:80:1:0', 'pid'],
    ['10.0.0.7:80:1:4294967296', 'pid'],
    ['10.0.0.7:80:1:2 ', 'pid'],
    ['10.0.0.7:80:1:２', 'pid'],
    ['10.0.0.7:80:1:2-', 'nonce'],
    ['10.0.0.7:80:1:2-4294967296', 'nonce'],
    ['10.0.0.7:80:1:2-01', 'nonce'],
    ['10.0.0.7:80:1:2-1-1', 'nonce'],
    [`10.0.0.7:80:1:${'9'.repeat(1e6)}`, 'at most'],
  ])('refuses %.40j, naming what is wrong', (text, field) => {
    expect(() => parseGpid(text)).toThrow(MalformedError);
    expect(() => parseGpid(text)).toThrow(field);
  });

  it('refuses what is no text', () => {
    for (const value of [undefined, null, 7, ['10.0.0.7:80:1:2'], {}])
      expect(() => parseGpid(value as string)).toThrow(MalformedError);
  });

  it.each<[keyof Gpid, unknown]>([
    ...['', 'localhost', 'fe80::1%eth0', '10.0.0.07', undefined, 7].map((ip): [keyof Gpid, unknown] => ['ip', ip]),
    ...[-1, 65536, 1.5, NaN, '80', undefined].map((port): [keyof Gpid, unknown] => ['port', port]),
    ...[-1, 2 ** 53, 0.5, Infinity].map((at): [keyof Gpid, unknown] => ['startTimeUs', at]),
    ...[0, -1, 2 ** 32, null].map((pid): [keyof Gpid, unknown] => ['pid', pid]),
    ...[-1, 2 ** 32, null].map((nonce): [keyof Gpid, unknown] => ['nonce', nonce]),
  ])('refuses to write %s %j', (field, value) => {
    const error = attempt(() => formatGpid({ ...run, [field]: value }));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option: field });
  });
});

describe('compareGpids', () => {
  it('is a total order, 0 exactly for equal texts', () => {
    fc.assert(
      fc.property(similarGpids(), similarGpids(), similarGpids(), (a, b, c) => {
        const sign = Math.sign(compareGpids(a, b));
        expect(Math.sign(compareGpids(b, a)) + sign).toBe(0);
        expect(sign === 0).toBe(formatGpid(a) === formatGpid(b));
        if (sign <= 0 && compareGpids(b, c) <= 0) expect(compareGpids(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps order between the largest numbers', () => {
    const last = { ...run, startTimeUs: Number.MAX_SAFE_INTEGER };
    expect(compareGpids({ ...last, startTimeUs: last.startTimeUs - 1 }, last)).toBeLessThan(0);
  });

  it('sorts the runs at one address from old to new, whatever their pids', () => {
    const runs = [3, 1, 2].map((startTimeUs) => ({ ...run, startTimeUs, pid: 10 - startTimeUs }));
    expect(runs.sort(compareGpids).map(({ startTimeUs }) => startTimeUs)).toEqual([1, 2, 3]);
  });
});

describe('isRestartOf', () => {
  const later = { ...run, startTimeUs: run.startTimeUs + 1, pid: 9 };

  it('knows a later run at the same address', () => {
    expect(isRestartOf(later, run)).toBe(true);
    expect(isRestartOf({ ...later, pid: run.pid }, run)).toBe(true);
  });

  it('says no for an earlier run, the same run, and another address', () => {
    expect(isRestartOf(run, later)).toBe(false);
    expect(isRestartOf(run, { ...run })).toBe(false);
    expect(isRestartOf({ ...run, pid: 9 }, run)).toBe(false);
    expect(isRestartOf({ ...later, port: 4101 }, run)).toBe(false);
    expect(isRestartOf({ ...later, ip: '10.0.0.8' }, run)).toBe(false);
  });
});

function attempt<T>(call: () => T): T | Error {
  try {
    return call();
  } catch (error) {
    return error as Error;
  }
}
