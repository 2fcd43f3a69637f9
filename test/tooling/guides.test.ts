import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const guides = resolve('docs/guide');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-guides-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const files = readdirSync(guides).filter((file) => file.endsWith('.md'));

/** The TypeScript blocks of a guide. */
function blocks(file: string): readonly string[] {
  const found = readFileSync(join(guides, file), 'utf8').matchAll(/^```ts\n([^]*?)^```$/gm);
  return Array.from(found, ([, block]) => block!);
}

/** A guide's first TypeScript block: the shortest useful program. */
function program(file: string): string {
  return blocks(file)[0] ?? '';
}

/**
 * Writes the blocks of all guides as modules, and returns their paths. A block that exports a class is also there under
 * the name of that class, by which other blocks import it; one that imports nothing is a fragment, and left out.
 */
function writeModules(): string[] {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return files.flatMap((file) =>
    blocks(file).flatMap((block, i) => {
      if (!block.startsWith('import ')) return [];
      const [, name] = /^export class (\w+)/m.exec(block) ?? [];
      const path = join(folder, `${name?.toLowerCase() ?? `${file}-${i + 1}`}.ts`);
      writeFileSync(path, block);
      return [path];
    }),
  );
}

/** What the compiler has against modules, with the options of this project. */
function diagnose(paths: readonly string[]): readonly string[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [...paths] },
    ts.sys,
    resolve('.'),
  );
  const found = ts.getPreEmitDiagnostics(ts.createProgram(paths, { ...options, typeRoots: ['node_modules/@types'] }));
  return found.filter(({ file }) => file !== undefined && paths.includes(file.fileName)).map(sentence);
}

function sentence({ file, start = 0, messageText }: ts.Diagnostic): string {
  const { line } = file!.getLineAndCharacterOfPosition(start);
  return `${basename(file!.fileName)}, line ${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}

describe('the programs and modules of all guides', () => {
  it('have types that fit', { timeout: 60_000 }, () => {
    const paths = writeModules();
    expect(paths.length).toBeGreaterThan(files.length);
    expect(diagnose(paths)).toEqual([]);
  });
});

describe.each(files)('the program of the guide %s', (file) => {
  it('is there, and has ten lines at most', () => {
    const lines = program(file)
      .split('\n')
      .filter((line) => line.trim() !== '');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(10);
  });

  it('runs, and comes to an end', () => {
    const path = join(folder, file.replace(/\.md$/, '.mts'));
    writeFileSync(path, program(file));
    // The paths of the project's tsconfig.json lead the public names of the package to its sources.
    const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    execFileSync(process.execPath, ['--import', tsx, path], { cwd: folder, env, stdio: 'pipe', timeout: 15_000 });
  });
});
