import { describe, expect, it } from 'vitest';
import type { QuorateError } from '../../src/core/index.js';
import { PeerTable } from '../../src/transport/udp/peers.js';
import { RETRY_MS, Target } from '../../src/transport/udp/target.js';

const AT = { address: '10.0.0.1', port: 1 };
const ELSEWHERE = { address: '10.6.6.6', port: 6 };

/** Lookups that the test answers, on a clock that it sets. */
class Names {
  now = 0;
  readonly asked: { host: string; resolve(addresses: string[]): void; reject(error: Error): void }[] = [];
  readonly errors: QuorateError[] = [];

  target(host: string, ipv6 = false): Target {
    return new Target(
      { host, port: 5 },
      {
        ipv6,
        lookup: (name) => new Promise((resolve, reject) => void this.asked.push({ host: name, resolve, reject })),
        now: () => this.now,
        resolveEveryMs: 30_000,
        failed: (error) => this.errors.push(error),
      },
    );
  }

  async answer(...addresses: string[]): Promise<void> {
    this.asked.at(-1)!.resolve(addresses);
    await Promise.resolve();
  }

  async fail(): Promise<void> {
    this.asked.at(-1)!.reject(new Error('ENOTFOUND'));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the table of peers', () => {
  it('answers a peer without an address where its last datagram came from', () => {
    const table = new PeerTable(10, () => {});
    expect(table.heard('x', AT, 0).endpoint()).toEqual(AT);
    expect(table.heard('x', ELSEWHERE, 1)).toBe(table.get('x'));
    expect(table.get('x')!.endpoint()).toEqual(ELSEWHERE);
  });

  it('never replaces an address that was told by one that was learned', () => {
    const table = new PeerTable(10, () => {});
    table.tell('x', new Names().target('10.0.0.1'));
    table.heard('x', ELSEWHERE, 0);
    expect(table.get('x')!.endpoint()).toEqual({ address: '10.0.0.1', port: 5 });
  });

  it('answers a peer whose address was taken back where it was heard from, or forgets it', () => {
    const table = new PeerTable(10, () => {});
    for (const id of ['heard', 'silent']) table.tell(id, new Names().target('10.0.0.1'));
    table.heard('heard', AT, 0);
    for (const id of ['heard', 'silent']) table.tell(id, null);
    expect(table.get('heard')!.endpoint()).toEqual(AT);
    expect(table.get('silent')).toBeUndefined();
  });

  it('forgets the learned peer that was silent for longest when there is one too many', () => {
    let evicted = 0;
    const table = new PeerTable(3, () => evicted++);
    table.tell('told', new Names().target('10.0.0.1'));
    for (const id of ['a', 'b', 'c', 'a', 'told']) table.heard(id, AT, 0);
    expect(evicted).toBe(0);
    table.heard('d', AT, 0);
    expect(evicted).toBe(1);
    expect(Array.from(table, ({ id }) => id)).toEqual(['told', 'c', 'a', 'd']);
  });

  it('counts a peer as connected while it was heard from lately', () => {
    const table = new PeerTable(3, () => {});
    const peer = table.heard('x', AT, 100);
    expect([peer.status(100).connected, peer.status(101).connected]).toEqual([true, false]);
  });
});

describe('an address', () => {
  it('of numbers is used at once, without a lookup', () => {
    const names = new Names();
    expect(names.target('10.0.0.1').endpoint()).toEqual({ address: '10.0.0.1', port: 5 });
    expect(names.target('fe80::1%lo', true).endpoint()).toEqual({ address: 'fe80::1%lo', port: 5 });
    expect(names.asked).toEqual([]);
  });

  it('of IPv4 is mapped for an IPv6 socket', () => {
    expect(new Names().target('10.0.0.1', true).endpoint()!.address).toBe('::ffff:10.0.0.1');
  });

  it('of IPv6 is not known to an IPv4 socket, which says so', () => {
    const names = new Names();
    expect(names.target('::1').endpoint()).toBeNull();
    expect(names.errors).toMatchObject([{ code: 'address-unresolved' }]);
    expect(names.errors[0]!.message).toContain('listen on an IPv6 address');
  });

  it('by name is looked up at once, and not known until the answer comes', async () => {
    const names = new Names();
    const target = names.target('a.test');
    expect(target.endpoint()).toBeNull();
    await names.answer('::2', '10.0.0.2');
    expect(target.endpoint()).toEqual({ address: '10.0.0.2', port: 5 });
    expect(names.asked).toHaveLength(1);
  });

  it('by name prefers IPv6 on an IPv6 socket', async () => {
    const names = new Names();
    const target = names.target('a.test', true);
    await names.answer('10.0.0.2', '::2');
    expect(target.endpoint()!.address).toBe('::2');
  });

  it('by name is looked up again when it is used after a while, and the former answer serves meanwhile', async () => {
    const names = new Names();
    const target = names.target('a.test');
    await names.answer('10.0.0.2');
    names.now = 29_999;
    target.endpoint();
    expect(names.asked).toHaveLength(1);
    names.now = 30_000;
    expect(target.endpoint()!.address).toBe('10.0.0.2');
    target.endpoint(); // one lookup at a time
    expect(names.asked).toHaveLength(2);
    await names.answer('10.0.0.3');
    expect(target.endpoint()!.address).toBe('10.0.0.3');
  });

  it('by name keeps its former answer when a lookup fails, tells, and tries again soon', async () => {
    const names = new Names();
    const target = names.target('a.test');
    await names.answer('10.0.0.2');
    names.now = 30_000;
    target.endpoint();
    await names.fail();
    expect(names.errors).toMatchObject([{ code: 'address-unresolved' }]);
    names.now += RETRY_MS - 1;
    expect(target.endpoint()!.address).toBe('10.0.0.2');
    expect(names.asked).toHaveLength(2);
    names.now += 1;
    target.endpoint();
    expect(names.asked).toHaveLength(3);
  });
});
