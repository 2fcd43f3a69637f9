import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { entries } from './scripts/entries.js';

const below = ['core', 'id', 'codec', 'quorum', 'hashing'];
const policies = ['detector', 'health', 'balancer'];
const edges = ['host', 'transport', 'storage'];
const protocols = ['raft', 'paxos', 'membership', 'transaction'];
const beneathProtocols = [...below, ...policies, ...edges];
const all = [...beneathProtocols, ...protocols];

/**
 * What each folder of src may import from others: imports point one way, and nothing but testing imports testing.
 *
 * @type {Record<string, readonly string[]>}
 */
const layers = {
  core: [],
  id: ['core'],
  codec: ['core'],
  quorum: ['core'],
  hashing: ['core'],
  detector: [...below, 'host'],
  health: [...below, 'detector'],
  balancer: [...below, 'detector', 'health'],
  ...Object.fromEntries(edges.map((edge) => [edge, ['core', 'id', 'codec']])),
  ...Object.fromEntries(protocols.map((protocol) => [protocol, beneathProtocols])),
  coordination: all,
  inspect: [...all, 'coordination'],
  testing: [...all, 'coordination', 'inspect'],
  cli: [...all, 'coordination', 'inspect'],
};

/** @typedef {{ files: string[], folder: string, node?: boolean, packages?: string[], without?: string }} Leave */

/** What of the transports runs anywhere, and with it what they share. */
const portableTransports = 'memory|stream|websocket|worker|channels|cluster-name|counters|port';

/**
 * The files that may import modules of Node or a package. Edges that run anywhere (host, the memory ones, some
 * transports) are not among them; files that emit events are named one by one, and a machine never is.
 *
 * @type {readonly Leave[]}
 */
const leaves = [
  { folder: 'transport', files: [`src/transport/!(${portableTransports}){.ts,/**/*.ts}`], node: true },
  { folder: 'transport', files: ['src/transport/stream/**/*.ts'], packages: ['p-retry'] },
  { folder: 'transport', files: ['src/transport/websocket/node{.ts,/**/*.ts}'], node: true, packages: ['ws'] },
  { folder: 'storage', files: ['src/storage/!(memory){.ts,/**/*.ts}'], node: true },
  { folder: 'inspect', files: ['src/inspect/**/*.ts'], node: true },
  { folder: 'cli', files: ['src/cli/**/*.ts'], node: true },
  { folder: 'health', files: ['src/health/node{.ts,/**/*.ts}'], node: true },
  { folder: 'balancer', files: ['src/balancer/node{.ts,/**/*.ts}'], node: true },
  { folder: 'id', files: ['src/id/node{.ts,/**/*.ts}'], node: true },
  { folder: 'raft', files: ['src/raft/node.ts'], packages: ['eventemitter3'] },
  { folder: 'detector', files: ['src/detector/heartbeats/heartbeats.ts'], packages: ['eventemitter3'] },
  { folder: 'codec', files: ['src/codec/**/*.ts'], packages: ['@msgpack/msgpack'] },
  { folder: 'hashing', files: ['src/hashing/**/*.ts'], packages: ['murmurhash3js-revisited'] },
  { folder: 'hashing', files: ['src/hashing/node{.ts,/**/*.ts}'], node: true },
  // Quorums are small and everywhere; what analyses them is neither.
  { folder: 'quorum', files: ['src/quorum/*.ts'], without: 'analysis' },
  { folder: 'quorum', files: ['src/quorum/analysis/load-yalps.ts'], packages: ['yalps'] },
];

/** The edges: the only files that name the platform's clock, timers and randomness. */
const platformFiles = [
  'src/{transport,storage,host,inspect,cli}/**/*.ts',
  'src/{balancer,health,id,hashing}/node{.ts,/**/*.ts}',
  'src/core/system.ts',
];
const nodeFiles = leaves.flatMap(({ files, node }) => (node === true ? files : []));
const nodeNames = ['process', 'Buffer', 'setImmediate', 'global', 'require', '__dirname', '__filename'];
const platformNames = [
  ...nodeNames,
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'requestAnimationFrame', 'requestIdleCallback', 'crypto'],
  ...['fetch', 'WeakRef', 'FinalizationRegistry', 'globalThis', 'self', 'window'],
];
const portable = 'This file runs anywhere, and other platforms do not have this.';
const anywhere = 'Not below the edges: take a Clock, a random function or another seam, so that a simulation can.';
const wholeMath = "Identifier[name='Math']:not(MemberExpression > .object)";
const dynamicImport = { selector: 'ImportExpression', message: 'Imports are static, so that the rules see them.' };

const published = `(?:\\w+/index|${entries.map(({ key }) => key).join('|')})\\.js$`;

/**
 * A file has one value of `no-restricted-imports`, so everything that limits its imports is put together here.
 *
 * @param {string} folder
 * @param {Partial<Leave>} [leave]
 * @returns {import('eslint').Linter.RulesRecord}
 */
function imports(folder, { node = false, packages = [], without } = {}) {
  const may = layers[folder] ?? [];
  const others = Object.keys(layers).filter((name) => name !== folder);
  const notBelow = others.filter((name) => !may.includes(name));
  const outside = ['\\.\\.?/', ...packages.map((name) => `${name}$`), ...(node ? ['node:'] : [])].join('|');
  const patterns = [
    { regex: `^(?!${outside})`, message: 'Packages and Node only where `leaves` in eslint.config.js allows them.' },
    { regex: '^(\\.\\./)+index\\.js$', message: 'An index is for those outside its folder.' },
    { regex: `^(\\.\\./)+(?!${published})(${others.join('|')})/`, message: 'Import the index or entry of a folder.' },
    ...(without === undefined ? [] : [{ regex: `^\\./${without}/`, message: `Whoever needs ${without} imports it.` }]),
    { regex: `^(\\.\\./)+(${notBelow.join('|')})/`, message: `${folder} may import ${may.join(', ') || 'nothing'}.` },
  ];
  return { 'no-restricted-imports': ['error', { patterns: notBelow.length > 0 ? patterns : patterns.slice(0, -1) }] };
}

const layerRules = [
  ...Object.keys(layers).map((folder) => ({ files: [`src/${folder}/**/*.ts`], rules: imports(folder) })),
  ...leaves.map(({ files, folder, ...leave }) => ({ files, rules: imports(folder, leave) })),
];

export default defineConfig(
  { ignores: ['dist', 'docs/api', 'coverage', '.mutants', '**/node_modules'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.recommendedTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/require-await': 'off', // an async method of an interface need not await: its errors reject
      '@typescript-eslint/consistent-type-imports': 'error',
      // What a signal or another party gives as the reason is passed on as it is.
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  // The rules that need types do not see the types in JSDoc; tsc does.
  { files: ['**/*.{js,mjs,cjs}'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', 500],
      'max-lines-per-function': ['error', 70],
      'no-console': 'error',
      'no-restricted-syntax': ['error', dynamicImport],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
    },
  },
  { files: ['src/transport/websocket/node/load-ws.ts'], rules: { 'no-restricted-syntax': 'off' } }, // an optional peer
  {
    files: ['src/**/*.ts'],
    ignores: nodeFiles,
    rules: { 'no-restricted-globals': ['error', ...nodeNames.map((name) => ({ name, message: portable }))] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: platformFiles,
    rules: {
      'no-restricted-globals': ['error', ...platformNames.map((name) => ({ name, message: anywhere }))],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: anywhere },
        { object: 'AbortSignal', property: 'timeout', message: anywhere },
      ],
      'no-restricted-syntax': ['error', dynamicImport, { selector: wholeMath, message: anywhere }],
    },
  },
  {
    files: ['src/quorum/analysis/load-yalps.ts'], // an optional peer
    rules: { 'no-restricted-syntax': ['error', { selector: wholeMath, message: anywhere }] },
  },
  ...layerRules,
  {
    files: ['src/index.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: `^(?!\\./${published})|testing` }] }] },
  },
  {
    files: ['examples/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '/src/', message: 'Use the public names: quorate/...' }] },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval'].map((name) => ({
          name,
          message: 'Tests do not sleep: wait for what happens, or use VirtualClock.',
        })),
      ],
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(node:)?timers(/|$)', message: 'Tests do not sleep.' }] },
      ],
      'no-restricted-properties': [
        'error',
        ...['it', 'test', 'describe'].flatMap((object) =>
          ['only', 'skip', 'todo', 'fails'].map((property) => ({ object, property, message: 'Every test runs.' })),
        ),
      ],
      // Values from JSON, mocks and deliberately wrong calls are part of testing.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
