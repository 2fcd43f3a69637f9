import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEpoch, EpochMismatchError, newerMap, ShardMap } from 'quorate/hashing/sharding';

describe('checkEpoch', () => {
  it('lets equal epochs pass', () => {
    expect(() => checkEpoch(7, 7)).not.toThrow();
  });

  it.each([
    [6, 7, 'stale-epoch'],
    [8, 7, 'unknown-epoch'],
  ])('refuses %i where %i is ours', (theirs, ours, code) => {
    const error = thrownBy(() => checkEpoch(theirs, ours));
    expect(error).toBeInstanceOf(EpochMismatchError);
    expect(error).toMatchObject({ code, theirs, ours, outcome: 'failed' });
  });

  it.each([undefined, '7', 0, 1.5, Number.NaN, 2 ** 53])('refuses %s as malformed', (theirs) => {
    expect(thrownBy(() => checkEpoch(theirs, 7))).toMatchObject({ code: 'malformed' });
  });
});

describe('newerMap', () => {
  const history = [ShardMap.byHash(4)];
  for (let i = 0; i < 5; i++) history.push(history[i]!.assign(i % 4, [`node-${i}`]));

  it('ends with the newest, in whatever order maps arrive, and never goes back', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(history, { minLength: 1 }), (arriving) => {
        let mine = arriving[0]!;
        for (const map of arriving) {
          const next = newerMap(mine, map);
          expect(next.epoch).toBe(Math.max(mine.epoch, map.epoch));
          mine = next;
        }
      }),
    );
  });

  it('keeps ours when both are equal, and notices when they are not', () => {
    const ours = history[2]!;
    expect(newerMap(ours, ShardMap.from(ours.toJSON()))).toBe(ours);
    expect(thrownBy(() => newerMap(ours, history[1]!.assign(0, ['other'])))).toMatchObject({ code: 'epoch-conflict' });
  });
});

function thrownBy(call: () => void): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
