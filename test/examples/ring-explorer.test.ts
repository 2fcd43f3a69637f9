import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Measured } from '../../examples/ring-explorer/measure.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-ring-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function explore(...args: readonly string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
  const main = resolve('examples/ring-explorer/main.ts');
  const svg = ['--svg', join(folder, 'ring.svg')];
  return spawnSync(process.execPath, ['--import', 'tsx', main, ...svg, ...args], { env, encoding: 'utf8' });
}

describe('the ring explorer', () => {
  it('measures every algorithm, and draws a ring with the share of each node', () => {
    const { status, stdout } = explore('--nodes', '5', '--keys', '4000', '--points', '7', '--json');
    expect(status).toBe(0);
    const measured = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Measured);
    expect(measured).toHaveLength(11);
    for (const { name, shares, peak, least, moved, extra } of measured) {
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
      expect([peak >= 1, least <= 1, moved >= extra]).toEqual([true, true, true]);
      // Jump consistent hashing can only do without its last node, and Maglev moves a few more.
      if (name !== 'jump' && name !== 'Maglev') expect([name, extra]).toEqual([name, 0]);
    }
    const svg = readFileSync(join(folder, 'ring.svg'), 'utf8');
    expect(svg.match(/<line /g)).toHaveLength(5 * 7 + 1);
    expect(svg).toContain('>node-4</text>');
  });

  it('places keys by another hash: differently, and as evenly', () => {
    const peaks = ['murmur3', 'xxhash'].map((hash) => {
      const { stdout } = explore('--nodes', '4', '--keys', '4000', '--hash', hash, '--json');
      const measured = stdout.trim().split('\n');
      return (JSON.parse(measured.find((line) => line.includes('"rendezvous"'))!) as Measured).peak;
    });
    expect(peaks[0]).not.toBe(peaks[1]);
    expect(Math.max(...peaks)).toBeLessThan(1.15);
  });

  it('prints a table, and where the picture is', () => {
    const { status, stdout, stderr } = explore('--nodes', '3', '--keys', '300');
    expect(status).toBe(0);
    expect(stdout).toContain('300 keys on 3 nodes');
    expect(stdout).toMatch(/Maglev\s+│/);
    expect(stderr).toContain(`drawn in ${join(folder, 'ring.svg')}`);
  });

  it('says what is wrong with its options', () => {
    const { status, stderr } = explore('--nodes', '1');
    expect(status).toBe(2);
    expect(stderr).toContain('It must be a whole number from 2 to 1000.');
  });
});
