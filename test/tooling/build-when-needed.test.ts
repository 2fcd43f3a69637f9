import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** When sources were written, and when the package was built from them, in seconds. */
const [WRITTEN, BUILT] = [1_000_000, 2_000_000];

let project: string;

// A project whose build leaves a file behind.
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'quorate-build-'));
  for (const folder of ['src', 'dist', 'scripts']) mkdirSync(join(project, folder));
  writeManifest(`node -e "require('fs').writeFileSync('ran', '')"`);
  write('src/index.ts', WRITTEN);
  for (const file of ['build-when-needed.js', 'entries.js']) {
    cpSync(`scripts/${file}`, join(project, 'scripts', file));
    utimesSync(join(project, 'scripts', file), WRITTEN, WRITTEN);
  }
  for (const file of ['dist/index.js', 'dist/index.d.ts']) write(file, BUILT);
  utimesSync(join(project, 'src'), WRITTEN, WRITTEN);
});

afterEach(() => {
  rmSync(project, { recursive: true, force: true });
});

function write(path: string, at: number, text = ''): void {
  writeFileSync(join(project, path), text);
  utimesSync(join(project, path), at, at);
}

function writeManifest(build: string): void {
  const exports = { '.': { default: './dist/index.js' } };
  write('package.json', WRITTEN, JSON.stringify({ name: 'p', type: 'module', bin: {}, scripts: { build }, exports }));
}

/** Runs the script; returns its exit code and whether it built. */
function run(): readonly [exitCode: number | null, built: boolean] {
  const { status } = spawnSync(process.execPath, ['scripts/build-when-needed.js'], { cwd: project });
  return [status, existsSync(join(project, 'ran'))];
}

describe('building when needed', () => {
  it('does nothing when nothing has changed', () => {
    expect(run()).toEqual([0, false]);
  });

  it('builds when a source is newer', () => {
    write('src/index.ts', BUILT + 1);
    expect(run()).toEqual([0, true]);
  });

  it('builds when a source is gone', () => {
    utimesSync(join(project, 'src'), BUILT + 1, BUILT + 1);
    expect(run()).toEqual([0, true]);
  });

  it('builds when something built is missing', () => {
    rmSync(join(project, 'dist/index.d.ts'));
    expect(run()).toEqual([0, true]);
  });

  it('fails when the build does', () => {
    writeManifest('exit 3');
    rmSync(join(project, 'dist/index.js'));
    expect(run()).toEqual([3, false]);
  });
});
