import { createHash } from 'node:crypto';
import { crc32 as zlib } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NginxRing, type Nodes } from 'quorate/hashing';
import { consistentHashSuite } from './consistent-hash-suite.js';
import { crc32 } from '../../src/hashing/crc32.js';

consistentHashSuite('NginxRing', {
  make: (nodes) => new NginxRing(nodes),
  historyFree: true,
  minimal: true,
  weights: true,
  peakOfTen: 1.3,
});

const [a, b, c, d] = ['127.0.0.1:19001', '127.0.0.1:19002', '127.0.0.1:19003', '127.0.0.2:19001'] as const;
const [noPort, socket, host] = ['127.0.0.3', 'unix:/tmp/a.sock', 'localhost:19004'] as const;

/**
 * What nginx 1.22.1 of Debian 12 answered: upstreams `hash $arg_k consistent` of these servers, each a server on loopback
 * that returns its name, asked for key-0 to key-1999. The first ten, and MD5 of all, one a line.
 */
const facts: { name: string; nodes: Nodes; down?: string; first: string[]; all: string }[] = [
  {
    name: 'addresses, a name, no port, a socket',
    nodes: [a, b, c, d, noPort, socket, host],
    first: [host, socket, c, noPort, b, d, host, host, d, a],
    all: 'e5c35d3c3dad44ce440060edd9524559',
  },
  {
    name: 'weights',
    nodes: [[a, 3], b, [d, 2], [socket, 5]],
    first: [socket, d, socket, socket, d, a, socket, a, socket, a],
    all: '7b20418f7169e7de078d2ec2b2b1f2e3',
  },
  {
    name: 'one that is down',
    nodes: [a, b, c, d],
    down: b,
    first: [c, c, c, d, a, d, a, a, d, a],
    all: 'ad2ef106e9bd3289419bd054b40ea485',
  },
];

describe('NginxRing', () => {
  it.each(facts)('agrees with nginx on $name', ({ nodes, down, first, all }) => {
    const ring = new NginxRing(nodes);
    const placed = Array.from({ length: 2000 }, (_, i) => ring.getN(`key-${i}`, 2).find((node) => node !== down)!);
    expect(placed.slice(0, 10)).toEqual(first);
    expect(createHash('md5').update(placed.join('\n')).digest('hex')).toBe(all);
    if (down === undefined) return;
    ring.add(down, 0);
    expect(placed).toEqual(Array.from({ length: 2000 }, (_, i) => ring.get(`key-${i}`)));
  });

  it('agrees with the layout written down plainly', () => {
    const servers = ['10.0.0.1:80', '10.0.0.2', 'UNIX:/run/x:1', '[::1]:8080', 'backend.example:', '77', 'ä:5'];
    const points = plainPoints(servers);
    const ring = new NginxRing(servers);
    for (let i = 0; i < 3000; i++) {
      const hash = zlib(Buffer.from(`user/${i}`));
      expect(ring.get(`user/${i}`)).toBe((points.find((point) => point.hash >= hash) ?? points[0]!).server);
    }
  });

  it('keeps one of equal points, that of the name which comes first', () => {
    const ring = new NginxRing(['h', 'h:']); // no port and an empty one: the same text
    expect(ring.points).toBe(160);
    expect([ring.get('key'), ring.getN('key', 2)]).toEqual(['h', ['h']]);
    ring.remove('h');
    expect(ring.get('key')).toBe('h:');
  });

  it('places the empty key at the first point, where nginx goes round', () => {
    expect(new NginxRing([a, b]).get('')).toBe(plainPoints([a, b])[0]!.server);
  });

  it('refuses weights that nginx does not have', () => {
    expect(() => new NginxRing([['a', 0.5]])).toThrow('weight of a is 0.5; it must be a whole number');
    expect(() => new NginxRing().add('a', 1e9)).toThrow('weight of a is 1000000000');
  });
});

describe('crc32', () => {
  it('has the check value of the catalogue', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });

  it('agrees with zlib', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void expect(crc32(bytes)).toBe(zlib(bytes))));
  });
});

/** The points as the sources of nginx describe them, with the CRC-32 of zlib. */
function plainPoints(servers: readonly string[]): { readonly hash: number; readonly server: string }[] {
  const points = [...servers].sort().flatMap((server) => {
    const unix = server.toLowerCase().startsWith('unix:');
    const colon = server.lastIndexOf(':');
    const hasPort = !unix && colon >= 0 && [...server.slice(colon + 1)].every((c) => c >= '0' && c <= '9');
    const host = unix ? server.slice(5) : hasPort ? server.slice(0, colon) : server;
    const base = Buffer.concat([Buffer.from(host), Buffer.of(0), Buffer.from(hasPort ? server.slice(colon + 1) : '')]);
    const previous = Buffer.alloc(4);
    return Array.from({ length: 160 }, () => {
      const hash = zlib(Buffer.concat([base, previous]));
      previous.writeUInt32LE(hash);
      return { hash, server };
    });
  });
  return points.sort((x, y) => x.hash - y.hash);
}
