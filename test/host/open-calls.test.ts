import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../../src/core/index.js';
import { openCall, OpenCalls, type OpenCall } from '../../src/host/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { CountingClock } from './counting-clock.js';

/** Calls with a timeout of 100 ms, by number; each notes how it ended. */
class Calls {
  readonly clock = new VirtualClock();
  readonly counting = new CountingClock(this.clock);
  readonly open = new OpenCalls<number, OpenCall<string>>(this.counting, 'the call', 100);
  readonly ends = new Map<number, unknown>();

  make(key: number): void {
    const end = (value: unknown): void => void this.ends.set(key, value);
    this.open.add(key, { resolve: end, reject: end, deadline: this.open.deadline() });
  }
}

describe('open calls', () => {
  it('are given up when their time is over, with an unknown outcome', () => {
    const calls = new Calls();
    calls.make(1);
    calls.clock.advance(99);
    expect(calls.ends.size).toBe(0);
    calls.clock.advance(1);
    const error = calls.ends.get(1) as TimeoutError;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ outcome: 'unknown', message: 'the call had no answer within 100 ms' });
    expect(calls.open.size).toBe(0);
  });

  it('are given up each in its own time', () => {
    const calls = new Calls();
    for (const key of [1, 2, 3]) {
      calls.make(key);
      calls.clock.advance(30);
    }
    calls.clock.advance(10);
    expect([...calls.ends.keys()]).toEqual([1]);
    calls.clock.advance(30);
    expect([...calls.ends.keys()]).toEqual([1, 2]);
    calls.clock.advance(30);
    expect([...calls.ends.keys()]).toEqual([1, 2, 3]);
  });

  it('share one timer', () => {
    const calls = new Calls();
    for (let key = 0; key < 50; key++) {
      calls.make(key);
      calls.clock.advance(1);
      expect(calls.counting.armed).toBe(1);
    }
    expect(calls.counting.total).toBe(1);
  });

  it('are not given up once they were taken', () => {
    const calls = new Calls();
    calls.make(1);
    calls.make(2);
    expect(calls.open.take(1)).toBeDefined();
    expect(calls.open.take(1)).toBeUndefined();
    calls.clock.advance(500);
    expect([...calls.ends.keys()]).toEqual([2]);
  });

  it('leave no timer when all are answered and their time is over', () => {
    const calls = new Calls();
    calls.make(1);
    calls.open.take(1);
    calls.clock.advance(100);
    expect(calls.counting.armed).toBe(0);
    calls.make(2);
    expect(calls.counting.armed).toBe(1);
  });

  it('can be rejected all, or those that fit', () => {
    const calls = new Calls();
    for (const key of [1, 2, 3, 4]) calls.make(key);
    calls.open.rejectAll('even', (key) => key % 2 === 0);
    expect([...calls.ends]).toEqual([
      [2, 'even'],
      [4, 'even'],
    ]);
    calls.open.rejectAll('rest');
    expect(calls.ends.get(1)).toBe('rest');
    expect(calls.open.size).toBe(0);
  });

  it('have no timer armed after closing', () => {
    const calls = new Calls();
    calls.make(1);
    calls.open.rejectAll('over');
    calls.open.close();
    expect(calls.counting.armed).toBe(0);
  });
});

describe('openCall', () => {
  it('settles as the call is settled', async () => {
    await expect(openCall<number>(0, undefined, (call) => call.resolve(5))).resolves.toBe(5);
    await expect(openCall<number>(0, undefined, (call) => call.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('rejects with what its beginning throws', async () => {
    const begin = (): void => {
      throw new Error('full');
    };
    await expect(openCall(0, undefined, begin)).rejects.toThrow('full');
    await expect(openCall(0, { signal: new AbortController().signal }, begin)).rejects.toThrow('full');
  });

  it('does not begin when its signal has aborted', async () => {
    let begun = false;
    const call = openCall(0, { signal: AbortSignal.abort(new Error('early')) }, () => (begun = true));
    await expect(call).rejects.toThrow('early');
    expect(begun).toBe(false);
  });

  it('rejects with the reason of its signal when that aborts; an answer that comes later is harmless', async () => {
    const controller = new AbortController();
    let open!: OpenCall<number>;
    const call = openCall<number>(0, { signal: controller.signal }, (begun) => (open = begun));
    controller.abort(new Error('changed my mind'));
    await expect(call).rejects.toThrow('changed my mind');
    open.resolve(5);
    open.reject(new Error('late'));
    await expect(call).rejects.toThrow('changed my mind');
  });

  const endings: readonly [string, (call: OpenCall<number>) => void][] = [
    ['resolves', (call) => call.resolve(1)],
    ['rejects', (call) => call.reject(new Error('no'))],
    [
      'does not even begin',
      () => {
        throw new Error('full');
      },
    ],
  ];

  it.each(endings)('leaves nothing with its signal when it %s: signals may live long', async (_, begin) => {
    const { signal } = new AbortController();
    let listeners = 0;
    const counted = Object.assign(Object.create(signal) as AbortSignal, {
      throwIfAborted: () => {},
      addEventListener: () => void listeners++,
      removeEventListener: () => void listeners--,
    });
    await openCall<number>(0, { signal: counted }, begin).catch(() => {});
    expect(listeners).toBe(0);
  });
});
