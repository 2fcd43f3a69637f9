import { resolve } from 'node:path';
import { defineConfig } from 'tsup';
import { entries, programs } from './scripts/entries.js';

const root = resolve('src/index.ts');

export default defineConfig({
  entry: Object.fromEntries([...entries, ...programs].map(({ key, source }) => [key, source])),
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  removeNodeProtocol: false,
  splitting: true,
  clean: true,
  esbuildPlugins: [
    {
      // The root keeps its `export * as raft from './raft/index.js'` as they are. Built in, each namespace becomes an
      // object that is filled when a shared chunk loads, and no bundler could drop anything from any entry any more.
      name: 'namespaces-of-the-root',
      setup(build) {
        build.onResolve({ filter: /^\.\// }, ({ importer, path }) =>
          importer === root ? { path, external: true } : undefined,
        );
      },
    },
  ],
});
