import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacSigner } from 'quorate/balancer/node';

const secret = '0123456789abcdef';

describe('hmacSigner', () => {
  it('is HMAC-SHA256 with a key for this purpose, cut to 128 bits', () => {
    const key = createHmac('sha256', secret).update('quorate/balancer/sessions 1').digest();
    const whole = createHmac('sha256', key).update('text').digest('base64url');
    const signature = hmacSigner(secret).sign('text');
    expect(Buffer.from(signature, 'base64url')).toEqual(Buffer.from(whole, 'base64url').subarray(0, 16));
    expect(signature).toMatch(/^[\w-]{22}$/);
  });

  it('takes bytes as it takes the text that they are', () => {
    expect(hmacSigner(new TextEncoder().encode(secret)).sign('text')).toBe(hmacSigner(secret).sign('text'));
  });

  it('verifies its own signatures, of that text only', () => {
    const { sign, verify } = hmacSigner(secret);
    expect(verify('text', sign('text'))).toBe(true);
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        expect(verify(text, sign(other))).toBe(text === other);
        expect(verify(text, other)).toBe(false);
      }),
    );
  });

  it('has one text for a signature', () => {
    const { sign, verify } = hmacSigner(secret);
    const signature = sign('text');
    const bytes = Buffer.from(signature, 'base64url');
    const same = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .map((last) => signature.slice(0, -1) + last)
      .filter((text) => Buffer.from(text, 'base64url').equals(bytes));
    expect(same).toHaveLength(16); // four bits of the last character are not used
    expect(same.filter((text) => verify('text', text))).toEqual([signature]);
    expect(verify('text', `${signature}=`)).toBe(false);
  });

  it('signs with the secret and verifies with those before as well', () => {
    const old = hmacSigner('fedcba9876543210');
    const both = hmacSigner(secret, { previous: ['fedcba9876543210'] });
    expect([both.verify('x', old.sign('x')), both.verify('x', both.sign('x'))]).toEqual([true, true]);
    expect([hmacSigner(secret).verify('x', both.sign('x')), old.verify('x', both.sign('x'))]).toEqual([true, false]);
  });

  it.each([
    [() => hmacSigner('0123456789abcde'), 'length of secret is 15; it must be at least 16 bytes'],
    [() => hmacSigner(new Uint8Array(15)), 'length of secret is 15; it must be at least 16 bytes'],
    [() => hmacSigner(undefined as never), 'length of secret is 0; it must be at least 16 bytes'],
    [() => hmacSigner(secret, { previous: ['short'] }), 'length of previous[0] is 5; it must be at least 16 bytes'],
    [() => hmacSigner(secret, { previous: [secret, secret, secret, secret] }), 'a list of at most 3 secrets'],
    [() => hmacSigner(secret, { previous: secret as never }), 'a list of at most 3 secrets'],
  ])('refuses what is no secret: %s', (make, message) => {
    expect(make).toThrow(message);
  });

  it('takes a secret of 16 bytes, however many characters these are', () => {
    expect(() => hmacSigner('üüüüüüüü')).not.toThrow();
  });
});
