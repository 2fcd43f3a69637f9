import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Tests and examples import the package by its public names; in tests these are the sources.
    alias: [
      {
        find: /^quorate\/(raft|core|codec|host|id|quorum|hashing|testing)$/,
        replacement: fileURLToPath(new URL('./src/$1/index.ts', import.meta.url)),
      },
      {
        find: /^quorate\/((?:transport|storage|id)\/\w+)$/,
        replacement: fileURLToPath(new URL('./src/$1.ts', import.meta.url)),
      },
      { find: /^quorate$/, replacement: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
