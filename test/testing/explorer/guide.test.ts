import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-explorer-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The block of TypeScript of a guide in which `text` is. */
function block(guide: string, text: string): string {
  const blocks = readFileSync(resolve('docs/guide', guide), 'utf8').matchAll(/^```ts\n([^]*?)^```$/gm);
  return [...blocks].map(([, code]) => code!).find((code) => code.includes(text))!;
}

/** What the program prints that explores the machine of the core guide. */
function print(machine: string): string {
  writeFileSync(join(folder, 'highest.mts'), machine);
  const program = block('explorer.md', './highest.js').replace('./highest.js', './highest.mjs');
  writeFileSync(join(folder, 'program.mts'), program);
  const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const args = ['--import', tsx, join(folder, 'program.mts')];
  return execFileSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8', timeout: 15_000 }).trim();
}

describe('the machine of the core guide, explored as the guide says', () => {
  it('has the states that the guide names, and violates nothing', () => {
    expect(print(block('core.md', 'class Highest'))).toBe('60 true undefined');
  });

  it('is found out when it tells before it is durable', () => {
    const hasty = block('core.md', 'class Highest').replace('after: this.#state.writeCount', 'after: 0');
    expect(print(hasty)).toMatch(/false what was told is not forgotten$/);
  });
});
