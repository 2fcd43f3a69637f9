import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/index.js';
import type { Channel, NodeId, Transport } from '../../src/core/index.js';
import { Watch } from '../../src/testing/conformance/watch.js';

/** How the suite makes transports of one implementation. */
export interface TransportSetup {
  /** Opens a transport that can reach all others opened since the last `reset`, once `settle` resolved. */
  open(id: NodeId): Promise<Transport>;
  /** Resolves when all open transports are connected with each other. */
  settle(): Promise<void>;
  /** Closes what the test left open. */
  reset(): Promise<void>;
}

/** Listens to a channel, and waits for what comes for five seconds at most. */
export function watch(channel: Channel, onMessage?: (from: NodeId, message: unknown) => void): Watch {
  return new Watch(channel, { clock: systemClock, timeoutMs: 5000 }, onMessage);
}

/** What the transports of this library have in common beyond what `transportCases` asks of every transport. */
export function transportSuite(name: string, setup: TransportSetup): void {
  describe(`${name}: what the transports here have in common`, () => {
    afterEach(() => setup.reset());

    const pair = async (): Promise<[Transport, Transport]> => {
      const transports: [Transport, Transport] = [await setup.open('a'), await setup.open('b')];
      await setup.settle();
      return transports;
    };

    it('counts what arrives on a channel that nobody knows, or listens to', async () => {
      const [a, b] = await pair();
      b.channel('silent');
      const atB = watch(b.channel('c'));
      a.channel('silent').send('b', 1);
      a.channel('unknown').send('b', 1);
      a.channel('c').send('b', 1);
      await atB.count(1);
      expect(b.status().refused).toEqual({ 'no-listener': 1, 'unknown-channel': 1 });
    });

    it('goes on after a listener throws', async () => {
      const [a, b] = await pair();
      const errors: unknown[] = [];
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', (error) => errors.push(error));
      try {
        const atB = watch(b.channel('c'), (_, message) => {
          if (message === 1) throw new Error('mistake of the listener');
        });
        for (const message of [1, 2, 3]) a.channel('c').send('b', message);
        await atB.count(3);
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        process.removeAllListeners('uncaughtException');
        for (const listener of others) process.on('uncaughtException', listener);
      }
      expect(errors).toEqual([new Error('mistake of the listener')]);
    });

    it('takes no message for itself', async () => {
      const [a] = await pair();
      expect(a.channel('c').send('a', 1)).toBe(false);
    });

    it('refuses wrong names and ids', async () => {
      const [a] = await pair();
      expect(() => a.channel('')).toThrow('1 to 64 printable ASCII characters');
      expect(() => a.channel('x'.repeat(65))).toThrow('1 to 64 printable ASCII characters');
      expect(() => a.setAddress('with space', null)).toThrow('id is "with space"');
    });
  });
}
