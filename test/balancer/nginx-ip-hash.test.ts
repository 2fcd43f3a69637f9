import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NginxIpHash, type Nodes } from 'quorate/balancer';
import { balancerSuite } from './balancer-suite.js';

const ipHash = (nodes: Nodes): NginxIpHash<string | undefined> => new NginxIpHash(nodes, { address: (ip) => ip });

balancerSuite('NginxIpHash', {
  make: (nodes) => ipHash(nodes),
  context: (i) => `${(i * 7) % 223}.${(i * 31) % 256}.${(i * 17) % 256}.1`,
  weighted: true,
  // 400 addresses have 400 of 6271 hashes, and share them with the other tries.
  lag: (picks, share) => 6 * Math.sqrt(picks * share * (1 - share)) + 3,
});

/** The hashes of the first four tries, computed by hand: ((89 * 113 + first byte) % 6271 * 113 + second) % 6271 ... */
const VECTORS: readonly (readonly [address: string, hashes: readonly number[]])[] = [
  ['10.0.0.7', [2565, 1753, 5403, 5523]],
  ['127.0.0.1', [4040, 5510, 4957, 4956]],
  ['192.168.1.20', [154, 5654, 1196, 723]],
  ['203.0.113.195', [2592, 4547, 3065, 3085]],
  ['255.255.255.255', [5727, 4263, 1947, 5685]],
  ['::1', [5945, 1692, 1535, 1830]],
  ['2001:db8::1', [2600, 2675, 497, 2792]],
  ['2001:db8:85a3::8a2e:370:7334', [3891, 3098, 5307, 4871]],
  ['fe80::1', [5163, 542, 2794, 3116]],
  ['unix:', [295, 4219, 2922, 1230]],
];
const HASHES = Array.from({ length: 6271 }, (_, hash) => `node-${hash}`);

describe('NginxIpHash', () => {
  // As many nodes as there are hashes, so that each hash is a node's.
  it.each(VECTORS)('hashes %s, and on from there when a node is down', (address, hashes) => {
    const balancer = ipHash(HASHES);
    for (const hash of hashes) {
      expect(balancer.pick(address).node).toBe(`node-${hash}`);
      balancer.setAvailable(`node-${hash}`, false);
    }
  });

  it('gives nodes shares by weight, in the order in which they were added', () => {
    const balancer = ipHash([
      ['a', 2],
      ['b', 3],
      ['c', 4],
    ]);
    // 2565, 4040, 2592, 5945 and 154 modulo 9 are 0, 8, 0, 5 and 1; 5727 is 3.
    const picks = ['10.0.0.7', '127.0.0.1', '203.0.113.195', '::1', '192.168.1.20', '255.255.255.255'];
    expect(picks.map((address) => balancer.pick(address).node).join('')).toBe('acacab');
  });

  it('takes the network of an IPv4 address, and all of an IPv6 one', () => {
    const balancer = ipHash(HASHES);
    const { node } = balancer.pick('10.0.0.7');
    for (const same of ['10.0.0.255', '::ffff:10.0.0.1', '0:0:0:0:0:FFFF:0a00:0001'])
      expect(balancer.pick(same).node).toBe(node);
    expect(balancer.pick('10.0.1.7').node).not.toBe(node);
    expect(balancer.pick('2001:db8::1').node).not.toBe(balancer.pick('2001:db8::2').node);
  });

  it.each([undefined, '', 'unix:', 'localhost', '10.0.0', '10.0.0.256', '1:2', 'fe80::1%eth0'])(
    'hashes %j, which is no address, as 0.0.0.0',
    (address) => {
      expect(ipHash(HASHES).pick(address).node).toBe('node-295');
    },
  );

  it('moves no clients of other nodes when one is down, and gives it its own back', () => {
    const nodes: Nodes = [['a', 2], 'b', 'c', ['d', 3]];
    const balancer = ipHash(nodes);
    const addresses = Array.from({ length: 256 }, (_, i) => `198.51.${i}.1`);
    const before = addresses.map((address) => balancer.pick(address).node);
    balancer.setAvailable('b', false);
    addresses.forEach((address, i) => {
      const { node } = balancer.pick(address);
      if (before[i] === 'b') expect(node).not.toBe('b');
      else expect(node).toBe(before[i]);
    });
    balancer.setAvailable('b', true);
    expect(addresses.map((address) => balancer.pick(address).node)).toEqual(before);
  });

  it('does as a naive twin does', () => {
    const weights = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 6 });
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((ip) => !ip.includes('.')),
      fc.constant('none'),
    );
    const down = fc.array(fc.nat({ max: 5 }), { maxLength: 5 });
    fc.assert(
      fc.property(weights, down, fc.array(address, { maxLength: 10 }), (list, gone, addresses) => {
        const balancer = ipHash(list.map((weight, i) => [`${i}`, weight]));
        for (const i of gone) balancer.setAvailable(`${i}`, false);
        const twin = naive(list, new Set(gone));
        for (const ip of addresses) {
          const expected = twin(ip);
          if (expected === null) expect(() => balancer.pick(ip)).toThrow('available with a weight');
          else expect(balancer.pick(ip).node).toBe(`${expected}`);
        }
      }),
    );
  });

  it('hashes 21 times in all, and then goes by the smooth weighted round robin of nginx', () => {
    const [first, last, tooLate] = [0, 20, 21].map((i) => `node-${tries('10.0.0.7', 22)[i]}`) as [
      string,
      string,
      string,
    ];
    const balancer = ipHash(HASHES);
    for (const node of HASHES) balancer.setAvailable(node, false);
    balancer.setAvailable('node-0', true);
    balancer.setAvailable(tooLate, true);
    expect(balancer.pick('10.0.0.7').node).toBe('node-0');
    balancer.setAvailable(last, true);
    expect(balancer.pick('10.0.0.7').node).toBe(last);
    balancer.setAvailable(first, true);
    expect(balancer.pick('10.0.0.7').node).toBe(first);

    // No hash is so large that it meets the three behind them.
    const behind = ipHash([...HASHES, ['a', 5], ['b', 1], ['c', 1]]);
    for (const node of HASHES) behind.setAvailable(node, false);
    expect(Array.from({ length: 7 }, () => behind.pick('10.0.0.7').node).join('')).toBe('aabacaa');
  });

  it.each([0.5, 1.25, -0.5])('refuses a weight of %d, and is as it was', (weight) => {
    const balancer = ipHash(['a']);
    expect(() => balancer.add('a', weight)).toThrow(`weight of a is ${weight}; it must be a whole number from 0`);
    expect(() => balancer.add('b', weight)).toThrow(`weight of b is ${weight}; it must be a whole number from 0`);
    expect(balancer.nodes).toEqual(['a']);
    expect(balancer.pick('10.0.0.7').node).toBe('a');
  });
});

/** The bytes that are hashed, by other means. */
function bytesOf(address: string): number[] {
  if (address.includes('.')) return address.split('.').slice(0, 3).map(Number);
  if (!address.includes(':')) return [0, 0, 0];
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const rest = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? [] : Array<string>(8 - groups(head).length - rest.length).fill('0');
  const hex = [...groups(head), ...zeros, ...rest].map((group) => group.padStart(4, '0')).join('');
  return hex.match(/../g)!.map((byte) => parseInt(byte, 16));
}

/** The hash of each try. */
function tries(address: string, count: number): number[] {
  const bytes = bytesOf(address);
  const all = Array.from({ length: count }, () => bytes).flat();
  const hashes = all.map((_, i) => all.slice(0, i + 1).reduce((hash, byte) => (hash * 113 + byte) % 6271, 89));
  return hashes.filter((_, i) => (i + 1) % bytes.length === 0);
}

/** With one place in a list for each unit of weight. */
function naive(weights: readonly number[], down: ReadonlySet<number>): (address: string) => number | null {
  const places = weights.flatMap((weight, i) => Array<number>(weight).fill(i));
  const current = weights.map(() => 0);
  return (address) => {
    const usable = weights.flatMap((weight, i) => (weight > 0 && !down.has(i) ? [i] : []));
    if (usable.length === 0) return null;
    const found = tries(address, 21).find((hash) => !down.has(places[hash % places.length]!));
    if (found !== undefined) return places[found % places.length]!;
    for (const i of usable) current[i]! += weights[i]!;
    const best = usable.reduce((a, b) => (current[b]! > current[a]! ? b : a));
    current[best]! -= usable.reduce((sum, i) => sum + weights[i]!, 0);
    return best;
  };
}
