/**
 * The entry points of the package, read from `exports` in package.json: the one list that the build, the tests' aliases,
 * the docs, the size budgets and the search for unused code follow.
 */
import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Entry
 * @property {string} subpath as in `exports`: `.` or `./raft`
 * @property {string} name what users import: `quorate` or `quorate/raft`
 * @property {string} source the TypeScript file, from the root
 * @property {string} output the built file, from the root
 * @property {string} key the built file below dist without its ending
 */

/** @typedef {{ name: string, bin: Record<string, string>, exports: Record<string, string | { default: string }> }} Manifest */

const manifest = /** @type {Manifest} */ (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
);

/** @type {readonly Entry[]} */
export const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) => {
  if (typeof target === 'string') return []; // package.json itself
  const key = target.default.replace(/^\.\/dist\//, '').replace(/\.js$/, '');
  return [{ subpath, name: manifest.name + subpath.slice(1), source: `src/${key}.ts`, output: `dist/${key}.js`, key }];
});

/** The programs of the package, read from `bin` in package.json. */
export const programs = Object.values(manifest.bin).map((output) => {
  const key = output.replace(/^dist\//, '').replace(/\.js$/, '');
  return { key, source: `src/${key}.ts` };
});
