import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorateError } from 'quorate/core';
import { NoNodeError, RoundRobin } from 'quorate/balancer';
import { CookieSessions, type CookieSessionsOptions, HealthGate, pickExcept } from 'quorate/balancer/layers';
import { hmacSigner } from 'quorate/balancer/node';

const signer = hmacSigner('a secret of 32 bytes, or thereby');
const START = 1_700_000_000_000;

/** Sessions around a gate and a round robin of nodes, and the time, which the test sets. */
function sessionsOf(options: Partial<CookieSessionsOptions> = {}, nodes = ['a', 'b', 'c']) {
  const time = { wall: START };
  const balancer = new HealthGate(new RoundRobin());
  for (const node of nodes) balancer.add(node);
  const sessions = new CookieSessions(balancer, { name: 'SRV', wall: () => time.wall, ...options });
  const pick = (cookies?: string) => sessions.pick(undefined, cookies);
  const nodeOf = (cookies?: string): string => pick(cookies).lease.node;
  /** The cookie that a user agent has after a response without cookies of the application. */
  const cookieOf = (cookies?: string): string | undefined => pick(cookies).respond([])[0]?.split(';')[0];
  return { balancer, sessions, time, pick, nodeOf, cookieOf };
}

describe('CookieSessions, inserting', () => {
  it('sets a cookie with the response, and comes back by it', () => {
    const { pick, sessions } = sessionsOf();
    const first = pick('theme=dark');
    expect([first.lease.node, first.forward]).toEqual(['a', 'theme=dark']);
    const other = 'id=42; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT';
    expect(first.respond([other])).toEqual([other, 'SRV=a; Path=/; HttpOnly']);
    const second = pick('theme=dark; SRV=a');
    expect([second.lease.node, second.forward]).toEqual(['a', 'theme=dark']);
    expect(second.respond([other])).toEqual([other]);
    expect(sessions.status()).toEqual({ kept: 1, started: 1, moved: 0, expired: 0, unknown: 0, invalid: 0 });
  });

  it.each([
    ['SRV=b', undefined],
    ['SRV=b; x=1', 'x=1'],
    ['x=1; SRV=b; y="2"', 'x=1; y="2"'],
    ['x=1;SRV=b;y=2', 'x=1;y=2'],
    [' x = 1 ; SRV = b ', 'x = 1'],
    ['SRV=zzz; SRV=b; x=1; SRV=c', 'x=1'],
    ['x=SRV=b; SRV=b', 'x=SRV=b'],
    ['SRVX=c; srv=c; xSRV=c; SRV=b', 'SRVX=c; srv=c; xSRV=c'],
    ['flag; SRV=b; =c', 'flag; =c'],
  ])('goes by %j to b, and passes on %j', (cookies, forward) => {
    const { pick } = sessionsOf();
    const { lease, forward: passed } = pick(cookies);
    expect([lease.node, passed]).toEqual(['b', forward]);
  });

  it('passes on fields without its cookie as they came', () => {
    const { pick } = sessionsOf();
    for (const cookies of [undefined, '', ' a=1;; b ', ';']) expect(pick(cookies).forward).toBe(cookies);
  });

  it('passes on its cookie as well when it is not indirect', () => {
    expect(sessionsOf({ indirect: false }).pick('SRV=b; x=1').forward).toBe('SRV=b; x=1');
  });

  it('takes out a cookie of its name that the application sets', () => {
    const { pick } = sessionsOf();
    expect(pick('SRV=b').respond(['SRV=evil; Path=/', 'x=1'])).toEqual(['x=1']);
    expect(pick().respond([' SRV = evil', 'x=1'])).toEqual(['x=1', 'SRV=a; Path=/; HttpOnly']);
  });

  it('leaves it to the application to end a session when told to preserve', () => {
    const { pick } = sessionsOf({ preserve: true });
    const ended = ['SRV=; Max-Age=0; Path=/'];
    expect(pick().respond(ended)).toEqual(ended);
    expect(pick().respond(['x=1'])).toEqual(['x=1', 'SRV=b; Path=/; HttpOnly']);
  });

  it('writes the attributes that are wished', () => {
    const options = { path: '/app', domain: 'example.com', secure: true, httpOnly: false, sameSite: 'None' } as const;
    expect(sessionsOf(options).pick().respond()).toEqual([
      'SRV=a; Path=/app; Domain=example.com; Secure; SameSite=None',
    ]);
  });

  it('names the node that has answered after a retry', () => {
    const { pick } = sessionsOf();
    expect(pick('SRV=a').respond([], 'b')).toEqual(['SRV=b; Path=/; HttpOnly']);
    expect(pick().respond([], 'c')).toEqual(['SRV=c; Path=/; HttpOnly']);
  });

  it('has names of nodes with any characters in cookies', () => {
    const nodes = ['10.0.0.1:80', '[fd00::1]:80', 'a b;c=d|e~f"\\,', 'nöde \ud800'];
    const { nodeOf, cookieOf } = sessionsOf({ signer }, nodes);
    const cookies = nodes.map(() => cookieOf()!);
    expect(cookies[0]).toMatch(/^SRV=10\.0\.0\.1:80\|/);
    for (const cookie of cookies) expect(cookie).toMatch(/^SRV=[!#-+\--:<-[\]-~]+$/); // RFC 6265
    expect(cookies.map((cookie) => nodeOf(cookie))).toEqual(nodes);
  });

  it('hides nodes behind ids, and finds nodes that came later', () => {
    const { balancer, nodeOf, cookieOf } = sessionsOf({ idOf: (node) => signer.sign(node) });
    const cookie = cookieOf();
    expect(cookie).toMatch(/^SRV=[\w-]{22}$/);
    balancer.add('d');
    expect(nodeOf(`SRV=${signer.sign('d')}`)).toBe('d');
    expect(nodeOf(cookie)).toBe('a');
  });

  it('refuses ids that do not tell nodes apart, or can be in no cookie', () => {
    expect(() => sessionsOf({ idOf: () => 's' }).pick('SRV=s')).toThrow(
      'idOf is a function; it must be one that tells a and b apart',
    );
    for (const id of ['', 'a b', 'a|b', 'a~b', 'ü', 'x'.repeat(1025)])
      expect(() =>
        sessionsOf({ idOf: () => id }, ['a'])
          .pick()
          .respond(),
      ).toThrow('id of a is');
  });
});

describe('CookieSessions, rewriting', () => {
  it('replaces the value that the application sets, and leaves its attributes', () => {
    const { pick, nodeOf } = sessionsOf({ mode: 'rewrite', name: 'APP' });
    expect(pick().respond(['APP="x y"; Path=/; Max-Age=60', 'other=1'])).toEqual([
      'APP=a; Path=/; Max-Age=60',
      'other=1',
    ]);
    expect(pick().respond(['APP=;HttpOnly', 'APP = x ; a'])).toEqual(['APP=b;HttpOnly', 'APP = b ; a']);
    expect(nodeOf('APP=b')).toBe('b');
  });

  it('sets none where the application sets none, and passes on what comes', () => {
    const { pick } = sessionsOf({ mode: 'rewrite', name: 'APP' });
    const { forward, respond } = pick('APP=c; x=1');
    expect([forward, respond(['x=2'])]).toEqual(['APP=c; x=1', ['x=2']]);
  });
});

describe('CookieSessions, prefixing', () => {
  const options = { mode: 'prefix', name: 'JSESSIONID' } as const;

  it('puts the node before the value, and takes it away again', () => {
    const { pick } = sessionsOf(options);
    const set = pick().respond(['JSESSIONID=i12KJF23JKJ1EKJ21213KJ; Path=/app', 'x=1']);
    expect(set).toEqual(['JSESSIONID=a~i12KJF23JKJ1EKJ21213KJ; Path=/app', 'x=1']);
    const { lease, forward, respond } = pick('x=1; JSESSIONID=b~i12KJF23JKJ1EKJ21213KJ; y=2');
    expect([lease.node, forward]).toEqual(['b', 'x=1; JSESSIONID=i12KJF23JKJ1EKJ21213KJ; y=2']);
    expect(respond(['x=1'])).toEqual(['x=1']);
  });

  it('keeps quotes around', () => {
    const { pick } = sessionsOf(options);
    expect(pick().respond(['JSESSIONID="q"'])).toEqual(['JSESSIONID="a~q"']);
    const { lease, forward } = pick('JSESSIONID="c~q"');
    expect([lease.node, forward]).toEqual(['c', 'JSESSIONID="q"']);
  });

  it('gives back values of the application that have the separator, and lets those pass that have no prefix', () => {
    const { pick } = sessionsOf({ ...options, signer });
    const [set] = pick().respond(['JSESSIONID=x~y~z']);
    expect(pick(set).forward).toBe('JSESSIONID=x~y~z');
    expect(pick('JSESSIONID=x~y').forward).toBe('JSESSIONID=x~y');
    expect(pick('JSESSIONID=xy').forward).toBe('JSESSIONID=xy');
  });

  it('takes away a prefix that is no good any more: the application would not know it', () => {
    const { balancer, pick } = sessionsOf(options);
    balancer.remove('b');
    expect(pick('JSESSIONID=b~x').forward).toBe('JSESSIONID=x');
    const old = sessionsOf({ ...options, signer: hmacSigner('another secret of 32 bytes......') });
    const [set] = old.pick().respond(['JSESSIONID=x']);
    expect(sessionsOf({ ...options, signer }).pick(set).forward).toBe('JSESSIONID=x');
  });

  it('gives back every value that a cookie can have', () => {
    const value = fc.string({ unit: fc.constantFrom(...'ab~|"=%'), maxLength: 12 });
    fc.assert(
      fc.property(value, fc.boolean(), (text, signed) => {
        const { pick } = sessionsOf({ ...options, ...(signed && { signer }) });
        const { lease, respond } = pick();
        const [set] = respond([`JSESSIONID=${text}; Path=/`]);
        const back = pick(set!.split(';')[0]);
        expect([back.lease.node, back.forward]).toEqual([lease.node, `JSESSIONID=${text}`]);
      }),
    );
  });
});

describe('a signed cookie', () => {
  it('is taken as it was given, and not otherwise', () => {
    const { cookieOf, nodeOf, sessions } = sessionsOf({ signer, maxIdleMs: 60_000 });
    const cookie = cookieOf()!;
    expect(nodeOf(cookie)).toBe('a');
    for (let i = 'SRV='.length; i < cookie.length; i++)
      nodeOf(cookie.slice(0, i) + (cookie[i] === 'b' ? 'c' : 'b') + cookie.slice(i + 1));
    for (const other of ['SRV=a', 'SRV=a|', `${cookie}=`, `${cookie}|`, cookie.slice(0, -1)]) nodeOf(other);
    expect(sessions.status()).toMatchObject({ kept: 1, invalid: cookie.length - 'SRV='.length + 5 });
  });

  it('is good for no other name and no other mode', () => {
    const value = sessionsOf({ signer }).cookieOf()!.slice('SRV='.length);
    for (const options of [{ name: 'OTHER' }, { mode: 'rewrite' as const }]) {
      const { sessions, nodeOf } = sessionsOf({ signer, ...options });
      nodeOf(`${options.name ?? 'SRV'}=${value}`);
      expect(sessions.status()).toMatchObject({ invalid: 1, kept: 0 });
    }
  });

  it('is good under the secret before, until that is gone', () => {
    const [old, now] = ['the old secret, of 16 bytes', 'the new secret, of 16 bytes'];
    const cookie = sessionsOf({ signer: hmacSigner(old) }).cookieOf();
    const during = sessionsOf({ signer: hmacSigner(now, { previous: [old] }) });
    expect([during.nodeOf(), during.nodeOf(cookie)]).toEqual(['a', 'a']);
    const after = sessionsOf({ signer: hmacSigner(now) });
    expect([after.nodeOf(), after.nodeOf(cookie)]).toEqual(['a', 'b']);
    expect(after.nodeOf(during.cookieOf())).toBe('b');
  });

  it('is good under the secret before when another one makes ids', () => {
    const idOf = hmacSigner('a third secret, which stays').sign;
    const cookie = sessionsOf({ idOf, signer }).cookieOf();
    const now = hmacSigner('the new secret, of 16 bytes', { previous: ['a secret of 32 bytes, or thereby'] });
    const { nodeOf, sessions } = sessionsOf({ idOf, signer: now });
    expect([nodeOf(cookie), sessions.status().kept]).toEqual(['a', 1]);
  });

  it('refuses a signer whose signatures can be in no cookie', () => {
    const bad = { sign: () => 'a b', verify: () => true };
    expect(() => sessionsOf({ signer: bad }).pick().respond()).toThrow('signer is an object; it must be one whose');
  });
});

describe('a session with expiry', () => {
  it('ends after maxIdleMs without a request; each response sets it anew', () => {
    const { cookieOf, nodeOf, sessions, time } = sessionsOf({ maxIdleMs: 60_000, signer });
    let cookie = cookieOf();
    for (let i = 0; i < 5; i++) {
      time.wall += 60_000;
      cookie = cookieOf(cookie);
    }
    expect(sessions.status()).toMatchObject({ kept: 5, expired: 0 });
    time.wall += 60_001;
    expect(nodeOf(cookie)).toBe('b');
    expect(sessions.status()).toMatchObject({ kept: 5, started: 2, expired: 1 });
  });

  it('is not set again within the same second', () => {
    const { cookieOf, time } = sessionsOf({ maxIdleMs: 60_000 });
    const cookie = cookieOf();
    time.wall += 999;
    expect(cookieOf(cookie)).toBeUndefined();
    time.wall += 1;
    expect(cookieOf(cookie)).toBeDefined();
  });

  it('ends maxLifeMs after it began, however often it is used', () => {
    const { cookieOf, sessions, time } = sessionsOf({ maxIdleMs: 60_000, maxLifeMs: 100_000 });
    let cookie = cookieOf();
    time.wall += 50_000;
    cookie = cookieOf(cookie);
    time.wall += 50_000;
    cookie = cookieOf(cookie);
    expect(sessions.status().kept).toBe(2);
    time.wall += 1000;
    expect(cookieOf(cookie)).toMatch(/^SRV=b/);
    expect(sessions.status()).toMatchObject({ kept: 2, expired: 1 });
  });

  it('is not set again for a life alone, and keeps its beginning when it moves', () => {
    const { balancer, cookieOf, nodeOf, time } = sessionsOf({ maxLifeMs: 100_000 });
    const cookie = cookieOf();
    time.wall += 60_000;
    expect(cookieOf(cookie)).toBeUndefined();
    balancer.setHealthy('a', false);
    const moved = cookieOf(cookie);
    expect(moved).toMatch(/^SRV=b/);
    time.wall += 41_000;
    expect(nodeOf(moved)).toBe('c'); // not b again
  });

  it('has no longer a life when the clock is set back far', () => {
    const { cookieOf, nodeOf, sessions, time } = sessionsOf({ maxIdleMs: 60_000, signer });
    const cookie = cookieOf();
    time.wall -= 50_000;
    expect(nodeOf(cookie)).toBe('a');
    time.wall -= 50_000;
    nodeOf(cookie);
    expect(sessions.status()).toMatchObject({ kept: 1, expired: 1 });
  });

  it('cannot be told by a cookie without dates', () => {
    const { nodeOf, sessions } = sessionsOf({ maxIdleMs: 60_000 });
    nodeOf('SRV=a');
    expect(sessions.status().invalid).toBe(1);
  });
});

describe('a session whose node', () => {
  it('is down moves, and stays where it is when the node is back', () => {
    const { balancer, cookieOf, sessions } = sessionsOf();
    balancer.setHealthy('a', false);
    const cookie = cookieOf('SRV=a');
    expect(cookie).toBe('SRV=b');
    balancer.setHealthy('a', true);
    expect(cookieOf(cookie)).toBeUndefined();
    expect(sessions.status()).toMatchObject({ kept: 1, moved: 1 });
  });

  it('is down is refused when that is wished, and goes on when it is back', () => {
    const { balancer, nodeOf } = sessionsOf({ whenUnavailable: 'refuse' });
    balancer.setAvailable('b', false);
    try {
      nodeOf('SRV=b');
      expect.unreachable();
    } catch (error) {
      expect(isQuorateError(error, 'session-unavailable')).toBe(true);
      expect(error).toMatchObject({ node: 'b', outcome: 'failed' });
    }
    balancer.setAvailable('b', true);
    expect(nodeOf('SRV=b')).toBe('b');
  });

  it('was removed moves whatever is wished', () => {
    const { balancer, nodeOf, sessions } = sessionsOf({ whenUnavailable: 'refuse' });
    expect(nodeOf('SRV=b')).toBe('b');
    balancer.remove('b');
    expect(nodeOf('SRV=b')).toBe('a');
    expect(nodeOf('SRV=zzz')).toBe('c');
    expect(sessions.status().unknown).toBe(1);
  });

  it('drains stays with it, while no others come', () => {
    const { balancer, nodeOf } = sessionsOf();
    balancer.add('a', 0);
    expect([nodeOf('SRV=a'), nodeOf(), nodeOf(), nodeOf(), nodeOf('SRV=a')]).toEqual(['a', 'b', 'c', 'b', 'a']);
  });

  it('is down ends with an error when there is no other', () => {
    const { balancer, nodeOf } = sessionsOf({}, ['a']);
    balancer.setAvailable('a', false);
    expect(() => nodeOf('SRV=a')).toThrow(NoNodeError);
  });
});

describe('a retry', () => {
  it('on another node takes the session there', () => {
    const { balancer, pick } = sessionsOf();
    const { lease, respond } = pick('SRV=a');
    const other = pickExcept(balancer, undefined, [lease.node]);
    expect(respond([], other.node)).toEqual([`SRV=${other.node}; Path=/; HttpOnly`]);
  });
});

describe('what comes from outside', () => {
  it('never makes it throw', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'SRV=;|~" a0%') }).map((rest) => `SRV=${rest}`),
    );
    const mode = fc.constantFrom('insert' as const, 'rewrite' as const, 'prefix' as const);
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 3 }), mode, fc.boolean(), (cookies, setCookies, how, signed) => {
        const expiry = how === 'insert' && signed && { maxIdleMs: 1000, maxLifeMs: 1000 };
        const { sessions, pick } = sessionsOf({ mode: how, ...(signed && { signer }), ...expiry });
        const { respond, forward } = pick(cookies);
        const given = respond(setCookies);
        if (how !== 'insert') expect(given).toHaveLength(setCookies.length);
        expect((forward ?? '').length).toBeLessThanOrEqual(cookies.length);
        if (signed) expect(sessions.status().kept).toBe(0);
      }),
    );
  });

  it('is looked at no further than 4096 characters of a cookie, and eight cookies', () => {
    const long = 'x'.repeat(4097);
    const many = (count: number): string => 'SRV=zzz; '.repeat(count);
    const { sessions, nodeOf } = sessionsOf({ idOf: (node) => node });
    nodeOf(`SRV=${long}`);
    expect(sessions.status().invalid).toBe(1);
    expect(nodeOf(`${many(7)}SRV=c`)).toBe('c');
    nodeOf(`${many(8)}SRV=c`);
    expect(sessions.status()).toMatchObject({ kept: 1, unknown: 15 });
  });

  it('costs no memory', () => {
    let made = 0;
    const { nodeOf } = sessionsOf({ idOf: (node) => `${node}${made++}` });
    for (let i = 0; i < 1000; i++) nodeOf(`SRV=zzz${i}`);
    expect(made).toBe(3);
  });
});

describe('options of CookieSessions', () => {
  it.each<[Partial<CookieSessionsOptions>, string]>([
    [{ name: 'a b' }, 'name is "a b"; it must be a name of letters'],
    [{ name: '' }, 'name is ""'],
    [{ mode: 'passive' as never }, `mode is "passive"; it must be 'insert', 'rewrite' or 'prefix'`],
    [{ maxIdleMs: 999 }, 'maxIdleMs is 999; it must be a number at least 1000'],
    [{ maxLifeMs: NaN }, 'maxLifeMs is NaN; it must be a number at least 1000'],
    [{ mode: 'prefix', maxIdleMs: 1000 }, 'maxIdleMs is 1000; it must be left out in mode prefix'],
    [{ mode: 'rewrite', secure: true }, 'secure is true; it must be left out in mode rewrite'],
    [{ path: '/;x' }, 'path is "/;x"; it must be a path'],
    [{ path: '/\r\nx' }, 'path is "/\\r\\nx"; it must be a path'],
    [{ domain: 'a;b' }, 'domain is "a;b"; it must be a domain'],
    [{ sameSite: 'lax' as never }, `sameSite is "lax"; it must be 'Strict', 'Lax' or 'None'`],
    [{ sameSite: 'None' }, 'secure is false; it must be true'],
    [{ name: '__Secure-s' }, 'secure is false; it must be true'],
    [{ name: '__Host-s', secure: true, path: '/app' }, 'name is "__Host-s"; it must be without __Host-'],
    [{ whenUnavailable: 'wait' as never }, `whenUnavailable is "wait"; it must be 'another' or 'refuse'`],
  ])('%j: %s', (options, message) => {
    expect(() => sessionsOf(options)).toThrow(message);
  });
});
