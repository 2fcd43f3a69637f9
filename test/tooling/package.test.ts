import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entries } from '../../scripts/entries.js';

const root = resolve('.');
const needNode = [
  'quorate/id/node',
  'quorate/hashing/node',
  'quorate/balancer/node',
  'quorate/health/node',
  'quorate/transport/tcp',
  'quorate/transport/udp',
  'quorate/transport/websocket/node',
  'quorate/storage/file',
];
const names = entries.map(({ name }) => name);
const portable = entries.filter(({ name }) => !needNode.includes(name));

let project: string;
let packed: string;

// A copy is built and packed, so that a build of the checkout that runs at the same time is not disturbed.
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'quorate-package-'));
  const source = join(project, 'source');
  for (const path of ['src', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'tsup.config.ts'])
    cpSync(join(root, path), join(source, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'), 'dir');
  run(source, 'npm', ['run', '--silent', 'build']);
  run(source, 'npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', project]);
  install(readdirSync(project).find((file) => file.endsWith('.tgz'))!);
}, 120_000);

afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

/** Unpacks the tarball where npm would, and gives it the runtime dependencies, no others. */
function install(tarball: string): void {
  const modules = join(project, 'node_modules');
  packed = join(modules, 'quorate');
  mkdirSync(packed, { recursive: true });
  run(project, 'tar', ['-xzf', tarball, '-C', packed, '--strip-components=1']);
  for (const name of Object.keys(manifest().dependencies)) {
    mkdirSync(join(modules, name, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir');
  }
}

function manifest(): { readonly dependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as ReturnType<typeof manifest>;
}

function run(cwd: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs a program in the project that has the package installed; returns what it prints, as JSON. */
function evaluate(file: string, program: string): unknown {
  writeFileSync(join(project, file), program);
  return JSON.parse(run(project, process.execPath, ['--no-warnings', file]));
}

describe('the packed tarball', () => {
  it('loads by import and by require, with the same names', () => {
    const list = JSON.stringify(names);
    const imported = evaluate(
      'import.mjs',
      `const names = ${list}, found = {};
      for (const name of names) found[name] = Object.keys(await import(name)).sort();
      console.log(JSON.stringify(found));`,
    ) as Record<string, string[]>;
    const required = evaluate(
      'require.cjs',
      `const found = {};
      for (const name of ${list}) found[name] = Object.keys(require(name)).sort();
      console.log(JSON.stringify(found));`,
    );
    expect(Object.keys(imported)).toEqual(names);
    for (const name of names) expect(imported[name]).not.toEqual([]);
    expect(required).toEqual(imported);
  });

  it('has the command quorate', () => {
    const { bin } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as { bin: { quorate: string } };
    const command = join(packed, bin.quorate);
    expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(run(project, process.execPath, [command, '--help'])).toContain('quorate journal check');
  });

  it('makes one copy, whichever way it is loaded', () => {
    const same = evaluate(
      'same.cjs',
      `const { QuorateError } = require('quorate/core');
      import('quorate').then((root) => console.log(root.core.QuorateError === QuorateError));`,
    );
    expect(same).toBe(true);
  });

  it.each(['NodeNext', 'Bundler'])(
    'has types that hold without those of Node where it runs anywhere, resolved as by %s',
    (resolution) => {
      const program = portable.map(({ name }, i) => `import * as m${i} from '${name}';\nexport { m${i} };\n`).join('');
      writeFileSync(join(project, 'consumer.mts'), program);
      const module = resolution === 'Bundler' ? 'ESNext' : resolution;
      const lib = 'ES2023,ESNext.Disposable,DOM';
      const flags = ['--module', module, '--moduleResolution', resolution, '--lib', lib, '--target', 'ES2022'];
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      run(project, process.execPath, [tsc, '--noEmit', '--strict', ...flags, 'consumer.mts']);
    },
  );

  it('needs no module of Node where it says that it runs anywhere', () => {
    expect([...reachable(join(packed, 'dist/transport/tcp.js')).packages]).toContain('node:net');
    for (const { output } of portable) {
      const files = reachable(join(packed, output));
      expect([...files.packages].filter((name) => builtinModules.includes(name.replace('node:', '')))).toEqual([]);
    }
  });

  it('imports no package but its runtime dependencies', () => {
    const allowed = Object.keys(manifest().dependencies);
    for (const { output } of entries)
      for (const name of reachable(join(packed, output)).packages)
        if (!name.startsWith('node:')) expect(allowed).toContain(name);
  });

  it('says which package to install for WebSockets where there is none', () => {
    const message = evaluate(
      'websocket.mjs',
      `import { openWebSocketTransport } from 'quorate/transport/websocket/node';
      const options = { id: 'a', cluster: 'test', listen: { host: '127.0.0.1', port: 0 } };
      const error = await openWebSocketTransport(options).catch((reason) => reason);
      console.log(JSON.stringify([error.code, error.message]));`,
    );
    expect(message).toEqual(['missing-package', expect.stringContaining('npm install ws')]);
  });

  it('says which package to install for optimal strategies where there is none', () => {
    const message = evaluate(
      'strategy.mjs',
      `import { majority } from 'quorate/quorum';
      import { optimalStrategy, resilience } from 'quorate/quorum/analysis';
      const system = majority(['a', 'b', 'c']);
      const error = await optimalStrategy({ system }).catch((reason) => reason);
      console.log(JSON.stringify([resilience(system), error.code, error.message]));`,
    );
    expect(message).toEqual([1, 'missing-package', expect.stringContaining('npm install yalps')]);
  });

  it('holds what is built and nothing else', () => {
    const unexpected = readdirSync(packed).filter(
      (file) => !['dist', 'package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'].includes(file),
    );
    expect(unexpected).toEqual([]);
    const sources = readdirSync(join(packed, 'dist'), { recursive: true, encoding: 'utf8' });
    expect(sources.filter((file) => /\.(ts|js)$/.test(file) && /\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([]);
  });
});

/** The files that loading one loads, and the packages that they import. */
function reachable(file: string, seen = new Set<string>(), packages = new Set<string>()): { packages: Set<string> } {
  if (seen.has(file)) return { packages };
  seen.add(file);
  for (const [, from] of readFileSync(file, 'utf8').matchAll(/(?:^import|\bfrom) ["']([^"']+)["'];$/gm)) {
    if (from!.startsWith('.')) reachable(join(file, '..', from!), seen, packages);
    else packages.add(from!);
  }
  return { packages };
}
