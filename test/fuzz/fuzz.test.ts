import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Corpus, readInput } from './corpus.js';
import { minimise } from './minimise.js';
import { fuzzBlock, Inputs, tryInput } from './run.js';
import { ensure, type Target } from './target.js';
import { targets } from './targets/index.js';

const corpus = new Corpus(fileURLToPath(new URL('kept', import.meta.url)));
/** A few thousand inputs of each decoder; `npm run fuzz` tries a million. */
const INPUTS = 2000;

describe.each([...targets.values()])('$name', (target) => {
  it('keeps its promises for damaged and random bytes', async () => {
    const { finding, rejected } = await fuzzBlock(target, { seed: 7, first: 0, count: INPUTS });
    expect(finding).toBeNull();
    expect(rejected).toBeGreaterThan(INPUTS / 10); // else the inputs are too good
    expect(rejected).toBeLessThan(INPUTS * 0.99); // or too bad
  });

  it('keeps them for what once found something', async () => {
    for (const path of corpus.paths(target.name)) {
      expect(await tryInput(target, readInput(path)), path).not.toBeInstanceOf(Error);
    }
  });
});

describe('a fuzz run', () => {
  /** Breaks its promise when two bytes are the same large number. */
  const broken: Target = {
    name: 'broken',
    valid: (random) => random.bytes(40),
    check(input) {
      const large = input.filter((byte) => byte > 250);
      ensure(new Set(large).size === large.length, `${large.length} large bytes, not all different`);
      return 'accepted';
    },
  };

  it('tries the same inputs again, from the seed and their numbers', () => {
    const draw = (seed: number, first: number): string[] => {
      const inputs = new Inputs(broken, seed);
      return Array.from({ length: 20 }, (_, i) => Buffer.from(inputs.get(first + i)).toString('hex'));
    };
    expect(draw(1, 0)).toEqual(draw(1, 0));
    expect(draw(1, 0).slice(10)).toEqual(draw(1, 10).slice(0, 10));
    expect(draw(1, 0)).not.toEqual(draw(2, 0));
  });

  it('stops at the first finding, and makes its input small', async () => {
    const { inputs, finding } = await fuzzBlock(broken, { seed: 1, first: 0, count: 10_000 });
    expect(inputs).toBeLessThan(10_000);
    expect(finding!.message).toContain('large bytes');
    const small = await minimise(broken, finding!.input);
    expect([small.length, small[0]! > 250, small[0] === small[1]]).toEqual([2, true, true]);
    expect(await minimise(broken, small)).toEqual(small);
    const odd = Uint8Array.of(1, 2, 255, 3, 255);
    expect(await minimise(broken, odd)).toEqual(Uint8Array.of(255, 255));
  });
});
