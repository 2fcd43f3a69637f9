/**
 * Builds the package unless it is built already: nothing that the build reads has changed since. Ends as the build does.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { entries } from './entries.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'tsup.config.ts'];

/** @param {string} path @returns {number} when it was changed last; 0 when it is not there */
function changedAt(path) {
  return statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

// Folders count too: they show that a file is gone.
const sources = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' }).map((path) => `src/${path}`);
const outputs = entries.flatMap(({ output }) => [output, output.replace(/\.js$/, '.d.ts')]);
const changed = Math.max(...[...settings, 'scripts/entries.js', 'src', ...sources].map(changedAt));
const built = Math.min(...outputs.map(changedAt));
if (built <= changed)
  process.exitCode = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' }).status ?? 1;
