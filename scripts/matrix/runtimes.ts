import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Children, Ended } from './children.js';

/** Something that the package is to work in. */
export interface Runtime {
  readonly name: string;
  /** The environment variable that may name its program. */
  readonly variable: string;
  /** The package of the npm registry that brings it along, or names the packages that do. */
  readonly npmPackage: string;
  /** The major version that it must have. */
  readonly major?: number;
  /** Arguments in front of the file of a program. */
  readonly args: readonly string[];
  /** Whether the tests run in it: bun and deno get the package only. */
  readonly runsTests: boolean;
}

/** A runtime that can be used. */
export interface Found {
  readonly path: string;
  readonly version: string;
  /** A folder that holds nothing but the program under its usual name, for PATH. */
  readonly folder: string;
}

/** A runtime that cannot be had here. */
export interface Missing {
  readonly missing: string;
}

const INSTALL_MS = 300_000;
const VERSION_MS = 20_000;

export const runtimes: readonly Runtime[] = [
  ...[20, 22, 24, 26].map(nodeRuntime),
  { name: 'bun', variable: 'BUN', npmPackage: 'bun', args: [], runsTests: false },
  { name: 'deno', variable: 'DENO', npmPackage: 'deno', args: ['run', '--allow-all', '--quiet'], runsTests: false },
];

function nodeRuntime(major: number): Runtime {
  // Of Macs with ARM there were none yet when these packages got their names, and one name was taken since.
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const npmPackage = `${prefix}-${process.platform}-${process.arch}@${major}`;
  return { name: `node${major}`, variable: `NODE${major}`, npmPackage, major, args: [], runsTests: true };
}

/**
 * Looks for a runtime: where its environment variable says, then in the Node that runs this, then in the npm registry,
 * from which it is installed below `folder`. Nothing of the installed packages is run, so nothing is downloaded from
 * elsewhere.
 */
export async function findRuntime(runtime: Runtime, folder: string, children: Children): Promise<Found | Missing> {
  const named = process.env[runtime.variable];
  if (named !== undefined) return await tryProgram(runtime, named, folder, children);
  if (Number.parseInt(process.versions.node) === runtime.major)
    return await tryProgram(runtime, process.execPath, folder, children);
  const place = join(folder, `install-${runtime.name}`);
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{"private":true}');
  const args = ['install', '--ignore-scripts', '--no-save', '--loglevel=error', runtime.npmPackage];
  const { code, stderr, how } = await children.run('npm', args, { cwd: place, timeoutMs: INSTALL_MS });
  if (code !== 0) return missing(runtime, `npm could not install ${runtime.npmPackage} (${npmReason(stderr) ?? how})`);
  let result: Found | Missing = missing(runtime, `${runtime.npmPackage} has no program for this machine`);
  for (const path of programs(join(place, 'node_modules'))) {
    result = await tryProgram(runtime, path, folder, children);
    if ('path' in result) break;
  }
  return result;
}

/** The programs in the packages of one platform: of bun there are several, for older processors too. */
function programs(modules: string): string[] {
  const platformPackages = readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name],
  );
  const files = ['bin/node', 'bin/bun', 'deno'];
  return platformPackages
    .filter((name) => name.includes('-'))
    .flatMap((name) => files.map((file) => join(modules, name, file)))
    .filter((path) => existsSync(path));
}

async function tryProgram(
  runtime: Runtime,
  path: string,
  folder: string,
  children: Children,
): Promise<Found | Missing> {
  const ended = await children.run(path, ['--version'], { cwd: folder, timeoutMs: VERSION_MS });
  const version = /(\d+)\.\d+\.\d+[^\s,]*/.exec(ended.stdout);
  if (ended.code !== 0 || version === null) return missing(runtime, `${path} cannot be run: ${firstLine(ended)}`);
  if (runtime.major !== undefined && Number(version[1]) !== runtime.major)
    return missing(runtime, `${path} is version ${version[0]}`);
  const bin = join(folder, `bin-${runtime.name}`);
  mkdirSync(bin);
  symlinkSync(path, join(bin, runtime.name.replace(/\d+$/, '')));
  return { path, version: version[0], folder: bin };
}

function missing({ variable, name }: Runtime, reason: string): Missing {
  return { missing: `${reason}; set ${variable} to the path of a ${name} program, or give --allow-missing` };
}

function npmReason(stderr: string): string | undefined {
  return /npm error code (\S+)/.exec(stderr)?.[1];
}

function firstLine({ stderr, how }: Ended): string {
  return stderr.trim().split('\n', 1)[0] || how;
}
