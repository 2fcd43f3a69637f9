import { entries } from './scripts/entries.js';

/**
 * What a user's bundle may grow by: each entry with everything it needs, minified and compressed with brotli, in bytes.
 * About a tenth above what it is; whoever needs more raises the number on purpose.
 *
 * @type {Record<string, number>}
 */
const budgets = {
  '.': 60_000,
  './core': 2_500,
  './id': 2_500,
  './id/node': 2_500,
  './codec': 10_000,
  './host': 6_000,
  './quorum': 4_000,
  './hashing': 4_000,
  './raft': 25_000,
  './testing': 25_000,
  './transport/memory': 4_000,
  './transport/tcp': 20_000,
  './storage/memory': 4_000,
  './storage/file': 12_000,
};

export default [
  ...entries.map(({ subpath, name, output }) => ({ name, path: output, limit: `${budgets[subpath] ?? 0} B` })),
  // An error class must not drag a primitive along.
  { name: 'quorate/core { QuorateError }', path: 'dist/core/index.js', import: '{ QuorateError }', limit: '250 B' },
].map((check) => ({
  ...check,
  /** @param {object} config */
  modifyEsbuildConfig: (config) => ({ ...config, platform: 'node' }), // modules of Node come with Node
}));
