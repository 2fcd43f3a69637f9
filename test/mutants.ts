import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A known bug, planted by replacing one passage of one source file. */
export interface Mutant {
  readonly name: string;
  /** The test file that must fail, relative to the project. */
  readonly suite: string;
  /** Relative to `src/`. */
  readonly file: string;
  /** The passage, which must be there exactly once. */
  readonly find: string;
  readonly replace: string;
}

const root = new URL('../', import.meta.url);

/**
 * Copies the folder that the bug is in, plants it there, and returns the path of a `src/` in which all other folders are
 * the real ones, so that what they share (the one NOTHING, for instance) is still shared.
 */
export function plant(mutant: Mutant): string {
  const real = new URL('src/', root);
  const copy = new URL('src/', folderOf(mutant));
  const primitive = mutant.file.split('/')[0]!;
  uproot(mutant);
  mkdirSync(copy, { recursive: true });
  for (const name of readdirSync(real)) {
    if (name === primitive) cpSync(new URL(name, real), new URL(name, copy), { recursive: true });
    else symlinkSync(new URL(name, real), new URL(name, copy));
  }
  const file = new URL(mutant.file, copy);
  const source = readFileSync(file, 'utf8');
  const places = source.split(mutant.find).length - 1;
  if (places !== 1)
    throw new Error(`mutant "${mutant.name}": its passage is ${places} times in ${mutant.file}, not once`);
  writeFileSync(
    file,
    source.replace(mutant.find, () => mutant.replace),
  );
  return fileURLToPath(copy);
}

/**
 * Copies the tests and their configuration beside planted sources, so that a suite which imports `../../src/`, or the
 * package by its public names, gets those; returns the folder to run it in.
 */
export function plantWithTests(mutant: Mutant): string {
  plant(mutant);
  const folder = folderOf(mutant);
  cpSync(new URL('test/', root), new URL('test/', folder), { recursive: true });
  copyFileSync(new URL('vitest.config.ts', root), new URL('vitest.config.ts', folder));
  symlinkSync(new URL('scripts', root), new URL('scripts', folder));
  return fileURLToPath(folder);
}

/** Removes what {@link plant} made. */
export function uproot(mutant: Mutant): void {
  rmSync(folderOf(mutant), { recursive: true, force: true });
}

function folderOf(mutant: Mutant): URL {
  return new URL(`.mutants/${mutant.name.replaceAll(/\W+/g, '-')}/`, root);
}
