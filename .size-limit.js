import { entries } from './scripts/entries.js';

/**
 * What a user's bundle may grow by: each entry with everything it needs, minified and compressed with brotli, in bytes.
 * A sixth above what it is, or room to grow for what is young; whoever needs more raises the number on purpose.
 *
 * @type {Record<string, number>}
 */
const budgets = {
  '.': 90_000,
  './core': 1_800,
  './id': 2_400,
  './id/node': 2_200,
  './codec': 10_000,
  './host': 4_500,
  './host/sessions': 15_500, // MessagePack takes most of it
  './quorum': 5_000,
  './quorum/analysis': 7_600, // without yalps
  './hashing': 8_900,
  './hashing/sharding': 8_700,
  './hashing/node': 4_000, // a ring, not only MD5
  './balancer': 13_400,
  './balancer/layers': 16_000,
  './balancer/node': 2_000,
  './health': 6_000,
  './health/node': 9_000,
  './detector': 5_300, // most of it is the procedures of Chen's; a detector alone is below
  './detector/heartbeats': 10_000,
  './raft': 33_000,
  './raft/core': 12_288,
  './testing': 53_000, // the rules for replays of Raft bring its codec along; whoever imports less gets less
  './transport/memory': 2_800,
  './transport/tcp': 22_000,
  './transport/websocket': 20_000,
  './transport/websocket/node': 24_000,
  './transport/udp': 14_000,
  './transport/worker': 14_500,
  './storage/memory': 2_500,
  './storage/file': 15_500,
};

/** Each alone, with its checks and errors, which take 470 bytes of it. */
const detectors = {
  FixedTimeout: 1024,
  MissedChecks: 1024,
  ChenNfdS: 1024,
  ChenNfdE: 1380,
  ExponentialPhi: 1380,
  TwoWindow: 1450,
  Bertier: 1520,
  LogisticPhi: 1570,
  NormalPhi: 1670,
};

/** Each alone, with its checks and errors. */
const strategies = {
  RoundRobin: 1024,
  Random: 1024,
  WeightedRandom: 1024,
  SmoothWeightedRoundRobin: 1024,
  StaticRoundRobin: 1350, // tables that are built in milliseconds, and limits
  EarliestDeadlineFirst: 1400, // a tournament, exact sums, and a beginning anywhere
  PowerOfTwoChoices: 1024,
  NginxLeastConnections: 1024,
  LeastConnections: 1250, // a tournament
  LeastOutstanding: 1350, // a tree of minima
  PeakEwma: 1700, // the clock of the platform and checks of numbers take 300 of it
  LatencyQuantile: 1800,
  NginxIpHash: 2000, // addresses take 800 of it
  ConsistentHashing: 5200, // a ring takes 3400 of it
};

export default [
  ...entries.map(({ subpath, name, output }) => ({ name, path: output, limit: `${budgets[subpath] ?? 0} B` })),
  // An error class must not drag a primitive along.
  { name: 'quorate/core { QuorateError }', path: 'dist/core/index.js', import: '{ QuorateError }', limit: '250 B' },
  {
    name: 'quorate/quorum { majority, tally }',
    path: 'dist/quorum/index.js',
    import: '{ majority, tally }',
    limit: '1024 B',
  },
  { name: 'quorate/hashing { HashRing }', path: 'dist/hashing/index.js', import: '{ HashRing }', limit: '3500 B' },
  ...Object.entries(detectors).map(([name, bytes]) => ({
    name: `quorate/detector { ${name} }`,
    path: 'dist/detector/index.js',
    import: `{ ${name} }`,
    limit: `${bytes} B`,
  })),
  ...Object.entries(strategies).map(([name, bytes]) => ({
    name: `quorate/balancer { ${name} }`,
    path: 'dist/balancer/index.js',
    import: `{ ${name} }`,
    limit: `${bytes} B`,
  })),
].map((check) => ({
  ...check,
  /** @param {object} config */
  modifyEsbuildConfig: (config) => ({ ...config, platform: 'node' }), // modules of Node come with Node
}));
