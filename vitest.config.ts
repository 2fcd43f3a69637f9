import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { entries } from './scripts/entries.js';

export default defineConfig({
  resolve: {
    // Tests and examples import the package by its public names; in tests these are the sources.
    alias: entries.map(({ name, source }) => ({
      find: new RegExp(`^${name}$`),
      replacement: fileURLToPath(new URL(source, import.meta.url)),
    })),
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // All cores: the default leaves one for watching, which on a machine with two is half of it.
    maxWorkers: '100%',
  },
});
