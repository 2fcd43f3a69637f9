import { describe, expect, it } from 'vitest';
import { InvalidOptionError, OverloadedError } from '../../src/core/index.js';
import { Hints } from '../../src/quorum/index.js';

/** Delivers into a list; the delivery of `failAt` rejects. */
function receiver(failAt?: number): { readonly got: number[]; deliver: (value: number) => Promise<void> } {
  const got: number[] = [];
  const deliver = async (value: number): Promise<void> => {
    if (value === failAt) throw new Error(`no ${value}`);
    got.push(value);
  };
  return { got, deliver };
}

describe('Hints', () => {
  it('hands off what it keeps for a home, in order, and leaves the others', async () => {
    const hints = new Hints<number>();
    for (const value of [1, 2, 3]) hints.add('a', value);
    hints.add('b', 9);
    const { got, deliver } = receiver();
    expect(await hints.handOff('a', deliver)).toBe(3);
    expect(got).toEqual([1, 2, 3]);
    expect(hints.status()).toEqual({ hints: 1, perMember: new Map([['b', 1]]) });
    expect(await hints.handOff('a', deliver)).toBe(0);
    expect(await hints.handOff('nobody', deliver)).toBe(0);
  });

  it('stops at the first failure, keeping that one and the rest', async () => {
    const hints = new Hints<number>();
    for (const value of [1, 2, 3]) hints.add('a', value);
    const first = receiver(2);
    await expect(hints.handOff('a', first.deliver)).rejects.toThrow('no 2');
    expect([first.got, hints.entries()]).toEqual([
      [1],
      [
        ['a', 2],
        ['a', 3],
      ],
    ]);
    const second = receiver();
    expect([await hints.handOff('a', second.deliver), second.got]).toEqual([2, [2, 3]]);
    const broken = (): never => {
      throw new Error('at once');
    };
    hints.add('a', 4);
    await expect(hints.handOff('a', broken)).rejects.toThrow('at once');
    expect(hints.status().hints).toBe(1);
  });

  it('removes a hint only when its delivery resolved, and delivers what is added meanwhile', async () => {
    const hints = new Hints<number>();
    hints.add('a', 1);
    const seen: number[] = [];
    await hints.handOff('a', async (value) => {
      await Promise.resolve();
      if (value < 3) hints.add('a', value + 1);
      seen.push(hints.status().hints);
    });
    expect([seen, hints.status().hints]).toEqual([[2, 2, 1], 0]);
  });

  it('hands off to one home once at a time, and to several at the same time', async () => {
    const hints = new Hints<number>({
      entries: [
        ['a', 1],
        ['b', 2],
      ],
    });
    let release = (): void => {};
    const blocked = hints.handOff('a', () => new Promise<void>((resolve) => (release = resolve)));
    const { got, deliver } = receiver();
    const again = hints.handOff('a', deliver);
    await expect(again).rejects.toThrow(OverloadedError);
    await expect(again).rejects.toThrow('hand-offs to a reached its limit of 1');
    expect(await hints.handOff('b', deliver)).toBe(1);
    release();
    expect(await blocked).toBe(1);
    hints.add('a', 3);
    expect([await hints.handOff('a', deliver), got]).toEqual([1, [2, 3]]);
  });

  it('stops between two deliveries when it is aborted', async () => {
    const hints = new Hints<number>({
      entries: [
        ['a', 1],
        ['a', 2],
      ],
    });
    const controller = new AbortController();
    const deliver = async (_: number, signal: AbortSignal | undefined): Promise<void> => {
      expect(signal).toBe(controller.signal);
      controller.abort('enough');
    };
    await expect(hints.handOff('a', deliver, { signal: controller.signal })).rejects.toBe('enough');
    expect(hints.entries()).toEqual([['a', 2]]);
    await expect(hints.handOff('a', deliver, { signal: controller.signal })).rejects.toBe('enough');
    expect(hints.status().hints).toBe(1);
  });

  it('keeps no more than it may, in all and for each home', async () => {
    const hints = new Hints<number>({ maxHints: 3, maxHintsPerMember: 2 });
    hints.add('a', 1);
    hints.add('a', 2);
    expect(() => hints.add('a', 3)).toThrow('the hints for a reached its limit of 2; try again later');
    hints.add('b', 4);
    expect(() => hints.add('c', 5)).toThrow('the hints reached its limit of 3; try again later');
    expect(() => hints.add('c', 5)).toThrow(OverloadedError);
    expect(hints.status()).toEqual({
      hints: 3,
      perMember: new Map([
        ['a', 2],
        ['b', 1],
      ]),
    });
    await hints.handOff('a', receiver().deliver);
    hints.add('c', 5);
    expect(hints.entries()).toEqual([
      ['b', 4],
      ['c', 5],
    ]);
  });

  it('keeps half of all for one home by default', () => {
    const hints = new Hints<number>({ maxHints: 5 });
    for (const value of [1, 2, 3]) hints.add('a', value);
    expect(() => hints.add('a', 4)).toThrow('limit of 3');
    const many = new Hints<number>();
    for (let i = 0; i < 5000; i++) many.add('a', i);
    expect(() => many.add('a', 0)).toThrow('limit of 5000');
  });

  it('goes on from what it was exported to', () => {
    const hints = new Hints<number>({
      entries: [
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ],
    });
    const entries = JSON.parse(JSON.stringify(hints.entries()));
    const restored = new Hints<number>({ entries });
    expect(restored.entries()).toEqual([
      ['a', 1],
      ['a', 3],
      ['b', 2],
    ]);
    expect(restored.status()).toEqual(hints.status());
    expect(() => new Hints<number>({ maxHints: 2, entries })).toThrow(OverloadedError);
  });

  it.each([[{ maxHints: 0 }], [{ maxHintsPerMember: 0.5 }], [{ maxHints: Number.NaN }]])('refuses %o', (options) => {
    expect(() => new Hints(options)).toThrow(InvalidOptionError);
  });
});
