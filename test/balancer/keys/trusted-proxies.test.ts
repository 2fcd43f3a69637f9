import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trustedProxies } from 'quorate/balancer';
import { canonicalIp } from 'quorate/id';

const ip = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((address) => `::ffff:${address}`),
);

describe('trustedProxies', () => {
  it.each([
    [
      '10.0.0.0/8',
      ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3', '0:0:0:0:0:ffff:a01:203'],
      ['11.0.0.0', '::10.0.0.1'],
    ],
    ['192.168.1.7', ['192.168.1.7'], ['192.168.1.6', '192.168.1.8']],
    ['172.16.0.0/12', ['172.16.0.0', '172.31.255.255'], ['172.32.0.0', '172.15.255.255']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::', '::1']],
    ['fd00::/8', ['fd00::', 'FDFF:ffff::1'], ['fc00::1', 'fe00::']],
    ['2001:db8::/33', ['2001:db8:7fff::'], ['2001:db8:8000::']],
    ['::1', ['::1', '0:0:0:0:0:0:0:1'], ['::', '::2', '0.0.0.1']],
    ['::/0', ['::', 'ffff::'], ['10.0.0.1', '::ffff:10.0.0.1']],
    ['::ffff:10.0.0.0/104', ['10.9.9.9', '::ffff:10.0.0.1'], ['11.0.0.0', '::1']],
  ])('%s', (entry, inside, outside) => {
    const trusted = trustedProxies([entry]);
    expect(inside.filter(trusted)).toEqual(inside);
    expect(outside.filter(trusted)).toEqual([]);
  });

  it('trusts nobody without entries, and nothing that is no address', () => {
    expect(trustedProxies([])('127.0.0.1')).toBe(false);
    const all = trustedProxies(['0.0.0.0/0', '::/0']);
    for (const text of ['', 'localhost', '10.0.0', '10.0.0.1:80', '10.0.0.1 ', '[::1]', '1'.repeat(1_000_000)])
      expect(all(text)).toBe(false);
  });

  it('does as the BlockList of Node does', () => {
    const entry = fc.tuple(ip, fc.nat({ max: 128 })).map(([address, length]) => {
      const text = canonicalIp(address)!;
      const family = text.includes(':') ? ('ipv6' as const) : ('ipv4' as const);
      return { text, family, bits: Math.min(length, family === 'ipv4' ? 32 : 128) };
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), fc.array(ip, { maxLength: 20 }), (entries, addresses) => {
        // One for each family: prefixes of IPv6 would hold IPv4-mapped addresses there.
        const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
        const proxies: string[] = [];
        for (const { text, family, bits } of entries) {
          const prefix = network(text, bits);
          lists[family].addSubnet(prefix, bits, family);
          proxies.push(`${prefix}/${bits}`);
        }
        const trusted = trustedProxies(proxies);
        for (const address of [...addresses, ...entries.map(({ text }) => text)]) {
          const text = canonicalIp(address)!;
          const family = text.includes(':') ? 'ipv6' : 'ipv4';
          expect(trusted(address)).toBe(lists[family].check(text, family));
        }
      }),
    );
  });

  it.each([
    ['', 'an IP address'],
    ['proxy.example', 'an IP address'],
    ['10.0.0.0/', 'an IP address'],
    ['10.0.0.0/08', 'an IP address'],
    ['10.0.0.0/8/8', 'an IP address'],
    ['10.0.0/8', 'an IP address'],
    ['fe80::1%eth0', 'an IP address'],
    ['10.0.0.0/33', 'a prefix with a length from 0 to 32'],
    ['fd00::/129', 'a prefix with a length from 0 to 128'],
    ['::ffff:10.0.0.0/8', 'a prefix with a length from 96 to 128'],
    ['10.1.0.0/8', 'a prefix with zeros behind its length'],
    ['fd00::1/8', 'a prefix with zeros behind its length'],
  ])('names the entry %j when it refuses it', (entry, allowed) => {
    expect(() => trustedProxies(['127.0.0.1', entry])).toThrow(`trusted proxy is "${entry}"; it must be ${allowed}`);
  });
});

/** With zeros behind its first bits, by way of one large number. */
function network(address: string, bits: number): string {
  const [width, base] = address.includes(':') ? [128, 16] : [32, 10];
  const parts = base === 10 ? address.split('.') : expanded(address);
  const size = BigInt(width / parts.length);
  const number = parts.reduce((sum, part) => (sum << size) | BigInt(parseInt(part, base)), 0n);
  const kept = (number >> BigInt(width - bits)) << BigInt(width - bits);
  const texts = parts.map((_, i) =>
    ((kept >> (size * BigInt(parts.length - 1 - i))) & ((1n << size) - 1n)).toString(base),
  );
  return texts.join(base === 10 ? '.' : ':');
}

function expanded(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  if (tail === undefined) return groups(head);
  return [...groups(head), ...Array<string>(8 - groups(head).length - groups(tail).length).fill('0'), ...groups(tail)];
}
