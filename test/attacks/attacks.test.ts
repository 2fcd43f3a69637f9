import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/index.js';
import { openRequests } from '../../src/host/index.js';
import type { StreamTransport } from '../../src/transport/tcp.js';
import { until, untilRefused } from '../transport/stream-bench.js';
import { openTransport, type TransportChoice, type TransportName } from './attacked-transport.js';
import { Attacker } from './attacker.js';
import { attacksOn } from './attacks.js';
import { AttackCertificates } from './certificates.js';
import { frameAttacks } from './frame-attacks.js';

const certificates = await AttackCertificates.create();

/** What comes before frames, and why the node refuses it; `null` where it only ends it. */
const OWN: Readonly<Record<Exclude<TransportName, 'tcp'>, Readonly<Record<string, string | null>>>> = {
  tls: {
    'random bytes before TLS': 'tls',
    'a hello without TLS': 'tls',
    'half a ClientHello': 'handshake-timeout',
    'a ClientHello byte by byte': 'handshake-timeout',
    'silent before TLS': 'handshake-timeout',
    'TLS and nothing else': null,
    'no certificate': 'certificate',
    'a foreign certificate': 'certificate',
    'an id that the certificate does not name': 'certificate',
  },
  websocket: {
    'random bytes before the upgrade': 'malformed',
    'half a request': 'handshake-timeout',
    'a request byte by byte': 'handshake-timeout',
    'headers without end': 'handshake-timeout',
    'silent before the upgrade': 'handshake-timeout',
    'a huge header': 'malformed',
    'many headers': 'malformed',
    'another path': 'malformed',
    'a foreign origin': 'origin',
    'no upgrade, and a body without end': 'malformed',
    'random bytes after the upgrade': 'malformed',
    'messages of text': 'malformed',
    'a huge message': 'bad-frame-length',
    'half a message': 'handshake-timeout',
    'a message of empty parts': 'malformed',
    pings: null,
    'pings, and reads no answers': null,
    'pings after the hello, and reads no answers': null,
  },
};

describe.each(['tls', 'websocket'] as const)('attacks on %s', (transport) => {
  const ending: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const end of ending.splice(0)) await end();
  });

  async function over(id: string): Promise<TransportChoice> {
    return transport === 'tls' ? { transport, tls: await certificates.of(id) } : { transport };
  }

  /** A node that answers requests, and asks it as an honest client. */
  async function start(): Promise<{ node: StreamTransport; ask: () => Promise<unknown> }> {
    const node = await openTransport(await over('a'), { id: 'a', cluster: 'test', handshakeTimeoutMs: 200 }, true);
    const addresses = { a: node.address! };
    const honest = await openTransport(await over('honest'), { id: 'honest', cluster: 'test', addresses }, false);
    const answering = openRequests(node.channel('put'), { clock: systemClock, handler: () => 'answer' });
    const asking = openRequests(honest.channel('put'), { clock: systemClock });
    await honest.connected('a');
    ending.push(
      () => asking.close(),
      () => answering.close(),
      () => honest.close(),
      () => node.close(),
    );
    return { node, ask: () => asking.request('a', 'question') };
  }

  async function attackerOf(node: StreamTransport, name: string): Promise<Attacker> {
    const { certified, foreign } = await certificates.ofAttackers([name]);
    const papers = transport === 'tls' ? { certified: certified[name]!, foreign } : {};
    const attacker = new Attacker(name, { address: node.address!, transport, ...papers });
    ending.unshift(() => attacker.stop());
    return attacker;
  }

  it('are those by frames, and its own', () => {
    expect(Object.keys(attacksOn(transport))).toEqual([...Object.keys(frameAttacks), ...Object.keys(OWN[transport])]);
  });

  it.each(Object.entries(OWN[transport]))(
    '%s: refused as %s, and the honest client is answered',
    async (name, reason) => {
      const { node, ask } = await start();
      const attacker = await attackerOf(node, name);
      void attacksOn(transport)[name]!(attacker);
      if (reason !== null) await untilRefused(node, reason);
      await until(
        () => 'it came',
        () => attacker.count > 0,
      );
      expect(await ask()).toBe('answer');
      if (reason === null) expect(node.status().refused).toEqual({});
    },
  );

  it('get in as the ids that they may have', async () => {
    const { node } = await start();
    const attacker = await attackerOf(node, 'half a frame');
    void attacksOn(transport)['half a frame']!(attacker);
    await expect.poll(() => node.status().peers.length).toBe(9); // eight of them, and the honest client
  });
});
