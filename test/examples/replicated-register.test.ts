import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compare, Replica } from '../../examples/replicated-register/replica.js';

describe('the example of a replicated register', () => {
  it('never goes back to what was there before, and ends by itself', () => {
    const main = resolve('examples/replicated-register/main.ts');
    const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
    const output = execFileSync(process.execPath, ['--import', 'tsx', main], { env, encoding: 'utf8' });
    expect(output.split('\n')).toEqual([
      'alice wrote red:         a: red, b: red, c: red, d: red, e: red',
      'e down, bob wrote green: a: green, b: green, c: green, d: green, e: red',
      'carol died at blue:      a: blue, b: green, c: green, d: green, e: red',
      'a read finds blue:       a: blue, b: blue, c: blue, d: green, e: red (repaired b, c)',
      'a down instead, blue:    a: blue, b: blue, c: blue, d: blue, e: red (repaired d)',
      '',
    ]);
  });

  it('keeps the newest version, and refuses what is none', () => {
    const replica = new Replica();
    const newer = { number: 2, writer: 'b', value: 'x' };
    replica.handle({ op: 'write', version: newer });
    replica.handle({ op: 'write', version: { number: 2, writer: 'a', value: 'y' } });
    expect(replica.handle({ op: 'read' })).toEqual(newer);
    expect([compare(newer, newer), compare(newer, { ...newer, writer: 'c' })]).toEqual([0, -1]);
    for (const body of [null, 7, { op: 'delete' }, { op: 'write', version: { number: '3' } }]) {
      expect(() => replica.handle(body)).toThrow('neither a read nor a write');
    }
  });
});
