import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/index.js';
import type { Channel, NodeId, Transport } from '../../src/core/index.js';

/** How the suite makes transports of one implementation. */
export interface TransportSetup {
  /** Opens a transport that can reach all others opened since the last `reset`, once `settle` resolved. */
  open(id: NodeId): Promise<Transport>;
  /** Resolves when all open transports are connected with each other. */
  settle(): Promise<void>;
  /** Closes what the test left open. */
  reset(): Promise<void>;
}

/** What one listener saw, in order, and a way to wait for it. */
export class Recorder {
  readonly messages: { readonly from: NodeId; readonly message: unknown }[] = [];
  readonly notices: string[] = [];
  readonly stop: () => void;
  readonly #waiters = new Set<() => void>();

  constructor(channel: Channel, onMessage: (from: NodeId, message: unknown) => void = () => {}) {
    this.stop = channel.listen({
      message: (from, message) => {
        this.messages.push({ from, message });
        onMessage(from, message);
        this.#changed();
      },
      peer: (id, up) => {
        this.notices.push(`${id} ${up ? 'up' : 'down'}`);
        this.#changed();
      },
    });
  }

  /** Resolves when the condition holds; it is looked at after each event. Rejects after five seconds. */
  until(condition: (seen: this) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const seen = (): string => JSON.stringify({ messages: this.messages.length, notices: this.notices });
      const cancel = systemClock.after(5000, () => reject(new Error(`did not happen; saw ${seen()}`)));
      const look = (): void => {
        if (!condition(this)) return;
        cancel();
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  #changed(): void {
    for (const look of this.#waiters) look();
  }
}

/** What every transport must do, whatever carries it. */
export function transportSuite(name: string, setup: TransportSetup): void {
  describe(`${name}: what every transport does`, () => {
    afterEach(() => setup.reset());

    const pair = async (): Promise<[Transport, Transport]> => {
      const transports: [Transport, Transport] = [await setup.open('a'), await setup.open('b')];
      await setup.settle();
      return transports;
    };

    it('carries every kind of value, both ways', async () => {
      const [a, b] = await pair();
      const value = { n: null, t: true, i: -7, f: 0.5, s: 'grüß', bytes: Uint8Array.of(1, 2), list: [1, ['x']], o: {} };
      const atB = new Recorder(b.channel('c'), (from, message) => b.channel('c').send(from, message));
      const atA = new Recorder(a.channel('c'));
      expect(a.channel('c').send('b', value)).toBe(true);
      await atA.until((seen) => seen.messages.length === 1);
      expect(atB.messages).toEqual([{ from: 'a', message: value }]);
      expect(atA.messages).toEqual([{ from: 'b', message: value }]);
    });

    it('never calls a listener inside send or listen', async () => {
      const [a, b] = await pair();
      let inside = false;
      let calls = 0;
      const note = (): void => {
        expect(inside).toBe(false);
        calls++;
      };
      const guarded = <T>(call: () => T): T => {
        inside = true;
        const result = call();
        inside = false;
        return result;
      };
      const channel = b.channel('c');
      guarded(() => channel.listen({ message: note, peer: note }));
      const atA = new Recorder(a.channel('c'));
      await atA.until((seen) => seen.notices.length === 1);
      for (let i = 0; i < 10; i++) guarded(() => a.channel('c').send('b', i));
      guarded(() => channel.send('a', 'x'));
      await atA.until((seen) => seen.messages.length === 1);
      expect(calls).toBeGreaterThan(0);
    });

    it('keeps the order of thousands of messages', async () => {
      const [a, b] = await pair();
      expect(a.channel('c').supports.ordered).toBe(true);
      const atB = new Recorder(b.channel('c'));
      let sent = 0;
      while (sent < 5000) {
        for (let i = 0; i < 100; i++) expect(a.channel('c').send('b', sent++)).toBe(true);
        const upTo = sent;
        await atB.until((seen) => seen.messages.length === upTo);
      }
      expect(atB.messages.map(({ message }) => message)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    });

    it('keeps channels apart', async () => {
      const [a, b] = await pair();
      const one = new Recorder(b.channel('one'));
      const two = new Recorder(b.channel('two'));
      a.channel('one').send('b', 1);
      a.channel('two').send('b', 2);
      await two.until((seen) => seen.messages.length === 1);
      expect(one.messages.map(({ message }) => message)).toEqual([1]);
      expect(two.messages.map(({ message }) => message)).toEqual([2]);
      expect(a.channel('one')).toBe(a.channel('one'));
    });

    it('counts what arrives on a channel that nobody knows, or listens to', async () => {
      const [a, b] = await pair();
      b.channel('silent');
      const atB = new Recorder(b.channel('c'));
      a.channel('silent').send('b', 1);
      a.channel('unknown').send('b', 1);
      a.channel('c').send('b', 1);
      await atB.until((seen) => seen.messages.length === 1);
      expect(b.status().refused).toEqual({ 'no-listener': 1, 'unknown-channel': 1 });
    });

    it('has one listener a channel', async () => {
      const [a] = await pair();
      const first = new Recorder(a.channel('c'));
      expect(() => new Recorder(a.channel('c'))).toThrow(expect.objectContaining({ code: 'channel-in-use' }));
      first.stop();
      const second = new Recorder(a.channel('c'));
      first.stop(); // stops nothing that is not its own
      await second.until((seen) => seen.notices.includes('b up'));
      expect(first.notices).toEqual([]);
    });

    it('goes on after a listener throws', async () => {
      const [a, b] = await pair();
      const errors: unknown[] = [];
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', (error) => errors.push(error));
      try {
        const atB = new Recorder(b.channel('c'), (_, message) => {
          if (message === 1) throw new Error('mistake of the listener');
        });
        for (const message of [1, 2, 3]) a.channel('c').send('b', message);
        await atB.until((seen) => seen.messages.length === 3);
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        process.removeAllListeners('uncaughtException');
        for (const listener of others) process.on('uncaughtException', listener);
      }
      expect(errors).toEqual([new Error('mistake of the listener')]);
    });

    it('drops what cannot be delivered, without throwing', async () => {
      const [a, b] = await pair();
      expect(a.channel('c').send('nobody', 1)).toBe(false);
      expect(a.channel('c').send('a', 1)).toBe(false);
      const atA = new Recorder(a.channel('c'));
      await b.close();
      await atA.until((seen) => seen.notices.includes('b down'));
      expect(a.channel('c').send('b', 1)).toBe(false);
      await a.close();
      expect(a.channel('c').send('b', 1)).toBe(false);
    });

    it('tells listeners of peers that come and go, early and late ones', async () => {
      const [a, b] = await pair();
      const atA = new Recorder(a.channel('c'));
      await atA.until((seen) => seen.notices.join() === 'b up');
      const c = await setup.open('c');
      await setup.settle();
      await atA.until((seen) => seen.notices.join() === 'b up,c up');
      await c.close();
      await atA.until((seen) => seen.notices.join() === 'b up,c up,c down');
      const late = new Recorder(b.channel('late'));
      await late.until((seen) => seen.notices.join() === 'a up');
    });

    it('tells its own listeners that peers are gone when it closes', async () => {
      const [a] = await pair();
      const atA = new Recorder(a.channel('c'));
      await atA.until((seen) => seen.notices.join() === 'b up');
      await a.close();
      expect(atA.notices.join()).toBe('b up,b down');
    });

    it('lets a node come back under its id', async () => {
      const [a, b] = await pair();
      const atA = new Recorder(a.channel('c'));
      await atA.until((seen) => seen.notices.length === 1);
      await b.close();
      const again = await setup.open('b');
      await setup.settle();
      const atAgain = new Recorder(again.channel('c'));
      await atA.until((seen) => seen.notices.join() === 'b up,b down,b up');
      expect(a.channel('c').send('b', 'welcome')).toBe(true);
      await atAgain.until((seen) => seen.messages.length === 1);
    });

    it('counts messages by peer', async () => {
      const [a, b] = await pair();
      const atB = new Recorder(b.channel('c'));
      for (let i = 0; i < 3; i++) a.channel('c').send('b', i);
      await atB.until((seen) => seen.messages.length === 3);
      expect(a.status().peers).toEqual([
        { id: 'b', connected: true, sent: 3, received: 0, dropped: 0, queuedBytes: expect.any(Number) },
      ]);
      expect(b.status().peers).toMatchObject([{ id: 'a', connected: true, sent: 0, received: 3, dropped: 0 }]);
    });

    it('closes more than once, and by await using', async () => {
      const [a] = await pair();
      expect(a.status().address).toEqual(expect.any(String));
      await Promise.all([a.close(), a.close()]);
      await a[Symbol.asyncDispose]();
      expect(a.status().address).toBeNull();
      a.setAddress('b', null);
    });

    it('refuses wrong names and ids', async () => {
      const [a] = await pair();
      expect(() => a.channel('')).toThrow('1 to 64 printable ASCII characters');
      expect(() => a.channel('x'.repeat(65))).toThrow('1 to 64 printable ASCII characters');
      expect(() => a.setAddress('with space', null)).toThrow('id is "with space"');
    });
  });
}
