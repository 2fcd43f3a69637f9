import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Lockfile {
  readonly packages: Record<string, { readonly resolved?: string; readonly engines?: { readonly node?: string } }>;
}

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly overrides?: Record<string, string>;
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

describe.each(['', 'bench/'])('the lockfile of ./%s', (folder) => {
  const { packages } = read<Lockfile>(`${folder}package-lock.json`);

  it('names no registry: whoever installs uses their own', () => {
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it('has no package that says it needs a newer major version of Node than 20', () => {
    const needsNewer = ({ engines }: Lockfile['packages'][string]): boolean =>
      /^\s*>=?\s*2[1-9]/.test(engines?.node ?? '');
    expect(Object.keys(packages).filter((name) => needsNewer(packages[name]!))).toEqual([]);
  });
});

it('dependencies have exact versions, and rollup the one that installs everywhere', () => {
  const { dependencies, devDependencies, overrides } = read<Manifest>('package.json');
  const bench = read<Manifest>('bench/package.json');
  for (const version of Object.values({ ...dependencies, ...devDependencies, ...bench.dependencies }))
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(overrides).toEqual({ rollup: '4.60.0' });
});
