import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProxyHeader, type ProxyEndpoint } from 'quorate/balancer';
import { MalformedError } from 'quorate/core';
import { canonicalIp } from 'quorate/id';

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const v2 = (command: number, family: number, rest: readonly number[], length = rest.length): Uint8Array =>
  Uint8Array.from([...SIGNATURE, command, family, length >> 8, length & 255, ...rest]);
const refused = (input: Uint8Array): void => expect(() => parseProxyHeader(input)).toThrow(MalformedError);

/** That every beginning needs more, and that what follows does not matter. */
function expectParsed(input: Uint8Array, source: ProxyEndpoint | null, destination: ProxyEndpoint | null): void {
  const { length } = input;
  for (let size = 0; size < length; size++)
    expect(parseProxyHeader(input.subarray(0, size)), `${size}`).toBe('incomplete');
  for (const more of ['', 'GET / HTTP/1.1\r\n', '\r\n', '\0'])
    expect(parseProxyHeader(Buffer.concat([input, bytes(more)]))).toEqual({ source, destination, length });
}

describe('the PROXY protocol, version 1', () => {
  it('of its specification', () => {
    expectParsed(
      bytes('PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n'),
      { address: '192.168.0.1', port: 56324 },
      { address: '192.168.0.11', port: 443 },
    );
    const most = { address: '255.255.255.255', port: 65535 };
    expectParsed(bytes('PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n'), most, most);
    const ones = Array(8).fill('ffff').join(':');
    const most6 = { address: ones, port: 65535 };
    expectParsed(bytes(`PROXY TCP6 ${ones} ${ones} 65535 65535\r\n`), most6, most6);
    expectParsed(bytes('PROXY UNKNOWN\r\n'), null, null);
    const longest = bytes(`PROXY UNKNOWN ${ones} ${ones} 65535 65535\r\n`);
    expect(longest.length).toBe(107);
    expectParsed(longest, null, null);
  });

  it('has addresses in canonical form', () => {
    expectParsed(
      bytes('PROXY TCP6 2001:DB8:0:0:0:0:0:1 ::ffff:10.0.0.7 0 1\r\n'),
      { address: '2001:db8::1', port: 0 },
      { address: '10.0.0.7', port: 1 },
    );
  });

  it('ignores what is behind UNKNOWN', () => {
    expectParsed(bytes('PROXY UNKNOWN \r \n \0 anything\r\n'), null, null);
  });

  it.each([
    'PROXY TCP4 192.168.0.1 192.168.0.11 56324\r\n',
    'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 \r\n',
    'PROXY TCP4  192.168.0.1 192.168.0.11 56324 443\r\n',
    'PROXY TCP4 192.168.0.1 192.168.0.11 56324 65536\r\n',
    'PROXY TCP4 192.168.0.1 192.168.0.11 056324 443\r\n',
    'PROXY TCP4 192.168.0.1 192.168.0.11 00 443\r\n',
    'PROXY TCP4 192.168.0.1 192.168.0.11 -1 443\r\n',
    'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\n\r\n',
    'PROXY TCP4 192.168.00.1 192.168.0.11 56324 443\r\n',
    'PROXY TCP4 192.168.0 192.168.0.11 56324 443\r\n',
    'PROXY TCP4 ::1 ::1 56324 443\r\n',
    'PROXY TCP6 192.168.0.1 192.168.0.11 56324 443\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 56324 443\r\n',
    'PROXY TCP5 192.168.0.1 192.168.0.11 56324 443\r\n',
    'PROXY tcp4 192.168.0.1 192.168.0.11 56324 443\r\n',
    'PROXY UDP4 192.168.0.1 192.168.0.11 56324 443\r\n',
    'PROXY UNKNOWNS\r\n',
    'PROXY \r\n',
    'PROXY\r\n',
    'proxy UNKNOWN\r\n',
    ' PROXY UNKNOWN\r\n',
    'GET / HTTP/1.1\r\n',
  ])('refuses %j', (line) => {
    refused(bytes(line));
  });

  it('refuses a line that is not over after 107 bytes', () => {
    const line = 'PROXY UNKNOWN '.padEnd(105, 'x');
    expect(parseProxyHeader(bytes(line))).toBe('incomplete');
    expect(parseProxyHeader(bytes(`${line}\r\n`))).toMatchObject({ length: 107 });
    expect(parseProxyHeader(bytes(`${line}x`))).toBe('incomplete');
    refused(bytes(`${line}xx`));
    refused(bytes(`${line}x\r\n`));
    refused(bytes(line.padEnd(1_000_000, 'x')));
  });
});

describe('the PROXY protocol, version 2', () => {
  const ends4 = [192, 168, 0, 1, 10, 0, 0, 7, 0xdc, 0x04, 0x01, 0xbb];
  const source4 = { address: '192.168.0.1', port: 56324 };
  const destination4 = { address: '10.0.0.7', port: 443 };

  it.each([0x11, 0x12])('has IPv4 addresses of streams and datagrams (%i)', (family) => {
    expectParsed(v2(0x21, family, ends4), source4, destination4);
    expect(parseProxyHeader(v2(0x21, family, ends4))).toMatchObject({ length: 28 });
  });

  it.each([0x21, 0x22])('has IPv6 addresses (%i)', (family) => {
    const one = [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1];
    const mapped = [...Array<number>(10).fill(0), 255, 255, 10, 0, 0, 7];
    expectParsed(
      v2(0x21, family, [...one, ...mapped, 0, 80, 255, 255]),
      { address: '2001:db8::1', port: 80 },
      { address: '10.0.0.7', port: 65535 },
    );
  });

  it.each([0x31, 0x32])('has paths of UNIX sockets (%i)', (family) => {
    const path = (text: string): number[] => [...Buffer.concat([Buffer.from(text), Buffer.alloc(108)], 108)];
    const paths: [string, string][] = [
      ['/run/a.sock', '/run/b.sock'],
      ['', '/ü'],
      ['\0abstract', 'x'.repeat(108)],
      ['/run/a.sock\0junk', '\0abstract\0junk'],
    ];
    const shown = (text: string): string =>
      (text.startsWith('\0') ? '\0' : '') + (text.split('\0').find((part) => part !== '') ?? '');
    for (const [from, to] of paths)
      expectParsed(v2(0x21, family, [...path(from), ...path(to)]), { path: shown(from) }, { path: shown(to) });
  });

  it('skips what follows the addresses', () => {
    const tlvs = [0x03, 0x00, 0x04, 1, 2, 3, 4, 0x04, 0x00, 0x01, 0];
    expectParsed(v2(0x21, 0x11, [...ends4, ...tlvs]), source4, destination4);
    const most = v2(0x21, 0x11, [...ends4, ...Array<number>(65_535 - 12).fill(7)]);
    expect(parseProxyHeader(most.subarray(0, -1))).toBe('incomplete');
    expect(parseProxyHeader(most)).toEqual({ source: source4, destination: destination4, length: 65_551 });
  });

  it('means the connection itself by LOCAL, whatever the family, and by UNSPEC', () => {
    for (const family of [0x00, 0x11, 0x21, 0x31, 0xff]) {
      expectParsed(v2(0x20, family, []), null, null);
      expectParsed(v2(0x20, family, [1, 2, 3]), null, null);
    }
    for (const family of [0x00, 0x01, 0x02, 0x10, 0x20, 0x30]) expectParsed(v2(0x21, family, [1, 2, 3]), null, null);
  });

  it('refuses other versions, commands, families, protocols and lengths, as soon as it sees them', () => {
    for (const command of [0x01, 0x11, 0x31, 0x22, 0x2f, 0x00]) refused(v2(command, 0x11, ends4).subarray(0, 13));
    for (const family of [0x40, 0x41, 0xf1, 0x13, 0x1f, 0x03]) refused(v2(0x21, family, ends4).subarray(0, 14));
    refused(v2(0x21, 0x11, ends4.slice(1)).subarray(0, 16));
    refused(v2(0x21, 0x21, Array<number>(35).fill(0)).subarray(0, 16));
    refused(v2(0x21, 0x31, Array<number>(215).fill(0)).subarray(0, 16));
    refused(Uint8Array.from([...SIGNATURE.slice(0, 11), 0x0b]));
    refused(Uint8Array.of(0x0d, 0x0d));
  });

  it('reads a part of a larger buffer', () => {
    const whole = Buffer.concat([bytes('before'), v2(0x21, 0x11, ends4)]);
    expect(parseProxyHeader(whole.subarray(6))).toEqual({ source: source4, destination: destination4, length: 28 });
  });
});

it('both versions say what was written', () => {
  const ip = fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(fc.ipV6(), fc.ipV6()));
  const port = fc.nat({ max: 65_535 });
  fc.assert(
    fc.property(ip, port, port, ([from, to], fromPort, toPort) => {
      const source = { address: canonicalIp(from)!, port: fromPort };
      const destination = { address: canonicalIp(to)!, port: toPort };
      const six = from.includes(':');
      const line = bytes(`PROXY ${six ? 'TCP6' : 'TCP4'} ${from} ${to} ${fromPort} ${toPort}\r\n`);
      if (line.length <= 107) expect(parseProxyHeader(line)).toEqual({ source, destination, length: line.length });
      const ports = [fromPort >> 8, fromPort & 255, toPort >> 8, toPort & 255];
      const input = v2(0x21, six ? 0x21 : 0x11, [...packed(from), ...packed(to), ...ports]);
      expect(parseProxyHeader(input)).toEqual({ source, destination, length: six ? 52 : 28 });
    }),
  );
});

/** The bytes of an address, by way of the URL of the platform, which writes IPv6 with groups only. */
function packed(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const rest = groups(tail ?? '');
  const zeros = tail === undefined ? [] : Array<string>(8 - groups(head).length - rest.length).fill('0');
  return [...groups(head), ...zeros, ...rest].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
}
