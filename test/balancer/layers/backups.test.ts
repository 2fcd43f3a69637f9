import { describe, expect, it } from 'vitest';
import { RoundRobin } from 'quorate/balancer';
import { Backups, HealthGate, pickExcept, type BackupsOptions } from 'quorate/balancer/layers';
import { InvalidOptionError } from 'quorate/core';
import { sequence } from '../active-nodes.js';
import { groupsSuite, OneEach } from './groups.js';

/** Nodes from x on are backups. */
function backups(nodes: string, options: Partial<BackupsOptions> = {}): Backups {
  const balancer = new Backups({ make: () => new RoundRobin(), isBackup: (node) => node >= 'x', ...options });
  for (const node of nodes) balancer.add(node);
  return balancer;
}

/** Nodes from c on are backups, so that events meet both. */
const isBackup = (node: string): boolean => node >= 'c';
groupsSuite('Backups', { make: (make) => backups('', { make, isBackup }) });
describe('all: true', () => groupsSuite('Backups', { make: (make) => backups('', { make, isBackup, all: true }) }));

describe('Backups', () => {
  it('gives backups nothing while any other is available', () => {
    const balancer = backups('axby');
    expect(sequence(balancer, 4)).toBe('abab');
    balancer.setAvailable('a', false);
    expect(sequence(balancer, 3)).toBe('bbb');
  });

  it('gives all to the first backup that is available, in the order in which they came', () => {
    const balancer = backups('azyx');
    balancer.setAvailable('a', false);
    expect(sequence(balancer, 3)).toBe('zzz');
    balancer.setAvailable('z', false);
    expect(sequence(balancer, 3)).toBe('yyy');
    balancer.setAvailable('z', true);
    expect(sequence(balancer, 1)).toBe('z');
  });

  it('lets all backups share with all: true', () => {
    const balancer = backups('axyz', { all: true });
    balancer.setAvailable('a', false);
    expect(sequence(balancer, 6)).toBe('xyzxyz');
  });

  it('goes back at once when one of the others is available again', () => {
    const balancer = backups('ax');
    balancer.setAvailable('a', false);
    expect(sequence(balancer, 2)).toBe('xx');
    balancer.setAvailable('a', true);
    expect(sequence(balancer, 2)).toBe('aa');
  });

  it('takes others of weight 0 for none, and passes over backups of weight 0', () => {
    const balancer = backups('axy');
    balancer.add('a', 0);
    balancer.add('x', 0);
    expect(sequence(balancer, 2)).toBe('yy');
  });

  it('has no panic: a node that is left has everything, and then the backup', () => {
    const balancer = backups('abcdx');
    for (const node of 'abc') balancer.setAvailable(node, false);
    expect(sequence(balancer, 3)).toBe('ddd');
    balancer.setAvailable('d', false);
    expect(sequence(balancer, 3)).toBe('xxx');
  });

  it('goes on to backups, in order, when others and backups are full', () => {
    const balancer = backups('axy', { make: () => new OneEach() });
    const open = ['a', 'x', 'y'].map((node) => {
      const lease = balancer.pick();
      expect(lease.node).toBe(node);
      return lease;
    });
    open[1]!.done();
    expect(balancer.pick().node).toBe('x');
  });

  it('goes on to the next backup when the first is excluded from a pick', () => {
    const balancer = backups('axy');
    expect(pickExcept(balancer, undefined, ['a']).node).toBe('x');
    expect(pickExcept(balancer, undefined, ['a', 'x']).node).toBe('y');
    expect(balancer.pick().node).toBe('a');
  });

  it('gives a request for a given backup at any time, so that a session can end there', () => {
    expect(backups('ax').pickNode('x')?.node).toBe('x');
  });

  it('counts what layers around it take out', () => {
    const balancer = new HealthGate(backups(''));
    for (const node of 'ax') balancer.add(node);
    balancer.setHealthy('a', false);
    expect(balancer.pick().node).toBe('x');
  });

  it('refuses an isBackup that is no function, or does not say', () => {
    expect(() => backups('', { isBackup: undefined as never })).toThrow(InvalidOptionError);
    expect(() => backups('a', { isBackup: () => undefined as never })).toThrow('isBackup of a is undefined');
  });
});
