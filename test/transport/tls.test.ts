import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { QuorateError } from '../../src/core/index.js';
import { openTcpTransport, type TcpTransportOptions } from '../../src/transport/tcp.js';
import { Authority, type Wanted } from './certificates.js';
import { Relay } from './relay.js';
import { renewalSuite } from './renewal-suite.js';
import {
  bareSocket,
  controlsIn,
  dialSecurely,
  helloFrame,
  LOOPBACK,
  StreamBench,
  tls,
  untilRefused,
} from './stream-bench.js';
import { streamSuite } from './stream-suite.js';
import { watch } from './transport-suite.js';

const authority = await Authority.create('an authority');
const foreign = await Authority.create('an authority'); // of the same name

streamSuite('tls', tls(authority));
renewalSuite('tls', openTcpTransport);

const bench = new StreamBench({
  ...tls(authority),
  open: async (options) => openTcpTransport({ tls: await authority.identity(options.id), ...options }),
});
type Options = Partial<TcpTransportOptions>;

/** Collects what is told of refusals. */
function told(): { readonly errors: QuorateError[]; readonly onRefused: (error: QuorateError) => void } {
  const errors: QuorateError[] = [];
  return { errors, onRefused: (error) => errors.push(error) };
}

describe('a node with mutual TLS', () => {
  afterEach(bench.reset);

  it('talks to another one, and nobody between them can read it', async () => {
    const a = await bench.node('a');
    const relay = await Relay.open(a.address!);
    const b = await bench.node('b', { listen: null, addresses: { a: relay.address } });
    const atA = watch(a.channel('c'));
    await b.connected('a');
    b.channel('c').send('a', 'a word that is secret');
    await atA.count(1);
    const sent = Buffer.concat([...relay.passed.up, ...relay.passed.down]);
    expect(sent.length).toBeGreaterThan(1000);
    expect(sent.includes('a word that is secret')).toBe(false);
    await bench.reset();
    await relay.close();
  });

  it('asks for the secret, too, when it has one', async () => {
    const secret = 'a secret of twenty-seven bytes';
    const a = await bench.node('a', { secret });
    const b = await bench.client('b', [a], { secret });
    const c = await bench.client('c', [a]);
    await b.connected('a');
    await untilRefused(c, 'refused-by-peer');
    expect(a.status().refused).toMatchObject({ unauthenticated: expect.any(Number) });
  });

  const refused: readonly [string, () => Promise<object>, string][] = [
    ['that names another node', () => authority.identity('y'), 'its certificate names "y", not x'],
    ['that has expired', () => authority.issue('x', { expired: true }), 'its certificate has expired'],
    ['that is not valid yet', () => authority.issue('x', { notYetValid: true }), 'its certificate is not valid yet'],
    ['of a foreign authority', () => foreign.identity('x'), 'was not made by an authority in tls.ca'],
    ['that is missing', async () => ({}), 'it has no certificate'],
  ];
  it.each(refused)('refuses a dialer with a certificate %s', async (_name, identity, message) => {
    const { errors, onRefused } = told();
    const a = await bench.node('a', { onRefused });
    for (let round = 0; round < 2; round++) {
      const bare = await dialSecurely(a.address!, { ...(await identity()), ca: authority.pem });
      bare.write(helloFrame());
      await bare.closed;
      expect(controlsIn(bare.received)).toEqual([{ type: 'refused', reason: 'certificate' }]);
    }
    expect(a.status()).toMatchObject({ refused: { certificate: 2 }, peers: [] });
    expect(errors).toMatchObject([{ reason: 'certificate', message: expect.stringContaining(message) }]);
  });

  const impostors: readonly [string, () => Promise<object>, string][] = [
    ['has expired', () => authority.issue('a', { expired: true }), 'its certificate has expired'],
    ['is of a foreign authority', () => foreign.identity('a'), 'was not made by an authority in tls.ca'],
  ];
  it.each(impostors)('refuses whom it dials, when that certificate %s', async (_name, identity, message) => {
    const { errors, onRefused } = told();
    const a = await bench.node('a', { tls: await identity() } as Options);
    const b = await bench.client('b', [a], { onRefused });
    await untilRefused(b, 'certificate', 2);
    expect(errors).toMatchObject([{ reason: 'certificate', message: expect.stringContaining(message) }]);
    expect(b.status().peers).toMatchObject([{ id: 'a', connected: false }]);
    expect(a.status().peers).toEqual([]);
  });

  it('refuses whom it dials, when that is another node, and says nothing to it', async () => {
    const { errors, onRefused } = told();
    const c = await bench.node('c');
    const relay = await Relay.open(c.address!);
    const b = await bench.node('b', { listen: null, addresses: { a: relay.address }, onRefused });
    await untilRefused(b, 'certificate', 2);
    expect(errors).toMatchObject([{ message: expect.stringContaining('its certificate names "c", not a') }]);
    expect(c.status()).toMatchObject({ peers: [], refused: {} });
    await bench.reset();
    await relay.close();
  });

  it('learns why it is refused for its certificate', async () => {
    const { errors, onRefused } = told();
    const a = await bench.node('a');
    const b = await bench.client('b', [a], {
      onRefused,
      tls: await authority.issue('b', { expired: true }),
    } as Options);
    await untilRefused(a, 'certificate', 2);
    await untilRefused(b, 'refused-by-peer', 2);
    expect(errors).toMatchObject([{ message: expect.stringContaining('the reason it gave is: certificate') }]);
  });
});

describe('a certificate names a node', () => {
  afterEach(bench.reset);
  const cases: readonly [string, Wanted, boolean][] = [
    ['by a DNS name', { names: [{ type: 'dns', value: 'x' }] }, true],
    ['by a URI', { names: [{ type: 'url', value: 'quorate:x' }] }, true],
    ['by one of several names', { names: ['y', 'x'].map((value) => ({ type: 'dns', value })) }, true],
    ['by its common name, where it has no other', { names: [], commonName: 'x' }, true],
    ['not by its common name, where it has another', { names: [{ type: 'dns', value: 'y' }], commonName: 'x' }, false],
    ['not by a URI of another form', { names: [{ type: 'url', value: 'https://x' }] }, false],
    ['not by a mail address', { names: [{ type: 'email', value: 'x' }] }, false],
    ['not by a DNS name that only looks like two', { names: [{ type: 'dns', value: 'y, DNS:x' }] }, false],
    ['not by a URI that only looks like two', { names: [{ type: 'url', value: 'quorate:y, URI:quorate:x' }] }, false],
    ['not by a prefix', { names: [{ type: 'dns', value: 'x.example' }] }, false],
    ['not by a wildcard', { names: [{ type: 'dns', value: '*' }] }, false],
  ];
  it.each(cases)('%s', async (_name, wanted, good) => {
    const a = await bench.node('a');
    const bare = await dialSecurely(a.address!, await authority.issue('x', wanted));
    bare.write(helloFrame());
    if (good) await a.connected('x');
    else await untilRefused(a, 'certificate');
    bare.reset();
  });
});

describe('TLS on one side only', () => {
  afterEach(bench.reset);

  it('is refused, counted and told, when the side that dials has none', async () => {
    const [ofA, ofB] = [told(), told()];
    const a = await bench.node('a', { onRefused: ofA.onRefused });
    await bench.client('b', [a], { onRefused: ofB.onRefused, tls: undefined } as never);
    await untilRefused(a, 'tls', 2);
    expect(ofA.errors).toMatchObject([{ reason: 'tls', message: expect.stringContaining('it speaks no TLS') }]);
    expect(ofB.errors).toMatchObject([{ code: 'dial-failed', message: expect.stringContaining('hung up before') }]);
  });

  it('is refused, counted and told, when only the side that dials has it', async () => {
    const [ofA, ofB] = [told(), told()];
    const a = await bench.node('a', { onRefused: ofA.onRefused, tls: undefined } as never);
    const b = await bench.client('b', [a], { onRefused: ofB.onRefused });
    await untilRefused(a, 'tls', 2);
    expect(ofA.errors).toMatchObject([{ reason: 'tls', message: expect.stringContaining('it speaks TLS, and') }]);
    expect(ofB.errors).toMatchObject([{ message: expect.stringContaining('a') }]);
    expect(b.status().peers).toMatchObject([{ connected: false }]);
  });

  it('is refused for versions before 1.2', async () => {
    const a = await bench.node('a');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const bare = await dialSecurely(a.address!, { ...(await authority.identity('x')), ...old });
    await bare.closed;
    await untilRefused(a, 'tls');
  });

  it('works with version 1.2', async () => {
    const a = await bench.node('a');
    const bare = await dialSecurely(a.address!, { ...(await authority.identity('x')), maxVersion: 'TLSv1.2' });
    bare.write(helloFrame());
    await a.connected('x');
    bare.reset();
  });
});

describe('a handshake of TLS', () => {
  afterEach(bench.reset);

  it.each([
    ['does not come', new Uint8Array(0)],
    ['stops after its first bytes', Uint8Array.of(0x16, 3, 1, 2, 0, 1)],
  ])('that %s counts as a connection, and is over after handshakeTimeoutMs', async (_name, bytes) => {
    const a = await bench.node('a', { handshakeTimeoutMs: 200, maxConnections: 1 });
    const [host, port] = a.address!.split(':');
    const bare = await bareSocket(connect(Number(port), host), 'connect');
    bare.write(bytes);
    const second = await bareSocket(connect(Number(port), host), 'connect');
    await bare.closed;
    expect(a.status().refused).toEqual({ 'too-many-connections': 1 });
    second.write(bytes);
    await second.closed;
    expect(a.status().refused).toEqual({ 'too-many-connections': 1, 'handshake-timeout': 1 });
  });

  it('of garbage is refused', async () => {
    const a = await bench.node('a');
    const [host, port] = a.address!.split(':');
    for (const bytes of [new Uint8Array(100), new Uint8Array(100).fill(255), Buffer.from('GET / HTTP/1.1\r\n\r\n')]) {
      const bare = await bareSocket(connect(Number(port), host), 'connect');
      bare.write(bytes);
      await bare.closed;
    }
    await untilRefused(a, 'tls', 3);
    expect(a.status().refused).toEqual({ tls: 3 });
  });
});

describe('TLS without certificates of clients', () => {
  afterEach(bench.reset);

  it('lets a client without one in, which still checks whom it dials', async () => {
    const a = await bench.node('a', {
      tls: { ...(await authority.identity('a')), clientCertificates: false },
    } as Options);
    const client = (ca: string): Options => ({ tls: { ca, clientCertificates: false } });
    await (await bench.client('b', [a], client(authority.pem))).connected('a');
    const stranger = await bench.client('c', [a], client(foreign.pem));
    await untilRefused(stranger, 'certificate');
    expect(a.status().peers).toMatchObject([{ id: 'b', connected: true }]);
  });
});

describe('the option tls', () => {
  it('is checked, and keys are not repeated in errors', async () => {
    const good = await authority.identity('a');
    const other = await authority.issue('a');
    const ofB = await authority.identity('b');
    const wrong: readonly [unknown, string][] = [
      [null, 'tls is null; it must be an object'],
      [{}, 'tls.ca is undefined; it must be a certificate in PEM form'],
      [{ ...good, ca: [] }, 'tls.ca is "an empty list"'],
      [{ ...good, ca: 'nonsense' }, 'tls.ca is "not readable"'],
      [{ ...good, cert: undefined }, 'tls.cert is undefined'],
      [{ ...good, cert: good.key }, 'tls.cert is "not readable"'],
      [{ ...good, cert: good.cert.replace(/[A-Z]{4}/, '') }, 'tls.cert is "not readable"'],
      [{ ...good, key: undefined }, 'tls.key is undefined; it must be the private key of tls.cert'],
      [{ ...good, key: good.cert }, 'tls.key is "not readable"'],
      [{ ...good, key: other.key }, 'tls.key is "another key"; it must be the private key of the first certificate'],
      [await authority.issue('a', { weak: true }), 'tls is "refused by OpenSSL (ERR_SSL_EE_KEY_TOO_SMALL)"'],
      [ofB, 'tls.cert is "for b"; it must be a certificate that names this node: DNS:a or URI:quorate:a'],
      [{ ca: good.ca, clientCertificates: false }, 'tls.cert is undefined'],
    ];
    for (const [options, message] of wrong) {
      const opening = openTcpTransport({ id: 'a', cluster: 'test', listen: LOOPBACK, tls: options as never });
      const error = await opening.catch((reason: unknown) => reason as Error);
      expect(error).toMatchObject({ code: 'invalid-option', message: expect.stringContaining(message) });
      expect((error as Error).message).not.toMatch(/PRIVATE KEY-----\n/);
    }
  });

  it('takes bytes, chains, and several authorities', async () => {
    const good = await authority.identity('a');
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const options = { cert: bytes(good.cert + authority.pem), key: bytes(good.key), ca: [authority.pem + foreign.pem] };
    const a = await openTcpTransport({ id: 'a', cluster: 'test', listen: LOOPBACK, tls: options });
    await a.close();
  });
});
