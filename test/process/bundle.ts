import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'tsup';
import { afterAll, beforeAll } from 'vitest';

/** How a program names another one that it starts, which lies beside it. */
const BESIDE = /(?<=new URL\('\.\/[\w-]+)\.ts(?=', import\.meta\.url\))/g;

/** What else a bundle may be. */
export interface BundleOptions {
  /** Changes the text of a source, for a bug that is planted. */
  readonly change?: (source: string, path: string) => string;
}

/**
 * Bundles programs and all that they import into a folder, where `NAME.ts` becomes `NAME.mjs`; those that start each other
 * find each other there. A process is ready from that in a tenth of a second, through the loader for TypeScript in seven
 * times as much.
 */
async function bundle(
  folder: string,
  sources: readonly string[],
  { change = (source) => source }: BundleOptions = {},
): Promise<void> {
  await build({
    entry: Object.fromEntries(sources.map((source) => [basename(source, '.ts'), source])),
    outDir: folder,
    config: false,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    platform: 'node',
    target: 'es2022',
    removeNodeProtocol: false,
    noExternal: [/.*/],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    esbuildPlugins: [
      {
        name: 'change-sources',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
            contents: change(await readFile(path, 'utf8'), path).replace(BESIDE, '.mjs'),
            loader: 'ts',
          }));
        },
      },
    ],
    silent: true,
  });
}

/** Bundles an example of this repository: its `main.ts` and, if it starts processes, their program. */
export function bundleExample(
  folder: string,
  name: string,
  child: string | null,
  options?: BundleOptions,
): Promise<void> {
  const programs = child === null ? ['main'] : ['main', child];
  return bundle(
    folder,
    programs.map((program) => `examples/${name}/${program}.ts`),
    options,
  );
}

/** Bundles programs before the tests of a file, and removes the bundles after them. Returns where each one is, by its name. */
export function bundledForTests(sources: readonly string[], options?: BundleOptions): (name: string) => string {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-programs-'));
    await bundle(folder, sources, options);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, `${name}.mjs`);
}
