import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rdpCookie } from 'quorate/balancer';
import { MalformedError } from 'quorate/core';

/** A connection request with this behind its fixed part. */
function request(text: string): Buffer {
  const data = Buffer.from(text, 'latin1');
  const length = 11 + data.length;
  return Buffer.concat([Buffer.from([3, 0, length >> 8, length & 255, length - 5, 0xe0, 0, 0, 0, 0, 0]), data]);
}

const refused = (input: Uint8Array): void => expect(() => rdpCookie(input)).toThrow(MalformedError);

describe('rdpCookie', () => {
  it('reads the example of MS-RDPBCGR 4.1.1', () => {
    const dump = '0300002c27e00000000000436f6f6b69653a206d737473686173683d656c746f6e730d0a0100080000000000';
    const packet = Buffer.from(dump, 'hex');
    expect(rdpCookie(packet)).toEqual({ cookie: 'eltons' });
    for (let size = 0; size < packet.length; size++) expect(rdpCookie(packet.subarray(0, size))).toBe('incomplete');
    expect(rdpCookie(Buffer.concat([packet, packet]))).toEqual({ cookie: 'eltons' });
  });

  it('finds the cookie of a name, whatever its case', () => {
    expect(rdpCookie(request('Cookie: msts=3640205228.15629.0000\r\n'), 'msts')).toEqual({
      cookie: '3640205228.15629.0000',
    });
    expect(rdpCookie(request('COOKIE:MSTSHASH=Ü=;x\r\n'))).toEqual({ cookie: 'Ü=;x' });
    expect(rdpCookie(request('Cookie: mstshash=\r\n'))).toEqual({ cookie: '' });
  });

  it.each([
    '',
    '\x01\x00\x08\x00\x00\x00\x00\x00',
    'Cookie: msts=3640205228.15629.0000\r\n',
    'Cookie: mstshash2=a\r\n',
    'Cookie: mstshash\r\n',
    'Cookie: =a\r\n',
    'Cookies: mstshash=a\r\n',
    'tsv://MS Terminal Services Plugin.1.Sessions\r\n',
    '\r\nCookie: mstshash=a\r\n',
  ])('finds none in %j', (text) => {
    expect(rdpCookie(request(text))).toEqual({ cookie: null });
  });

  it('refuses what is no connection request, as soon as it sees it', () => {
    const packet = request('Cookie: mstshash=eltons\r\n');
    const changed = (at: number, byte: number): Uint8Array =>
      packet.subarray(0, at + 1).map((old, i) => (i === at ? byte : old));
    refused(changed(0, 0x16)); // TLS
    refused(changed(3, 10));
    refused(Uint8Array.of(3, 0, 1, 4));
    expect(rdpCookie(Uint8Array.of(3, 0, 1, 3))).toBe('incomplete');
    refused(changed(4, packet.length - 4));
    refused(changed(5, 0xd0));
    refused(Buffer.from('GET / HTTP/1.1\r\n'));
  });

  it.each(['Cookie: mstshash=eltons', 'Cookie: mstshash=eltons\r', 'Cookie: mstshash=eltons\n', 'cookie:'])(
    'refuses %j, which does not end',
    (text) => refused(request(text)),
  );

  it('reads packets of up to 259 bytes', () => {
    const name = 'x'.repeat(259 - 11 - 'Cookie: mstshash=\r\n'.length);
    expect(rdpCookie(request(`Cookie: mstshash=${name}\r\n`))).toEqual({ cookie: name });
    refused(request(`Cookie: mstshash=${name}x\r\n`));
  });

  it('gives what was written', () => {
    const value = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 60 }); // prettier-ignore
    fc.assert(
      fc.property(value, value, (name, rest) => {
        const cookie = name.replaceAll('\r\n', '');
        fc.pre(!`${cookie}\r\n`.slice(0, -1).includes('\r\n'));
        expect(rdpCookie(request(`Cookie: mstshash=${cookie}\r\n${rest}`))).toEqual({ cookie });
      }),
    );
  });
});
