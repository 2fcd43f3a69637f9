import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Authority } from '../../examples/replicated-kv/certificates.js';
import type { Children } from './children.js';

const BUILD_MS = 300_000;

/** What is made by tools and needs no copy; what of it is needed is linked, built or installed. */
const GENERATED = new Set(['node_modules', '.git', 'dist', 'coverage', '.mutants', 'docs/api', 'bench/.data']);

/** Copies a checkout, so that neither its changes meanwhile nor what the tests write get mixed up; links its packages. */
export function copyCheckout(root: string, copy: string): void {
  cpSync(root, copy, {
    recursive: true,
    filter: (path) => !GENERATED.has(relative(root, path)) && !path.endsWith('/node_modules'),
  });
  for (const modules of ['node_modules', 'bench/node_modules'])
    if (existsSync(join(root, modules))) symlinkSync(join(root, modules), join(copy, modules), 'dir');
}

/**
 * Makes a project that has the packed tarball installed: the package as npm would unpack it, its runtime dependencies as
 * the lockfile has them, its peers, and nothing else. With them the programs that try it out, and certificates for them.
 */
export async function makeProject(checkout: string, project: string, children: Children): Promise<void> {
  const tool = async (cwd: string, command: string, ...args: readonly string[]): Promise<void> => {
    const { code, stdout, stderr, how } = await children.run(command, args, { cwd, timeoutMs: BUILD_MS });
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${how}\n${stdout}${stderr}`.trim());
  };
  const installed = join(project, 'node_modules/quorate');
  mkdirSync(installed, { recursive: true });
  await tool(checkout, 'npm', 'run', '--silent', 'build');
  await tool(checkout, 'npm', 'pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', project);
  const tarball = readdirSync(project).find((file) => file.endsWith('.tgz'))!;
  const manifest = { private: true, dependencies: { quorate: `file:${tarball}` } }; // deno resolves nothing that it lacks
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  await tool(project, 'tar', '-xzf', tarball, '-C', installed, '--strip-components=1');
  for (const path of runtimePackages(checkout))
    if (existsSync(join(checkout, path)))
      // an optional one of another platform is not
      cpSync(join(checkout, path), join(project, path), { recursive: true, dereference: true });
  cpSync(join(checkout, 'scripts/matrix/programs'), project, { recursive: true });
  const authority = await Authority.create();
  const certificates = { a: await authority.issue('a'), b: await authority.issue('b') };
  writeFileSync(join(project, 'certificates.json'), JSON.stringify(certificates));
}

/** The folders of what the package needs at run time, by the lockfile, and of what its adapters adapt. */
function runtimePackages(checkout: string): string[] {
  const lock = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    readonly peerDependencies?: Readonly<Record<string, string>>;
  };
  const peers = Object.keys(manifest.peerDependencies ?? {}).map((name) => `node_modules/${name}`);
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path]) => path)
    .concat(peers);
}
