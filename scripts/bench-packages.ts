import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bench = new URL('../bench/', import.meta.url);
const modules = new URL('node_modules/', bench);

/**
 * Installs what the benchmarks need when it is missing or not what their lockfile says, and links the package itself
 * beside it, so that suites import it by its public names. (As a `file:` dependency it would be in the lockfile with all
 * its development tools, and each change of those would break the installation.)
 */
export function installBenchPackages(): void {
  const lock = readFileSync(new URL('package-lock.json', bench), 'utf8');
  const stamp = new URL('.installed-lock.json', modules);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    process.stderr.write('Installing the packages of bench/ ...\n');
    const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], {
      cwd: fileURLToPath(bench),
      stdio: ['ignore', process.stderr, process.stderr],
    });
    if (status !== 0) throw new Error('npm ci in bench/ failed');
    mkdirSync(modules, { recursive: true });
    writeFileSync(stamp, lock);
  }
  const link = new URL('quorate', modules);
  if (!existsSync(link)) symlinkSync('../..', link, 'dir');
}
