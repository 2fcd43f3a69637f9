import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsistentHashing, cookieKey, headerKey, type HttpRequest, uriKey, urlParameter } from 'quorate/balancer';

const headers = {};

describe('uriKey', () => {
  it.each([
    ['/a/b/c?d=e', '/a/b/c'],
    ['/', '/'],
    ['/?a', '/'],
    ['//host/a', '//host/a'], // a path, in the target of a request
    ['http://host/a/b?c#d', '/a/b'],
    ['HTTPS://user@host:1', '/'],
    ['https://host?a=/b', '/'],
    ['/a#b?c', '/a'],
    ['/%61/../ü', '/%61/../ü'],
    ['*', '*'],
    ['host:443', 'host:443'],
    ['', undefined],
    ['?a', undefined],
    [undefined, undefined],
  ])('of %s is %s', (url, key) => {
    expect(uriKey()({ url })).toBe(key);
  });

  it.each([
    [{ whole: true }, '/a/b/c?d=/e/f'],
    [{ len: 4 }, '/a/b'],
    [{ len: 100 }, '/a/b/c'],
    [{ whole: true, len: 8 }, '/a/b/c?d'],
    [{ depth: 1 }, '/a'],
    [{ depth: 2 }, '/a/b'],
    [{ depth: 3 }, '/a/b/c'],
    [{ depth: 3, whole: true }, '/a/b/c?d='],
    [{ depth: 4, whole: true }, '/a/b/c?d=/e'],
    [{ depth: 9, whole: true }, '/a/b/c?d=/e/f'],
    [{ depth: 2, len: 3 }, '/a/'],
    [{ depth: 1, len: 3 }, '/a'],
  ])('with %j', (options, key) => {
    expect(uriKey(options)({ url: '/a/b/c?d=/e/f#g' })).toBe(key);
    expect(uriKey(options)({ url: 'http://host:80/a/b/c?d=/e/f' })).toBe(key);
  });

  it('takes as many characters as a walk over them', () => {
    const url = fc.string({ unit: fc.constantFrom('/', '?', 'a'), maxLength: 20 }).map((text) => `/${text}`);
    const limit = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined });
    fc.assert(
      fc.property(url, limit, limit, fc.boolean(), (text, len, depth, whole) => {
        let key = '';
        let slashes = 0;
        for (const character of text) {
          if (key.length === len || (character === '?' && !whole)) break;
          if (character === '/' && ++slashes > (depth ?? Infinity)) break;
          key += character;
        }
        const options = { whole, ...(len !== undefined && { len }), ...(depth !== undefined && { depth }) };
        expect(uriKey(options)({ url: text })).toBe(key);
      }),
    );
  });

  it('names the option that is wrong', () => {
    expect(() => uriKey({ len: 0 })).toThrow('len is 0; it must be a whole number at least 1');
    expect(() => uriKey({ depth: 1.5 })).toThrow('depth is 1.5; it must be a whole number at least 1');
  });
});

describe('urlParameter', () => {
  it.each([
    ['/a?user=eve', 'eve'],
    ['/a?x&user=eve&user=bob', 'eve'],
    ['http://host/?user=eve#user=bob', 'eve'],
    ['/a?b?user=eve', undefined],
    ['/a?user=?=/', '?=/'],
    ['/a?user=a%20b', 'a b'],
    ['/a?user=a+b', 'a b'],
    ['/a?%75ser=%C3%B6', 'ö'],
    ['/a?user=%', '%'],
    ['/a?user=%zz%e', '%zz%e'],
    ['/a?user=%ff', '\ufffd'],
    ['/a?user=', undefined],
    ['/a?user', undefined],
    ['/a?User=eve', undefined],
    ['/a;user=eve', undefined],
    ['/a#?user=eve', undefined],
    ['/a', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('user of %s is %s', (url, key) => {
    expect(urlParameter('user')({ url })).toBe(key);
  });

  it('finds what was written, among others', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(text, text, fc.array(fc.tuple(text, text), { maxLength: 5 }), (name, value, others) => {
        const pairs = [...others.filter(([other]) => other !== name), [name, value] as const];
        const query = pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
        expect(urlParameter(name)({ url: `/?${query}` })).toBe(value);
      }),
    );
  });
});

describe('headerKey', () => {
  it('is the value of a field, whatever the case of its name', () => {
    const key = headerKey('X-User');
    expect(key({ headers: { 'x-user': 'eve' } })).toBe('eve');
    expect(key({ headers: { 'X-USER': 'eve' } })).toBe('eve');
    expect(key({ headers: new Headers({ 'x-UsEr': 'eve' }) })).toBe('eve');
    expect(key({ headers: Object.create(null, { 'x-user': { value: 'eve' } }) as Record<string, string> })).toBe('eve');
    expect(headerKey('get')({ headers: { get: 'eve' } })).toBe('eve');
  });

  it('joins several values, however they came', () => {
    const key = headerKey('x-user');
    expect(key({ headers: { 'x-user': ['a', 'b'] } })).toBe('a, b');
    expect(key({ headers: { 'x-user': 'a, b' } })).toBe('a, b');
    const both = new Headers();
    both.append('x-user', 'a');
    both.append('x-user', 'b');
    expect(key({ headers: both })).toBe('a, b');
  });

  it('is none of a field that is missing or empty', () => {
    for (const name of ['x-user', 'constructor', '__proto__', 'toString']) {
      expect(headerKey(name)({ headers: {} })).toBeUndefined();
      expect(headerKey(name)({ headers: new Headers() })).toBeUndefined();
    }
    for (const value of ['', undefined, []])
      expect(headerKey('x-user')({ headers: { 'x-user': value } })).toBeUndefined();
  });

  it.each([
    ['haproxy.1wt.eu', '1wt'],
    ['www.Example.com:8080', 'example'],
    ['example.com', 'example'],
    ['localhost:80', 'localhost:80'],
    ['.com', undefined],
    ['com.', 'com'],
    ['..', undefined],
    ['', undefined],
  ])('the domain of %s is %s', (host, domain) => {
    expect(headerKey('Host', { domainOnly: true })({ headers: { host } })).toBe(domain);
  });

  it.each(['', ' ', 'a b', 'ü', 'a:', 'a\n'])('refuses the name %j', (name) => {
    expect(() => headerKey(name)).toThrow(`header is ${JSON.stringify(name)}; it must be a name of letters`);
    expect(() => cookieKey(name)).toThrow(`cookie is ${JSON.stringify(name)}; it must be a name of letters`);
  });
});

describe('cookieKey', () => {
  it.each([
    ['session=abc', 'abc'],
    ['a=b; session=abc; c=d', 'abc'],
    ['a=b;session=abc;c=d', 'abc'],
    [' \tsession \t= abc ', 'abc'],
    ['session=a=b==', 'a=b=='],
    ['session="abc"', '"abc"'],
    ['session=abc; session=def', 'abc'],
    ['xsession=1; sessionx=2; session', undefined],
    ['Session=abc', undefined],
    ['session=; session=abc', undefined],
    ['=session; ;;=;session', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('session of %s is %s', (cookie, key) => {
    expect(cookieKey('session')({ headers: { cookie } })).toBe(key);
    if (cookie !== undefined) expect(cookieKey('session')({ headers: { Cookie: cookie.split('; ') } })).toBe(key);
    if (cookie !== undefined) expect(cookieKey('session')({ headers: new Headers({ cookie }) })).toBe(key);
  });

  it('finds what was written, among others', () => {
    const octet = fc.constantFrom(...'!#$%&()*+-./019:<=>?@AZ[]^_`az{|}~');
    const name = fc.string({ unit: fc.constantFrom(...'abAB_-.1'), minLength: 1, maxLength: 4 });
    const value = fc.string({ unit: octet, minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(name, fc.array(fc.tuple(name, value), { maxLength: 8 }), (wanted, pairs) => {
        const cookie = pairs.map((pair) => pair.join('=')).join('; ');
        const expected = pairs.find(([other]) => other === wanted)?.[1];
        expect(cookieKey(wanted)({ headers: { cookie } })).toBe(expected);
      }),
    );
  });
});

describe('keys of requests', () => {
  it('are taken from requests of Node and of fetch alike', () => {
    const node = { url: '/a/b?user=eve', headers: { host: 'host', cookie: 'session=abc' } } as IncomingMessage;
    const fetched = new Request('http://host/a/b?user=eve', { headers: { host: 'host', cookie: 'session=abc' } });
    const keys: ((request: HttpRequest) => string | undefined)[] = [
      uriKey(),
      urlParameter('user'),
      headerKey('host'),
      cookieKey('session'),
    ];
    for (const key of keys) {
      const balancer = new ConsistentHashing<IncomingMessage | Request>(['a', 'b', 'c'], { key });
      expect(balancer.pick(fetched).node).toBe(balancer.pick(node).node);
      expect(key(node)).toBe(key({ url: fetched.url, headers: fetched.headers }));
    }
  });

  it.each([';', '=', '; ', '&', '%', '+', '/', '?', '.', ' ', 'a', 'a:', ',', '\0'])(
    'bear a megabyte of %j',
    (piece) => {
      const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
      const request = { url: text, headers: { cookie: text, host: text } };
      for (const url of [text, `/${text}`, `http://${text}`, `/?${text}`]) {
        expect(uriKey({ depth: 1_000_000 })({ url })?.length ?? 0).toBeLessThanOrEqual(url.length);
        expect(urlParameter('user')({ url })).toBeUndefined();
      }
      expect(cookieKey('session')(request)).toBeUndefined();
      expect(headerKey('host')(request)).toBe(text);
      expect(headerKey('host', { domainOnly: true })({ headers: { host: text } })?.length ?? 0).toBeLessThanOrEqual(
        text.length,
      );
    },
  );

  it('are none of a request without anything', () => {
    expect([uriKey(), urlParameter('a')].map((key) => key({}))).toEqual([undefined, undefined]);
    expect([headerKey('a'), cookieKey('a')].map((key) => key({ headers }))).toEqual([undefined, undefined]);
  });
});
