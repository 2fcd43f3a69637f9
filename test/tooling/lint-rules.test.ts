import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

// The snippets are no files of the project, so rules that need types are off; the project's own rules need none.
const eslint = new ESLint({ overrideConfig: [tseslint.configs.disableTypeChecked] });

async function rulesBrokenBy(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath });
  const ids = result!.messages.filter(({ severity }) => severity === 2).map(({ ruleId }) => ruleId ?? 'parse error');
  return [...new Set(ids)];
}

const globals = 'no-restricted-globals';
const properties = 'no-restricted-properties';
const syntax = 'no-restricted-syntax';
const imports = 'no-restricted-imports';

describe('determinism', () => {
  it.each([
    ['export const at: number = Date.now();', globals],
    ['export const at: Date = new Date();', globals],
    ['export const at: number = performance.now();', globals],
    ['export const at: number = globalThis.performance.now();', globals],
    ['export const { setTimeout: later } = globalThis;', globals],
    ['setTimeout(() => {}, 1);', globals],
    ['setInterval(() => {}, 1);', globals],
    ['setImmediate(() => {});', globals],
    ['export const pid: number = process.pid;', globals],
    ['export const id: string = crypto.randomUUID();', globals],
    ['export const n: number = Math.random();', properties],
    ["export const n: number = Math['random']();", properties],
    ['export const { random } = Math;', properties],
    ['const m = Math;\nexport const n: number = m.random();', syntax],
    ['export const signal: AbortSignal = AbortSignal.timeout(5);', properties],
    ["import { randomUUID } from 'node:crypto';\nexport const id: string = randomUUID();", imports],
    ["import { readFileSync } from 'fs';\nexport const text: string = readFileSync('a', 'utf8');", imports],
    ["export const os: unknown = await import('node:os');", syntax],
  ])('refuses %j in a machine, a policy and the core', async (code, rule) => {
    for (const file of ['src/raft/machine.ts', 'src/quorum/majority.ts', 'src/core/options.ts', 'src/id/gpid.ts'])
      expect(await rulesBrokenBy(file, code)).toContain(rule);
  });

  it('lets the edges name the platform', async () => {
    const code = 'setTimeout(() => {}, Date.now() + performance.now() + Math.random());';
    for (const file of ['transport/tcp', 'storage/file', 'host/host', 'inspect/page', 'id/node', 'core/system'])
      expect(await rulesBrokenBy(`src/${file}.ts`, code)).toEqual([]);
  });

  it('keeps names of Node out of the edges that run anywhere', async () => {
    for (const file of [
      'host/host',
      'transport/memory',
      'transport/memory/node',
      'transport/stream/node',
      'transport/worker/connection',
      'transport/port',
      'storage/memory',
      'core/system',
    ])
      for (const code of ['Buffer.alloc(1);', 'setImmediate(() => {});', 'export const pid: number = process.pid;'])
        expect(await rulesBrokenBy(`src/${file}.ts`, code)).toEqual([globals]);
    expect(await rulesBrokenBy('src/storage/file/segment.ts', 'Buffer.alloc(process.pid);')).toEqual([]);
  });

  it('lets arithmetic, and names that only look alike, pass', async () => {
    const code = 'export function f(random: () => number): number {\n  return Math.max(random(), Math.PI);\n}';
    expect(await rulesBrokenBy('src/raft/machine.ts', code)).toEqual([]);
  });
});

describe('imports point one way', () => {
  it.each([
    ['src/core/options.ts', '../id/index.js'],
    ['src/quorum/tally.ts', '../codec/index.js'],
    ['src/quorum/tally.ts', './analysis/index.js'],
    ['src/host/host.ts', '../raft/index.js'],
    ['src/transport/tcp/frames.ts', '../../host/index.js'],
    ['src/raft/machine.ts', '../paxos/index.js'],
    ['src/raft/machine.ts', '../testing/index.js'],
    ['src/detector/phi.ts', '../balancer/index.js'],
    ['src/membership/node.ts', '../coordination/index.js'],
    ['src/raft/machine.ts', '../index.js'],
    ['src/raft/machine.ts', '../core/errors.js'],
    ['src/raft/machine.ts', 'quorate/core'],
    ['src/index.ts', './testing/index.js'],
    ['src/index.ts', './raft/machine.js'],
    ['examples/replicated-kv/main.ts', '../../src/raft/index.js'],
    ['bench/suites/raft-core.ts', '../../src/raft/index.js'],
  ])('refuses in %s an import of %s', async (file, from) => {
    expect(await rulesBrokenBy(file, `export * from '${from}';`)).toEqual([imports]);
    expect(await rulesBrokenBy(file, `import type { T } from '${from}';\nexport type U = T;`)).toEqual([imports]);
  });

  it.each([
    ['src/quorum/tally.ts', '../core/index.js'],
    ['src/transport/tcp/frames.ts', '../../codec/index.js'],
    ['src/transport/tcp/frames.ts', '../links.js'],
    ['src/raft/node.ts', '../host/index.js'],
    ['src/detector/heartbeats/heartbeats.ts', '../../host/index.js'],
    ['src/raft/node.ts', '../storage/memory.js'],
    ['src/balancer/p2c.ts', '../detector/index.js'],
    ['src/coordination/lock.ts', '../raft/index.js'],
    ['src/testing/cluster.ts', '../raft/index.js'],
    ['src/index.ts', './raft/index.js'],
    ['examples/replicated-kv/main.ts', 'quorate/transport/tcp'],
    ['test/raft/machine.test.ts', '../../src/raft/machine.js'],
  ])('lets in %s an import of %s pass', async (file, from) => {
    expect(await rulesBrokenBy(file, `export * from '${from}';`)).toEqual([]);
  });
});

describe('packages stay where they belong', () => {
  it.each([
    ['p-retry', 'src/transport/stream/dial.ts', ['src/transport/tcp/dial.ts', 'src/host/host.ts', 'src/raft/node.ts']],
    ['ws', 'src/transport/websocket/node/edge.ts', ['src/transport/websocket.ts', 'src/transport/tcp/edge.ts']],
    ['yalps', 'src/quorum/analysis/load-yalps.ts', ['src/quorum/analysis/strategy.ts', 'src/quorum/tally.ts']],
    [
      'eventemitter3',
      'src/detector/heartbeats/heartbeats.ts',
      ['src/detector/heartbeats/machine.ts', 'src/detector/phi.ts'],
    ],
    ['eventemitter3', 'src/raft/node.ts', ['src/raft/machine.ts', 'src/transport/tcp.ts', 'src/core/machine.ts']],
    ['@msgpack/msgpack', 'src/codec/messagepack.ts', ['src/transport/tcp.ts', 'src/raft/records.ts']],
    ['murmurhash3js-revisited', 'src/hashing/key.ts', ['src/balancer/maglev.ts', 'src/id/gpid.ts']],
    ['node:fs', 'src/storage/file.ts', ['src/storage/memory.ts', 'src/transport/memory.ts', 'src/host/host.ts']],
    ['node:net', 'src/transport/tcp/dial.ts', ['src/transport/stream/dial.ts', 'src/transport/memory.ts']],
    ['node:fs', 'src/id/node.ts', ['src/id/gpid.ts', 'src/testing/disk.ts', 'src/core/system.ts']],
    ['node:crypto', 'src/hashing/node.ts', ['src/hashing/ketama.ts', 'src/hashing/sharding/epoch.ts']],
    ['node:crypto', 'src/balancer/node.ts', ['src/balancer/members.ts', 'src/balancer/layers/retry.ts']],
    ['node:http', 'src/health/node/http-check.ts', ['src/health/health-checks.ts']],
    ['lodash', 'test/any.test.ts', ['src/storage/file.ts', 'src/inspect/page.ts']],
  ])('%s', async (name, allowed, refused) => {
    const code = `export * from '${name}';`;
    expect(await rulesBrokenBy(allowed, code)).toEqual([]);
    for (const file of refused) expect(await rulesBrokenBy(file, code)).toEqual([imports]);
  });
});

describe('tests', () => {
  it.each([
    ["it.only('a', () => {});", properties],
    ["describe.skip('a', () => {});", properties],
    ["test.todo('a');", properties],
    ["it.only.each([1])('a', () => {});", properties],
    ['await new Promise((resolve) => setTimeout(resolve, 100));', globals],
    ["import { setTimeout as sleep } from 'node:timers/promises';\nawait sleep(5);", imports],
  ])('refuses %j', async (code, rule) => {
    expect(await rulesBrokenBy('test/raft/any.test.ts', code)).toEqual([rule]);
  });

  it('lets ordinary tests pass', async () => {
    const code = "it.each([1])('a', () => {});\nexport const at: number = Date.now();";
    expect(await rulesBrokenBy('test/raft/any.test.ts', code)).toEqual([]);
  });
});

describe('style', () => {
  const lines = (n: number): string => 'void 0;\n'.repeat(n);

  it('limits the length of functions and files in src', async () => {
    const long = (n: number): string => `export function f(): void {\n${lines(n)}}`;
    expect(await rulesBrokenBy('src/raft/a.ts', long(68))).not.toContain('max-lines-per-function');
    expect(await rulesBrokenBy('src/raft/a.ts', long(69))).toContain('max-lines-per-function');
    expect(await rulesBrokenBy('src/raft/a.ts', lines(501))).toContain('max-lines');
  });

  it('wants return types on what is exported', async () => {
    const rule = '@typescript-eslint/explicit-module-boundary-types';
    expect(await rulesBrokenBy('src/raft/a.ts', 'export function f() {\n  return 1;\n}')).toEqual([rule]);
    expect(await rulesBrokenBy('src/raft/a.ts', 'export function f(): number {\n  return 1;\n}')).toEqual([]);
  });
});
