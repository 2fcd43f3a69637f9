import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoundRobin } from 'quorate/balancer';
import { followEndpoints } from 'quorate/balancer/layers';
import { dnsEndpoints, DnsError, type DnsEndpointsOptions } from 'quorate/health/node';
import { seededRandom } from 'quorate/core';
import { dnsError, FakeDns, records, type AddressReply } from './fake-dns.js';

const MINUTE = 60_000;

/** A promise's value, once virtual time has stood still for it. */
async function now<T>(dns: FakeDns, promise: Promise<T>): Promise<T | 'pending'> {
  await dns.clock.run(0);
  return Promise.race([promise, Promise.resolve('pending' as const)]);
}

describe('when dnsEndpoints asks', () => {
  it('asks nothing before the first next', async () => {
    const dns = new FakeDns();
    dns.source();
    await dns.clock.run(10 * MINUTE);
    expect(dns.asked).toEqual([]);
  });

  it('asks again when the time to live of the answer is over', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1'], 60);
    dns.lists(dns.source());
    await dns.clock.run(3 * MINUTE);
    expect(dns.times).toEqual([0, 60_000, 120_000, 180_000]);
  });

  it('sees a node that comes although nothing breaks (grpc-node #1663)', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    const lists = dns.lists(dns.source());
    await dns.clock.run(30_000);
    dns.a = records(['10.0.0.1', '10.0.0.2']);
    await dns.clock.run(30_000);
    expect(lists).toEqual([['10.0.0.1:80'], ['10.0.0.1:80', '10.0.0.2:80']]);
  });

  it('takes the shortest time to live of all records', async () => {
    const dns = new FakeDns();
    dns.a = [...records(['10.0.0.1'], 100), ...records(['10.0.0.2'], 40), ...records(['10.0.0.3'], 70)];
    dns.lists(dns.source());
    await dns.clock.run(50_000);
    expect(dns.times).toEqual([0, 40_000]);
  });

  it.each([0, 1, 29, -1, NaN])('waits for 30 s when the time to live is %d s', async (ttl) => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1'], ttl);
    dns.lists(dns.source());
    await dns.clock.run(MINUTE);
    expect(dns.times).toEqual([0, 30_000, 60_000]);
  });

  it.each([301, 86_400, Infinity])('waits for 5 min at most when the time to live is %d s', async (ttl) => {
    const dns = new FakeDns();
    dns.a = [...records(['10.0.0.1'], ttl)];
    dns.lists(dns.source({ random: () => 0.99, minIntervalMs: 5 * MINUTE }));
    await dns.clock.run(5 * MINUTE);
    expect(dns.times).toEqual([0, 5 * MINUTE]);
  });

  it('counts the time to live from the answer, not from the question', async () => {
    const dns = new FakeDns();
    dns.a = 'silence';
    dns.lists(dns.source({ timeoutMs: 5000 }));
    await dns.clock.run(0);
    dns.a = records(['10.0.0.1'], 60);
    await dns.clock.run(5000 + 1000 + 60_000); // no answer, the first retry, its time to live
    expect(dns.times).toEqual([0, 6000, 66_000]);
  });

  it('waits for up to a tenth longer at random, so that caches do not set the pace of all clients', async () => {
    const waits = [0, 0.5, 0.999].map(async (random) => {
      const dns = new FakeDns();
      dns.a = records(['10.0.0.1'], 60);
      dns.lists(dns.source({ random: () => random }));
      await dns.clock.run(70_000);
      return dns.times[1];
    });
    expect(await Promise.all(waits)).toEqual([60_000, 63_000, 65_994]);
  });

  it('waits between the minimum and the maximum, whatever is answered', async () => {
    const reply: fc.Arbitrary<AddressReply> = fc.oneof(
      fc.integer({ min: -10, max: 1000 }).map((ttl) => records(['10.0.0.1'], ttl)),
      fc.constantFrom(dnsError('ESERVFAIL'), dnsError('ENOTFOUND'), []),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(reply, { minLength: 1, maxLength: 20 }), fc.nat(), async (replies, seed) => {
        const dns = new FakeDns();
        dns.a = records(['10.0.0.1']); // there is an answer to live on
        dns.lists(dns.source({ random: seededRandom(seed), minIntervalMs: 20_000, maxIntervalMs: 200_000 }));
        await dns.clock.run(0);
        for (const next of replies) {
          dns.a = next;
          const before = dns.times.length;
          for (let i = 0; i < 200 && dns.times.length === before; i++) await dns.clock.run(1000);
          const [last, latest] = dns.times.slice(-2) as [number, number];
          expect(latest - last).toBeGreaterThanOrEqual(20_000);
          expect(latest - last).toBeLessThanOrEqual(200_000);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('refresh of dnsEndpoints', () => {
  it('asks at once when the minimum has passed', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1'], 300);
    const source = dns.source();
    dns.lists(source);
    await dns.clock.run(40_000);
    source.refresh();
    await dns.clock.run(0);
    expect(dns.times).toEqual([0, 40_000]);
  });

  it('asks once, when the minimum has passed, however often it is called: no storm (grpc-node #2023)', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1'], 300);
    const source = dns.source();
    dns.lists(source);
    for (let i = 0; i < 350; i++) {
      await dns.clock.run(100);
      source.refresh();
    }
    expect(dns.times).toEqual([0, 30_000]);
  });

  it('does not shorten the wait after a failure', async () => {
    const dns = new FakeDns();
    dns.a = dnsError('ESERVFAIL');
    const source = dns.source();
    dns.lists(source);
    for (let i = 0; i < 80; i++) {
      await dns.clock.run(100);
      source.refresh();
    }
    expect(dns.times).toEqual([0, 1000, 3000, 7000]);
  });

  it('asks nothing while a question is open', async () => {
    const dns = new FakeDns();
    dns.a = 'silence';
    const source = dns.source();
    dns.lists(source);
    await dns.clock.run(1000);
    source.refresh();
    await dns.clock.run(1000);
    expect(dns.times).toEqual([0]);
  });

  it('asks the first question when nobody has asked for a list yet', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    const source = dns.source();
    source.refresh();
    await dns.clock.run(0);
    expect(dns.times).toEqual([0]);
    expect(await now(dns, source.next())).toEqual({ done: false, value: [{ node: '10.0.0.1:80' }] });
  });

  it('does nothing once closed', async () => {
    const dns = new FakeDns();
    const source = dns.source();
    await source.close();
    source.refresh();
    await dns.clock.run(MINUTE);
    expect(dns.asked).toEqual([]);
  });
});

describe('what dnsEndpoints gives', () => {
  it('gives addresses with the port, sorted', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.9', '10.0.0.10', '10.0.0.1']);
    const lists = dns.lists(dns.source({ port: 8080 }));
    await dns.clock.run(0);
    expect(lists).toEqual([['10.0.0.10:8080', '10.0.0.1:8080', '10.0.0.9:8080']]);
  });

  it('gives nothing for an answer that is only rotated', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    const lists = dns.lists(dns.source());
    await dns.clock.run(0);
    dns.a = records(['10.0.0.2', '10.0.0.3', '10.0.0.1']);
    await dns.clock.run(MINUTE);
    expect([lists.length, dns.times.length]).toEqual([1, 2]);
  });

  it('gives a node once that is in the answer twice', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1', '10.0.0.1']);
    const lists = dns.lists(dns.source());
    await dns.clock.run(0);
    expect(lists).toEqual([['10.0.0.1:80']]);
  });

  it('gives a slow consumer the newest list only', async () => {
    const dns = new FakeDns();
    const source = dns.source();
    dns.a = records(['10.0.0.1']);
    await now(dns, source.next());
    for (const address of ['10.0.0.2', '10.0.0.3', '10.0.0.4']) {
      dns.a = records([address]);
      await dns.clock.run(MINUTE);
    }
    expect(await now(dns, source.next())).toEqual({ done: false, value: [{ node: '10.0.0.4:80' }] });
    expect(await now(dns, source.next())).toBe('pending');
  });

  it('gives a slow consumer nothing when all is as it was again', async () => {
    const dns = new FakeDns();
    const source = dns.source();
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1']) {
      dns.a = records([address]);
      await (dns.times.length === 0 ? now(dns, source.next()) : dns.clock.run(MINUTE));
    }
    expect(await now(dns, source.next())).toBe('pending');
  });

  it('gives calls of next the same list while they wait', async () => {
    const dns = new FakeDns();
    const source = dns.source();
    dns.a = records(['10.0.0.1']);
    const [one, other] = [source.next(), source.next()];
    await dns.clock.run(0);
    expect(await one).toBe(await other);
  });

  it('asks for AAAA records, and gives addresses in brackets as RFC 5952 writes them', async () => {
    const dns = new FakeDns();
    dns.aaaa = records(['2001:DB8:0:0::1']);
    const lists = dns.lists(dns.source({ type: 'AAAA' }));
    await dns.clock.run(0);
    expect([lists, dns.asked]).toEqual([[['[2001:db8::1]:80']], ['0 AAAA api.example.com']]);
  });
});

describe('dnsEndpoints of both kinds of addresses', () => {
  it('gives both, after the shorter time to live of the two', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1'], 50);
    dns.aaaa = records(['2001:db8::1'], 40);
    const lists = dns.lists(dns.source({ type: 'both' }));
    await dns.clock.run(40_000);
    expect(lists).toEqual([['10.0.0.1:80', '[2001:db8::1]:80']]);
    expect(dns.times).toEqual([0, 0, 40_000, 40_000]);
  });

  it.each(['ENODATA', 'ENOTFOUND'])('gives one kind when there are no records of the other (%s)', async (code) => {
    const dns = new FakeDns();
    dns.a = dnsError(code);
    dns.aaaa = records(['2001:db8::1'], 40);
    const lists = dns.lists(dns.source({ type: 'both' }));
    await dns.clock.run(0);
    expect([lists, dns.errors]).toEqual([[['[2001:db8::1]:80']], []]);
  });

  it('forgets one kind when there are no such records any more', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    dns.aaaa = records(['2001:db8::1']);
    const lists = dns.lists(dns.source({ type: 'both' }));
    await dns.clock.run(0);
    dns.aaaa = dnsError('ENODATA');
    await dns.clock.run(MINUTE);
    expect(lists[1]).toEqual(['10.0.0.1:80']);
  });

  it('keeps one kind when its question fails, and takes what is new of the other', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    dns.aaaa = records(['2001:db8::1']);
    const lists = dns.lists(dns.source({ type: 'both' }));
    await dns.clock.run(0);
    dns.a = records(['10.0.0.2']);
    dns.aaaa = dnsError('ESERVFAIL');
    await dns.clock.run(MINUTE);
    expect(lists[1]).toEqual(['10.0.0.2:80', '[2001:db8::1]:80']);
    expect(dns.errors.length).toBe(1);
  });

  it('takes what is there of one when the other is never answered', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    dns.aaaa = 'silence';
    const lists = dns.lists(dns.source({ type: 'both', timeoutMs: 2000 }));
    await dns.clock.run(2000);
    expect(lists).toEqual([['10.0.0.1:80']]);
    expect(dns.errors.length).toBe(1);
  });

  it('keeps all when one fails and the other is empty', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    dns.aaaa = records(['2001:db8::1']);
    const lists = dns.lists(dns.source({ type: 'both' }));
    await dns.clock.run(0);
    dns.a = dnsError('ENODATA');
    dns.aaaa = dnsError('ESERVFAIL');
    await dns.clock.run(MINUTE);
    expect(lists.length).toBe(1);
  });
});

describe('dnsEndpoints when questions fail', () => {
  it.each<[string, AddressReply]>([
    ['the name is unknown', dnsError('ENOTFOUND')],
    ['it has no such records', dnsError('ENODATA')],
    ['the answer is empty', []],
    ['the server fails', dnsError('ESERVFAIL')],
    ['nothing is answered', 'silence'],
    ['an address is none', records(['10.0.0.2', '10.0.0'])],
    ['an address is of the other kind', records(['2001:db8::1'])],
    ['a record is none', [null as never]],
    ['what comes is no list', {} as never],
    ['there are too many records', records(Array.from({ length: 4097 }, (_, i) => `10.0.${i >> 8}.${i & 255}`))],
  ])('keeps the last good answer, and tells, when %s', async (_, reply) => {
    const dns = new FakeDns();
    const balancer = new RoundRobin();
    dns.a = records(['10.0.0.1']);
    const source = dns.source();
    const over = followEndpoints(balancer, source);
    await dns.clock.run(0);
    dns.a = reply;
    await dns.clock.run(MINUTE + 5000);
    expect(balancer.nodes).toEqual(['10.0.0.1:80']);
    expect(dns.errors).toEqual([expect.stringMatching(/^6[05]000 dns-failed: nodes of api\.example\.com: ./)]);
    dns.a = records(['10.0.0.2']);
    await dns.clock.run(MINUTE);
    expect(balancer.nodes).toEqual(['10.0.0.2:80']);
    await source.close();
    await over;
  });

  it('takes as many records as maxNodes', async () => {
    const dns = new FakeDns();
    dns.a = records(Array.from({ length: 4096 }, (_, i) => `10.0.${i >> 8}.${i & 255}`));
    const lists = dns.lists(dns.source());
    await dns.clock.run(0);
    expect(lists[0]!.length).toBe(4096);
  });

  it('says which error it was', async () => {
    const dns = new FakeDns();
    dns.a = dnsError('ESERVFAIL');
    const errors: DnsError[] = [];
    dns.lists(dns.source({ onError: (error) => errors.push(error) }));
    await dns.clock.run(0);
    expect(errors).toEqual([expect.any(DnsError)]);
    expect(errors[0]).toMatchObject({ code: 'dns-failed', outcome: 'failed', cause: dns.a });
  });

  it('waits for 1, 2, 4 ... s while there was never an answer, up to half of the longest interval', async () => {
    const dns = new FakeDns();
    dns.a = dnsError('ESERVFAIL');
    dns.lists(dns.source({ maxIntervalMs: MINUTE }));
    await dns.clock.run(2 * MINUTE);
    expect(dns.times).toEqual([0, 1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000]);
  });

  it('waits for up to twice as long at random', async () => {
    const dns = new FakeDns();
    dns.a = dnsError('ESERVFAIL');
    dns.lists(dns.source({ maxIntervalMs: MINUTE, random: () => 0.5 }));
    await dns.clock.run(MINUTE);
    expect(dns.times).toEqual([0, 1500, 4500, 10_500, 22_500, 46_500]);
  });

  it('waits for 30, 60, 120 s, and so on, when there is an answer to live on', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1'], 30);
    dns.lists(dns.source());
    await dns.clock.run(0);
    dns.a = dnsError('ESERVFAIL');
    await dns.clock.run(9 * MINUTE);
    expect(dns.times.map((at) => at / 1000)).toEqual([0, 30, 60, 120, 240, 390, 540]);
  });

  it('begins with short waits again after an answer', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1'], 30);
    dns.lists(dns.source());
    await dns.clock.run(0);
    dns.a = dnsError('ESERVFAIL');
    await dns.clock.run(100_000);
    dns.a = records(['10.0.0.1'], 30);
    await dns.clock.run(20_000);
    dns.a = dnsError('ESERVFAIL');
    await dns.clock.run(60_000);
    expect(dns.times.map((at) => at / 1000)).toEqual([0, 30, 60, 120, 150, 180]);
  });

  it('goes on after the answer to a question whose time is up', async () => {
    const dns = new FakeDns();
    let late: (reply: never[]) => void = () => {};
    const resolver = {
      resolve4: () => new Promise<never[]>((resolve) => (late = resolve)),
      resolve6: () => Promise.reject(new Error('not asked')),
      resolveSrv: () => Promise.reject(new Error('not asked')),
    };
    const lists = dns.lists(dns.source({ resolver }));
    await dns.clock.run(5000);
    late(records(['10.0.0.9']) as never[]);
    await dns.clock.run(500);
    expect([lists, dns.errors.length]).toEqual([[], 1]);
  });

  it('goes on when onError throws', async () => {
    const dns = new FakeDns();
    dns.a = dnsError('ESERVFAIL');
    dns.lists(
      dns.source({
        onError: () => {
          throw new Error('unheard of');
        },
      }),
    );
    await dns.clock.run(3000);
    expect(dns.times).toEqual([0, 1000, 3000]);
  });
});

describe('dnsEndpoints of SRV records', () => {
  const record = (name: string, port: number, priority: number, weight: number) => ({ name, port, priority, weight });

  it('gives targets with their ports, priorities and weights, lower priorities first', async () => {
    const dns = new FakeDns();
    dns.srv = [record('c.example.', 80, 20, 5), record('B.example', 81, 10, 1), record('a.example', 82, 10, 3)];
    const source = dns.source({ type: 'SRV', name: '_http._tcp.example.com' });
    expect(await now(dns, source.next())).toMatchObject({
      value: [
        { node: 'a.example:82', weight: 3, priority: 10 },
        { node: 'b.example:81', weight: 1, priority: 10 },
        { node: 'c.example:80', weight: 5, priority: 20 },
      ],
    });
    expect(dns.asked).toEqual(['0 SRV _http._tcp.example.com']);
  });

  it('gives a weight of 0 a very small chance beside others of its priority (RFC 2782)', async () => {
    const dns = new FakeDns();
    dns.srv = [record('a.example', 80, 1, 0), record('b.example', 80, 1, 1), record('c.example', 80, 2, 0)];
    const { value } = (await now(dns, dns.source({ type: 'SRV' }).next())) as IteratorResult<object[]>;
    expect(value).toMatchObject([{ weight: 0.01 }, { weight: 1 }, { node: 'c.example:80', weight: 1 }]);
  });

  it('asks each minimum interval, since Node does not tell the time to live', async () => {
    const dns = new FakeDns();
    dns.srv = [record('a.example', 80, 1, 0)];
    dns.lists(dns.source({ type: 'SRV' }));
    await dns.clock.run(MINUTE);
    expect(dns.times).toEqual([0, 30_000, 60_000]);
  });

  it('gives a list when only a weight has changed', async () => {
    const dns = new FakeDns();
    dns.srv = [record('a.example', 80, 1, 1)];
    const lists = dns.lists(dns.source({ type: 'SRV' }));
    await dns.clock.run(0);
    dns.srv = [record('a.example', 80, 1, 2)];
    await dns.clock.run(30_000);
    expect(lists.length).toBe(2);
  });

  it('takes the better of two priorities of a node', async () => {
    const dns = new FakeDns();
    dns.srv = [record('a.example', 80, 2, 9), record('a.example', 80, 1, 3), record('a.example', 80, 1, 4)];
    const { value } = (await now(dns, dns.source({ type: 'SRV' }).next())) as IteratorResult<object[]>;
    expect(value).toEqual([{ node: 'a.example:80', weight: 4, priority: 1 }]);
  });

  it.each([
    ['a root as its target, which says that there is no such service', record('', 80, 1, 1)],
    ['no name as its target', record('a b', 80, 1, 1)],
    ['an address as its target', record('10.0.0.1', 80, 1, 1)],
    ['no port', record('a.example', 0, 1, 1)],
    ['a port that is too large', record('a.example', 65_536, 1, 1)],
    ['a negative weight', record('a.example', 80, 1, -1)],
    ['a fraction of a priority', record('a.example', 80, 0.5, 1)],
  ])('has failed when a record has %s', async (_, srv) => {
    const dns = new FakeDns();
    dns.srv = [srv];
    const lists = dns.lists(dns.source({ type: 'SRV' }));
    await dns.clock.run(0);
    expect([lists, dns.errors.length]).toEqual([[], 1]);
  });
});

describe('the end of dnsEndpoints', () => {
  it('comes with close, which may be called twice: who waits hears of it, and nothing is asked any more', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    const source = dns.source();
    await now(dns, source.next());
    const next = source.next();
    await source.close();
    await source.close();
    await source[Symbol.asyncDispose]();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await source.next()).toEqual({ done: true, value: undefined });
    await dns.clock.run(10 * MINUTE);
    expect(dns.times).toEqual([0]);
  });

  it('comes with break', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    const loop = (async () => {
      for await (const list of dns.source()) return list.length;
      return 0;
    })();
    expect(await now(dns, loop)).toBe(1);
    await dns.clock.run(10 * MINUTE);
    expect(dns.times).toEqual([0]);
  });

  it('comes with the signal: who waits gets its reason, and nothing is asked any more', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    const controller = new AbortController();
    const reason = new Error('enough');
    const source = dns.source({ signal: controller.signal });
    await now(dns, source.next());
    const next = source.next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    await expect(source.next()).rejects.toBe(reason);
    await dns.clock.run(10 * MINUTE);
    expect(dns.times).toEqual([0]);
  });

  it('comes while a question is open, whose answer counts no more', async () => {
    const dns = new FakeDns();
    dns.a = 'silence';
    const source = dns.source();
    const next = source.next();
    await source.close();
    await dns.clock.run(10 * MINUTE);
    expect(await next).toMatchObject({ done: true });
    expect([dns.times, dns.errors]).toEqual([[0], []]);
  });

  it('has come when the signal has aborted already', async () => {
    const dns = new FakeDns();
    const reason = new Error('too late');
    await expect(dns.source({ signal: AbortSignal.abort(reason) }).next()).rejects.toBe(reason);
    expect(dns.asked).toEqual([]);
  });

  it('comes with that of followEndpoints', async () => {
    const dns = new FakeDns();
    dns.a = records(['10.0.0.1']);
    const controller = new AbortController();
    const over = followEndpoints(new RoundRobin(), dns.source(), { signal: controller.signal });
    over.catch(() => {});
    await dns.clock.run(0);
    controller.abort(new Error('enough'));
    await expect(over).rejects.toThrow('enough');
    await dns.clock.run(10 * MINUTE);
    expect(dns.times).toEqual([0]);
  });
});

describe('options of dnsEndpoints', () => {
  it.each<[string, Partial<DnsEndpointsOptions>, string]>([
    ['no name', { name: undefined as never }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['an address', { name: '10.0.0.1' }, 'name'],
    ['an IPv6 address', { name: '::1' }, 'name'],
    ['a name with a space', { name: 'a b' }, 'name'],
    ['a URL', { name: 'http://a.example' }, 'name'],
    ['an empty label', { name: 'a..example' }, 'name'],
    ['a label that is too long', { name: `${'a'.repeat(64)}.example` }, 'name'],
    ['a name that is too long', { name: 'abcdefg.'.repeat(32) }, 'name'],
    ['an unknown type', { type: 'MX' as never }, 'type'],
    ['a type that every object has', { type: 'constructor' as never }, 'type'],
    ['no port', { port: undefined as never }, 'port'],
    ['port 0', { port: 0 }, 'port'],
    ['a port that is too large', { port: 65_536 }, 'port'],
    ['a port for SRV', { type: 'SRV', port: 80 }, 'port'],
    ['no minimum', { minIntervalMs: 0 }, 'minIntervalMs'],
    ['a maximum below the minimum', { maxIntervalMs: 29_999 }, 'maxIntervalMs'],
    ['an endless maximum', { maxIntervalMs: Infinity }, 'maxIntervalMs'],
    ['no wait before a retry', { retryMs: 0 }, 'retryMs'],
    ['no time', { timeoutMs: 0 }, 'timeoutMs'],
    ['no nodes', { maxNodes: 0 }, 'maxNodes'],
    ['servers that have names', { servers: ['ns.example'] }, 'servers'],
    ['servers and a resolver', { servers: ['10.0.0.2'], resolver: new FakeDns() }, 'servers'],
  ])('refuse %s', (_, options, option) => {
    const make = (): unknown => dnsEndpoints({ name: 'a.example', port: 80, ...options });
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-option', option }));
  });

  it.each(['a.example.', 'A.Example', '_http._tcp.a.example', 'xn--bcher-kva.example', 'host'])('take %s', (name) => {
    expect(() => dnsEndpoints({ name, port: 80 })).not.toThrow();
  });

  it('have a maximum that follows a long minimum', () => {
    expect(() => dnsEndpoints({ name: 'a.example', port: 80, minIntervalMs: 600_000 })).not.toThrow();
  });
});
