import { describe, expect, it } from 'vitest';
import { OverloadedError, TimeoutError } from '../../../src/core/index.js';
import {
  checkLinearizability,
  HistoryRecorder,
  keyValueModel,
  parseKeyValueHistory,
  VirtualClock,
  type RegisterInput,
} from '../../../src/testing/index.js';

describe('HistoryRecorder', () => {
  it('numbers what happens, and leaves open what has not returned', () => {
    const recorder = new HistoryRecorder<string, number>();
    const [a, b, c] = [recorder.call(1, 'a'), recorder.call('two', 'b'), recorder.call(3, 'c')];
    recorder.ok(b, 7);
    recorder.failed(a);
    const d = recorder.call('two', 'd');
    recorder.unknown(d);
    expect(recorder.history()).toEqual([
      { process: 1, input: 'a', calledAt: 1, outcome: 'failed', returnedAt: 5 },
      { process: 'two', input: 'b', calledAt: 2, outcome: 'ok', output: 7, returnedAt: 4 },
      { process: 3, input: 'c', calledAt: 3, outcome: 'unknown', returnedAt: null },
      { process: 'two', input: 'd', calledAt: 6, outcome: 'unknown', returnedAt: 7 },
    ]);
    expect(c).toBe(2);
  });

  it('takes times from a clock, and pulls equal ones apart', () => {
    const clock = new VirtualClock();
    const recorder = new HistoryRecorder<string, number>({ clock });
    recorder.ok(recorder.call(1, 'a'), 1);
    clock.advance(10);
    recorder.ok(recorder.call(1, 'b'), 2);
    const times = recorder.history().flatMap(({ calledAt, returnedAt }) => [calledAt, returnedAt!]);
    expect(times).toEqual([0, expect.closeTo(1e-6, 9), 10, expect.closeTo(10 + 1e-6, 9)]);
    expect(times[3]).toBeGreaterThan(10);
  });

  it('tells from an error whether the call had an effect', async () => {
    const recorder = new HistoryRecorder<RegisterInput, unknown>();
    const attempt = (make: () => Promise<unknown>) => recorder.record(1, { op: 'read' }, make).catch(() => 'rejected');
    expect(await attempt(async () => 5)).toBe(5);
    expect(await attempt(() => Promise.reject(new TimeoutError('it', 10)))).toBe('rejected');
    expect(await attempt(() => Promise.reject(new OverloadedError('it', 10)))).toBe('rejected');
    expect(await attempt(() => Promise.reject(new Error('something')))).toBe('rejected');
    expect(recorder.history().map(({ outcome }) => outcome)).toEqual(['ok', 'unknown', 'failed', 'unknown']);
  });

  it('has a limit', () => {
    const recorder = new HistoryRecorder<string, number>({ maxOperations: 2 });
    recorder.call(1, 'a');
    recorder.call(1, 'b');
    expect(() => recorder.call(1, 'c')).toThrow('limit of 2');
    expect(() => new HistoryRecorder({ maxOperations: 0 })).toThrow('maxOperations');
  });
});

describe('parseKeyValueHistory', () => {
  const lines = [
    '{"type":"call","id":7,"timeNs":1000000,"op":"put","process":6,"key":"a","value":{"b":1}}',
    '{"type":"call","id":8,"timeNs":1000000,"op":"get","process":64,"key":"a"}',
    '{"type":"return","id":7,"timeNs":3000000,"outcome":"ok"}',
    '',
    '{"type":"return","id":8,"timeNs":4000000,"outcome":"ok","found":true,"value":{"b":1}}',
    '{"type":"call","id":9,"timeNs":5000000,"op":"put","process":6,"key":"a","value":2}',
    '{"type":"return","id":9,"timeNs":6000000,"outcome":"unknown","error":"connection lost"}',
    '{"type":"call","id":10,"timeNs":7000000,"op":"get","process":70,"key":"a","replica":"n1"}',
  ];

  it('reads calls and returns', () => {
    const history = parseKeyValueHistory(lines);
    expect(history).toEqual([
      {
        process: 6,
        input: { op: 'put', key: 'a', value: { b: 1 } },
        calledAt: 1,
        outcome: 'ok',
        output: undefined,
        returnedAt: 3,
      },
      {
        process: 64,
        input: { op: 'get', key: 'a' },
        calledAt: 1.000001,
        outcome: 'ok',
        output: { found: true, value: { b: 1 } },
        returnedAt: 4,
      },
      { process: 6, input: { op: 'put', key: 'a', value: 2 }, calledAt: 5, outcome: 'unknown', returnedAt: 6 },
      { process: 'n1', input: { op: 'get', key: 'a' }, calledAt: 7, outcome: 'unknown', returnedAt: null },
    ]);
    expect(checkLinearizability(history, keyValueModel()).verdict).toBe('ok');
  });

  it.each([-5, 0, 1e9, 2 ** 52, 1.7e18, 1e300])('pulls equal times apart, also around %d', (timeNs) => {
    const same = [1, 2, 3, 4].map((id) =>
      JSON.stringify({ type: 'call', id, timeNs, op: 'get', process: id, key: 'k' }),
    );
    const times = parseKeyValueHistory(same).map(({ calledAt }) => calledAt);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect(times).toHaveLength(4);
  });

  it.each([
    ['{"type"', 'is no JSON object'],
    ['7', 'is no JSON object'],
    ['{"type":"call","timeNs":1}', 'no "id"'],
    ['{"type":"call","id":1}', 'no "timeNs"'],
    ['{"type":"call","id":1,"timeNs":1e999}', 'no "timeNs"'],
    ['{"type":"note","id":1,"timeNs":1}', 'no "type"'],
    ['{"type":"call","id":1,"timeNs":1,"op":"get","key":"a"}', 'no "process"'],
    ['{"type":"call","id":1,"timeNs":1,"op":"get","process":1}', 'no "key"'],
    ['{"type":"call","id":1,"timeNs":1,"op":"put","process":1,"key":"a"}', 'no "value"'],
    ['{"type":"call","id":1,"timeNs":1,"op":"drop","process":1,"key":"a"}', 'no "op"'],
    ['{"type":"return","id":7,"timeNs":1,"outcome":"ok"}', 'has returned'],
    ['{"type":"return","id":10,"timeNs":1,"outcome":"perhaps"}', 'no "outcome"'],
    ['{"type":"return","id":10,"timeNs":1,"outcome":"ok"}', 'was "found"'],
  ])('refuses the line %s', (line, message) => {
    expect(() => parseKeyValueHistory([...lines, line])).toThrow(message);
    expect(() => parseKeyValueHistory([...lines, line])).toThrow('line 9');
  });
});
