import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const guides = resolve('docs/guide');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-guides-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A guide's first TypeScript block: the shortest useful program. */
function program(file: string): string {
  return /^```ts\n([^]*?)^```$/m.exec(readFileSync(join(guides, file), 'utf8'))?.[1] ?? '';
}

describe.each(readdirSync(guides).filter((file) => file.endsWith('.md')))('the program of the guide %s', (file) => {
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
