import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress, trustedProxies } from 'quorate/balancer';
import { canonicalIp } from 'quorate/id';

const trusted = trustedProxies(['10.0.0.0/8', 'fd00::/8', '127.0.0.1']);
const PROXY = '10.0.0.1';
const forwardedFor = (value: string | string[], remoteAddress = PROXY): string | undefined =>
  clientAddress({ remoteAddress, headers: { 'x-forwarded-for': value } }, { trusted });
const forwarded = (value: string | string[], remoteAddress = PROXY): string | undefined =>
  clientAddress({ remoteAddress, headers: { forwarded: value } }, { trusted, header: 'forwarded' });

describe('clientAddress', () => {
  it('is that of the connection when that is not trusted, whatever is said', () => {
    for (const remoteAddress of ['203.0.113.9', '2001:DB8::0:9', '::ffff:203.0.113.9']) {
      const own = canonicalIp(remoteAddress);
      expect(forwardedFor('198.51.100.1', remoteAddress)).toBe(own);
      expect(forwarded('for=198.51.100.1', remoteAddress)).toBe(own);
      const proxyHeader = { source: { address: '198.51.100.1', port: 1 }, destination: null, length: 1 };
      expect(clientAddress({ remoteAddress, proxyHeader }, { trusted })).toBe(own);
    }
  });

  it('is that of the connection when nothing is said', () => {
    expect(clientAddress({ remoteAddress: PROXY }, { trusted })).toBe(PROXY);
    expect(clientAddress({ remoteAddress: PROXY, headers: {} }, { trusted })).toBe(PROXY);
    expect(clientAddress({ remoteAddress: PROXY, headers: new Headers() }, { trusted })).toBe(PROXY);
    expect(forwardedFor('')).toBe(PROXY);
    expect(forwardedFor([])).toBe(PROXY);
    expect(forwarded('')).toBe(PROXY);
  });

  it.each([undefined, '', 'localhost', '/run/a.sock'])(
    'is unknown when the connection has the address %j',
    (remoteAddress) => {
      const headers = { 'x-forwarded-for': '198.51.100.1' };
      expect(clientAddress({ remoteAddress, headers }, { trusted: () => true })).toBeUndefined();
    },
  );

  it('leaves the interface of a link-local connection away', () => {
    expect(clientAddress({ remoteAddress: 'fe80::1%eth0' }, { trusted })).toBe('fe80::1');
  });

  it('believes one header field only', () => {
    const headers = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.2' };
    expect(clientAddress({ remoteAddress: PROXY, headers }, { trusted })).toBe('198.51.100.1');
    expect(clientAddress({ remoteAddress: PROXY, headers }, { trusted, header: 'forwarded' })).toBe('198.51.100.2');
  });

  it('begins with what the PROXY protocol says, and goes on with the header if that is trusted', () => {
    const headers = { 'x-forwarded-for': '198.51.100.1' };
    const from = (source: { address: string; port: number } | { path: string } | null): string | undefined =>
      clientAddress(
        { remoteAddress: PROXY, headers, proxyHeader: { source, destination: null, length: 1 } },
        { trusted },
      );
    expect(from({ address: '203.0.113.9', port: 1 })).toBe('203.0.113.9');
    expect(from({ address: 'fd00::1', port: 1 })).toBe('198.51.100.1');
    expect(from({ path: '/run/a.sock' })).toBe('198.51.100.1');
    expect(from(null)).toBe('198.51.100.1');
  });
});

describe('X-Forwarded-For', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['6.6.6.6, 203.0.113.9', '203.0.113.9'], // what the client claims
    ['203.0.113.9,10.1.1.1 ,\t10.2.2.2', '203.0.113.9'],
    ['10.9.9.9, 10.1.1.1', '10.9.9.9'], // a client within
    ['203.0.113.9:4711, 10.1.1.1:80', '203.0.113.9'],
    ['2001:DB8:0:0::9', '2001:db8::9'],
    ['[2001:db8::9]', '2001:db8::9'],
    ['[2001:db8::9]:4711', '2001:db8::9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['[::ffff:203.0.113.9]:1', '203.0.113.9'],
    ['203.0.113.9, [fd00::1]:80', '203.0.113.9'],
  ])('%s is %s', (value, address) => {
    expect(forwardedFor(value)).toBe(address);
    expect(forwardedFor(value, 'fd00::7')).toBe(address);
    expect(forwardedFor(value.split(','))).toBe(address);
    const headers = new Headers({ 'X-Forwarded-For': value });
    expect(clientAddress({ remoteAddress: '::ffff:10.0.0.1', headers }, { trusted })).toBe(address);
  });

  it.each(['unknown', '_hidden', '', '203.0.113', '203.0.113.09', '[203.0.113.9]', '2001:db8::9]', '203.0.113.9:', '203.0.113.9:123456', 'fe80::1%eth0', '"203.0.113.9"', 'for=203.0.113.9', '\0']) // prettier-ignore
  ('ends at %j, at the last hop that is known', (element) => {
    expect(forwardedFor(`203.0.113.9, ${element}`)).toBe(PROXY);
    expect(forwardedFor(`203.0.113.9, ${element}, 10.7.7.7`)).toBe('10.7.7.7');
    expect(forwardedFor(`203.0.113.9,${element},10.7.7.7,10.8.8.8`)).toBe('10.7.7.7');
  });
});

describe('Forwarded', () => {
  it.each([
    ['for=203.0.113.9', '203.0.113.9'],
    ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'], // of RFC 7239, as the next
    ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60'],
    ['for=192.0.2.43, for="[2001:db8:cafe::17]"', '2001:db8:cafe::17'],
    ['for=192.0.2.43, for=10.51.100.17;by=203.0.113.60;proto=http;host=example.com', '192.0.2.43'],
    ['for="203.0.113.9:_port"', '203.0.113.9'],
    ['for="203.0.113.9:80";host="a\\", for=6.6.6.6"', '203.0.113.9'],
    ['for=203.0.113.9, for="[fd00::1]";ext="a,b;c\\\\"', '203.0.113.9'],
    ['by=10.0.0.9; for=203.0.113.9 ; ;', '203.0.113.9'],
    ['for="\\2\\0\\3.0.113.9"', '203.0.113.9'],
    ['for="[::ffff:203.0.113.9]"', '203.0.113.9'],
    // What the client sent does not close its quote, or its escape; the proxy has appended the rest.
    ['for=", for=203.0.113.9', '203.0.113.9'],
    ['for="x\\, for="[2001:db8::9]"', '2001:db8::9'],
    ['for="6.6.6.6, for=203.0.113.9;host="example.com"', '203.0.113.9'],
    ['"""""", for=203.0.113.9, for="[fd00::1]"', '203.0.113.9'],
  ])('%s is %s', (value, address) => {
    expect(forwarded(value)).toBe(address);
    expect(forwarded([`for=6.6.6.6`, value])).toBe(address);
    expect(forwarded([value, 'for=10.3.3.3'])).toBe(address);
  });

  it.each(['for=unknown', 'for=_hidden', 'for="_SEVKISEK"', 'for="unknown:1234"', 'by=10.0.0.1', 'proto=http', '', 'for=', 'for=""', 'for', '=', 'for=203.0.113.9;for=203.0.113.9', 'for=2001:db8::9', 'for="2001:db8::9"', 'for="[203.0.113.9]"', 'for = 203.0.113.9', 'for="203.0.113.9', '203.0.113.9"', 'for=203.0.113.9"', 'for="203.0.113.9\\"', 'for=203.0.113.9 proto=http', "for='203.0.113.9'", '203.0.113.9', `for=203.0.113.9;x=${'y'.repeat(5000)}`]) // prettier-ignore
  ('ends at %s, at the last hop that is known', (element) => {
    expect(forwarded(`for=6.6.6.6, ${element}`)).toBe(PROXY);
    expect(forwarded(`for=6.6.6.6, ${element}, for=10.7.7.7`)).toBe('10.7.7.7');
  });
});

describe.each([
  { header: 'x-forwarded-for' as const, element: (address: string) => address },
  {
    header: 'forwarded' as const,
    element: (address: string) => (address.includes(':') ? `proto=https;for="[${address}]:1"` : `for=${address}`),
  },
])('clientAddress by $header', ({ header, element }) => {
  const of = (value: string, remoteAddress = PROXY): string | undefined =>
    clientAddress({ remoteAddress, headers: { [header]: value } }, { trusted, header });
  const outside = fc.oneof(fc.ipV4(), fc.ipV6()).map((address) => canonicalIp(address)!).filter((a) => !trusted(a)); // prettier-ignore
  const inside = fc.constantFrom('10.0.0.2', '10.9.9.9', 'fd00::1', 'fd12:3::4', '127.0.0.1');
  /** What a client can put in: anything that a header field may hold. */
  const claim = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'",;\\=[]:. \tfor_1a'), maxLength: 60 }),
    fc.string(),
    fc.oneof(outside, inside).map(element),
  );

  it('finds the last address that is not trusted, whatever the client has put before it', () => {
    fc.assert(
      fc.property(claim, outside, fc.array(inside, { maxLength: 4 }), (text, client, proxies) => {
        const appended = [client, ...proxies].map(element).join(', ');
        expect(of(`${text},${appended}`)).toBe(client);
        expect(of(appended)).toBe(client);
      }),
      { numRuns: 1000 },
    );
  });

  it('never gives another address to one who comes without a proxy', () => {
    fc.assert(
      fc.property(claim, outside, (text, client) => {
        expect(of(text, client)).toBe(client);
      }),
    );
  });

  it('walks as a naive twin does over a list that is well-formed', () => {
    const hop = fc.oneof({ weight: 4, arbitrary: inside }, { weight: 2, arbitrary: outside }, fc.constant('unknown'));
    fc.assert(
      fc.property(fc.array(hop, { maxLength: 12 }), (hops) => {
        let expected = PROXY;
        for (const address of [...hops].reverse()) {
          if (address === 'unknown' || !trusted(expected)) break;
          expected = address;
        }
        expect(of(hops.map(element).join(', '))).toBe(expected);
      }),
    );
  });

  it('goes over 64 hops and no more', () => {
    const hops = (count: number): string => Array.from({ length: count }, () => element('10.0.0.2')).join(',');
    expect(of(`${element('203.0.113.9')},${hops(63)}`)).toBe('203.0.113.9');
    expect(of(`${element('203.0.113.9')},${hops(64)}`)).toBe('10.0.0.2');
  });

  it.each([
    '"',
    '\\',
    '\\"',
    '",',
    ' ',
    '\t',
    ',',
    ';',
    'for=',
    'for="',
    'for="\\',
    'a',
    '1',
    ':',
    '1.',
    '::',
    '[',
    '=',
    ';a=',
  ])('bears a megabyte of %j', (piece) => {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
    expect(of(text)).toBe(PROXY);
    expect(of(`"${text}"`)).toBe(PROXY);
    expect(of(`${text}, ${element('203.0.113.9')}`)).toBe('203.0.113.9');
  });
});
