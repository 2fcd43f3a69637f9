import { defineConfig } from 'tsup';
import { entries } from './scripts/entries.js';

export default defineConfig({
  entry: Object.fromEntries(entries.map(({ key, source }) => [key, source])),
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  removeNodeProtocol: false,
  splitting: true,
  clean: true,
  // The declaration build sets `baseUrl`, which TypeScript 6 reports as deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
});
