import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SecureTransport, TlsOptions } from '../../src/transport/tcp.js';
import { Authority, type Identity } from './certificates.js';
import { LOOPBACK, type StreamOptions, untilRefused } from './stream-bench.js';
import { watch } from './transport-suite.js';

/** Opens a transport of one kind. */
export type OpenSecurely = (options: StreamOptions & { readonly tls?: TlsOptions }) => Promise<SecureTransport>;

/** The fingerprint of the certificate that a transport shows to who dials it now. */
export async function shownBy({ address }: SecureTransport): Promise<string> {
  const { hostname, port } = new URL(address!.includes('://') ? address! : `tcp://${address}`);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerX509Certificate()!;
  socket.destroy();
  return fingerprint256;
}

/** The fingerprint of the certificate of a node. */
export function fingerprintOf({ cert }: Identity): string {
  return new X509Certificate(cert).fingerprint256;
}

/** What renewed certificates mean for every transport that has TLS. */
export function renewalSuite(name: string, openTransport: OpenSecurely): void {
  describe(`${name}: certificates that are renewed`, () => {
    const opened: SecureTransport[] = [];
    let authority: Authority;

    const node = async (id: string, to: readonly SecureTransport[], tls?: TlsOptions): Promise<SecureTransport> => {
      const addresses = Object.fromEntries(to.map((peer) => [peer.id, peer.address!]));
      const listen = to.length === 0 ? LOOPBACK : null;
      const identity = tls ?? (await authority.identity(id));
      const transport = await openTransport({
        ...{ id, cluster: 'test', listen, addresses, reconnectMinMs: 5 },
        tls: identity,
      });
      opened.push(transport);
      return transport;
    };

    beforeAll(async () => {
      authority = await Authority.create('an authority');
    });
    afterEach(() => Promise.all(opened.splice(0).map((transport) => transport.close())));

    it('are shown to those who dial from then on, while open connections stay', async () => {
      const renewed = await authority.issue('a');
      const a = await node('a', []);
      const b = await node('b', [a]);
      const [atA, atB] = [watch(a.channel('c')), watch(b.channel('c'))];
      await Promise.all([atA.noticed('b up'), atB.noticed('a up')]);
      expect(await shownBy(a)).toBe(fingerprintOf(await authority.identity('a')));
      a.renewTls(renewed);
      expect(await shownBy(a)).toBe(fingerprintOf(renewed));
      await (await node('c', [a])).connected('a');
      b.channel('c').send('a', 'still here');
      a.channel('c').send('b', 'so am I');
      await Promise.all([atA.count(1), atB.count(1)]);
      expect([...atA.notices, ...atB.notices]).toEqual(['b up', 'c up', 'a up']);
    });

    it('are shown to those who are dialed from then on', async () => {
      const foreign = await Authority.create('another authority');
      const a = await node('a', []);
      const b = await node('b', [a], { ...(await foreign.identity('b')), ca: authority.pem });
      await untilRefused(a, 'certificate');
      b.renewTls(await authority.identity('b'));
      await b.connected('a');
    });

    it('may be of another authority', async () => {
      const next = await Authority.create('the next authority');
      const both = [authority.pem, next.pem];
      const a = await node('a', []);
      const b = await node('b', [a], { ...(await next.identity('b')), ca: both });
      await untilRefused(a, 'certificate');
      a.renewTls({ ...(await authority.identity('a')), ca: both });
      await b.connected('a');
      a.renewTls(await next.identity('a'));
      await (await node('c', [a], await next.identity('c'))).connected('a');
      const stranger = await node('d', [a], { ...(await authority.identity('d')), ca: both });
      await untilRefused(stranger, 'refused-by-peer');
      expect(b.channel('c').send('a', 'the connection is still there')).toBe(true);
    });

    it('are still asked of clients, whatever the renewal says', async () => {
      const a = await node('a', []);
      a.renewTls({ ...(await authority.issue('a')), clientCertificates: false });
      await node('b', [a], { ca: authority.pem, clientCertificates: false });
      await untilRefused(a, 'certificate');
    });

    it('are needed by a client as when it was opened, whatever the renewal says', async () => {
      const a = await node('a', []);
      const b = await node('b', [a]);
      const withoutAny = { ca: authority.pem, clientCertificates: false };
      expect(() => b.renewTls(withoutAny)).toThrow('tls.cert is undefined');
      const c = await node('c', [a], withoutAny);
      expect(() => c.renewTls({ ca: authority.pem })).not.toThrow();
    });

    it('are refused when they cannot be used, and the former ones stay in use', async () => {
      const former = await authority.identity('a');
      const a = await node('a', []);
      const wrong: readonly [object, string][] = [
        [{ ca: authority.pem }, 'tls.cert is undefined'],
        [{ ...former, ca: 'nonsense' }, 'tls.ca is "not readable"'],
        [{ ...former, cert: 'nonsense' }, 'tls.cert is "not readable"'],
        [{ ...former, key: (await authority.issue('a')).key }, 'tls.key is "another key"'],
        [await authority.identity('b'), 'tls.cert is "for b"'],
        [await authority.issue('a', { weak: true }), 'tls is "refused by OpenSSL (ERR_SSL_EE_KEY_TOO_SMALL)"'],
      ];
      for (const [tls, message] of wrong) {
        const refusal = expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(message) });
        expect(() => a.renewTls(tls as TlsOptions)).toThrow(refusal);
        expect(await shownBy(a)).toBe(fingerprintOf(former));
      }
      await (await node('b', [a])).connected('a');
    });

    it('are refused by a transport that was opened without any', async () => {
      const a = await openTransport({ id: 'a', cluster: 'test', listen: null });
      opened.push(a);
      expect(() => a.renewTls({ ca: authority.pem })).toThrow('the transport was opened without');
    });
  });
}
