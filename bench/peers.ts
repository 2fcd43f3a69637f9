import { readFileSync } from 'node:fs';

/** `name@version` of a package that is installed for the benchmarks. */
export function peer(name: string): string {
  const manifest = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return `${name}@${(JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version}`;
}
