import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIp } from 'quorate/id';

describe('canonicalIp', () => {
  it.each([
    // RFC 5952, sections 1, 2 and 4
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:DB8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['2001:db8:aaaa:bbbb:cccc:dddd::1', '2001:db8:aaaa:bbbb:cccc:dddd:0:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::FFFF:10.0.0.7', '10.0.0.7'],
    ['::ffff:a00:7', '10.0.0.7'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['255.255.255.255', '255.255.255.255'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  it.each([
    ...['', ' ', '10.0.0', '10.0.0.7.', '10.0.0.07', '10.0.0.256', '10.0.0.7 ', ' 10.0.0.7', '0x7f.0.0.1', 'localhost'],
    ...[':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', '12345::', 'g::', '[::1]'],
    ...['fe80::1%eth0', '::1.2.3', '::1.2.3.04', '1.2.3.4::', '::1.2.3.4:5', '1:2:3:4:5:6:7:1.2.3.4', '1:', ':1'],
  ])('%j is no address', (text) => {
    expect(canonicalIp(text)).toBeNull();
  });

  it("agrees with the platform's parsers, and is canonical", () => {
    const addressLike = fc.stringMatching(/^[0-9a-fA-F:.]{1,24}$/);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), addressLike), (text) => {
        const canonical = canonicalIp(text);
        expect(canonical !== null).toBe(isIP(text) !== 0);
        if (canonical === null) return;
        expect(canonicalIp(canonical)).toBe(canonical);
        const host = new URL(isIP(text) === 4 ? `http://${text}` : `http://[${text}]`).hostname;
        if (!host.startsWith('[::ffff:')) expect(canonical).toBe(host.replace(/[[\]]/g, ''));
      }),
      { numRuns: 2000 },
    );
  });
});
