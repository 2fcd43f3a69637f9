import { describe, expect, it } from 'vitest';
import type { Lease } from 'quorate/balancer';
import { Members, type Member } from '../../src/balancer/members.js';
import { UncountedMember } from '../../src/balancer/uncounted-member.js';

/** Picks the first, and counts how often it had to think. */
class Counting extends Members<UncountedMember> {
  changes = 0;

  pick(): Lease {
    return this.active()[0]!.lease();
  }

  protected member(node: string, order: number): UncountedMember {
    return new UncountedMember(node, order);
  }

  protected override changed(_active: readonly Member[]): void {
    this.changes++;
  }
}

describe('what all strategies share', () => {
  it('thinks anew at the first pick after changes, however many, and not when nothing has changed', () => {
    const balancer = new Counting();
    balancer.add('a');
    balancer.add('b', 2);
    expect(balancer.changes).toBe(0);
    balancer.pick();
    balancer.pick();
    expect(balancer.changes).toBe(1);
    balancer.add('a');
    balancer.add('b', 2);
    balancer.setAvailable('a', true);
    balancer.setAvailable('nobody', false);
    balancer.remove('nobody');
    balancer.pick();
    expect(balancer.changes).toBe(1);
    for (const change of [
      () => balancer.add('b', 3),
      () => balancer.setAvailable('b', false),
      () => balancer.remove('b'),
    ]) {
      change();
      const { changes } = balancer;
      balancer.pick();
      expect(balancer.changes).toBe(changes + 1);
    }
  });
});
