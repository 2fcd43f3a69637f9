import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allMutants } from '../all-mutants.js';

const root = new URL('../../', import.meta.url);

describe.each(Object.entries(allMutants))('the mutants of %s', (_, mutants) => {
  it('can be planted: their passages are in the sources once each', () => {
    const misplaced = mutants.filter(
      ({ file, find }) => readFileSync(new URL(`src/${file}`, root), 'utf8').split(find).length !== 2,
    );
    expect(misplaced.map(({ name }) => name)).toEqual([]);
  });

  it('change something, have suites that are there, and names of their own', () => {
    const wrong = mutants.filter(({ suite, find, replace }) => find === replace || !existsSync(new URL(suite, root)));
    expect(wrong.map(({ name }) => name)).toEqual([]);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});
