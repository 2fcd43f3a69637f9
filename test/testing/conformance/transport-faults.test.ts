import { describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../../src/codec/index.js';
import type { Channel, ChannelListener, ChannelSupport, Transport } from '../../../src/core/index.js';
import { transportCases } from '../../../src/testing/index.js';
import { MemoryNetwork } from '../../../src/transport/memory.js';
import { failureOf } from './run-cases.js';
import { memorySupports } from './memory-supports.js';

type Wrap = (transport: Transport, network: MemoryNetwork) => Partial<Transport>;
type WrapChannel = (channel: Channel) => Partial<Channel>;

/** A transport with some of its members replaced. */
function changed<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name) as unknown;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

/** Replaces members of each channel, which stays one object for each name. */
function inChannels(wrap: WrapChannel): Wrap {
  return (transport) => {
    const channels = new Map<string, Channel>();
    const channel = (name: string): Channel => {
      const known = channels.get(name) ?? changed(transport.channel(name), wrap(transport.channel(name)));
      channels.set(name, known);
      return known;
    };
    return { channel };
  };
}

/** Changes what a listener gets. */
function inListeners(wrap: (listener: ChannelListener) => Partial<ChannelListener>): Wrap {
  return inChannels((channel) => ({
    listen: (listener) => channel.listen({ ...listener, ...wrap(listener) }),
  }));
}

const small: ChannelSupport = { ordered: true, maxBytes: 4096 };
const isLarge = (message: unknown): boolean => message instanceof Uint8Array && message.length > small.maxBytes;
const counts = (transport: Transport): Partial<ReturnType<Transport['status']>> => transport.status();

/** Each fault with the name of the case that must find it. */
const faults: readonly { readonly name: string; readonly found: string; readonly wrap: Wrap }[] = [
  {
    name: 'delivers inside listen',
    found: 'never calls a listener inside send or listen',
    wrap: inChannels((channel) => ({
      listen(listener) {
        listener.peer?.('a', true);
        return channel.listen(listener);
      },
    })),
  },
  {
    name: 'delivers inside send',
    found: 'never calls a listener inside send or listen',
    wrap: (() => {
      const listeners = new Map<string, ChannelListener>();
      return (transport: Transport): Partial<Transport> =>
        inChannels((channel) => ({
          listen(listener) {
            listeners.set(`${transport.id} ${channel.name}`, listener);
            return channel.listen({ peer: (id, up) => listener.peer?.(id, up), message: () => {} });
          },
          send(to, message) {
            listeners.get(`${to} ${channel.name}`)?.message(transport.id, message);
            return true;
          },
        }))(transport, undefined as never);
    })(),
  },
  {
    name: 'lets messages overtake each other',
    found: 'keeps the order of thousands of messages',
    wrap: inListeners((listener) => {
      let held: (() => void) | null = null;
      return {
        message(from, message) {
          const deliver = (): void => listener.message(from, message);
          if (message === 7) return void (held = deliver);
          deliver();
          if (message === 8) held?.();
        },
      };
    }),
  },
  {
    name: 'loses a message',
    found: 'loses none of the messages that it took',
    wrap: inListeners((listener) => ({
      message: (from, message) => (message === 50 ? undefined : listener.message(from, message)),
    })),
  },
  {
    name: 'delivers twice',
    found: 'loses none of the messages that it took',
    wrap: inListeners((listener) => ({
      message(from, message) {
        listener.message(from, message);
        if (message === 50) listener.message(from, message);
      },
    })),
  },
  {
    name: 'takes what is too large and drops it',
    found: 'carries a message as large as it says, and drops and counts a larger one',
    wrap: inChannels((channel) => ({
      supports: small,
      send: (to, message) => isLarge(message) || channel.send(to, message),
    })),
  },
  {
    name: 'does not count what is too large',
    found: 'carries a message as large as it says, and drops and counts a larger one',
    wrap: inChannels((channel) => ({
      supports: small,
      send: (to, message) => !isLarge(message) && channel.send(to, message),
    })),
  },
  {
    name: 'throws for a peer that nobody knows',
    found: 'returns false for peers that nobody knows, and never throws',
    wrap: inChannels((channel) => ({
      send(to, message) {
        if (to === 'nobody') throw new Error('who?');
        return channel.send(to, message);
      },
    })),
  },
  {
    name: 'mixes channels',
    found: 'keeps channels apart',
    wrap: (transport, network) =>
      inChannels(() => ({ send: (to, message) => transport.channel('one').send(to, message) }))(transport, network),
  },
  {
    name: 'makes a channel anew each time',
    found: 'has one channel of a name, which says what it supports',
    wrap: (transport) => ({ channel: (name) => changed(transport.channel(name), {}) }),
  },
  {
    name: 'delivers to everybody',
    found: 'carries messages between three nodes, each to the one that it is for',
    wrap: (transport) =>
      inChannels((channel) => ({
        send: (to, message) =>
          counts(transport)
            .peers!.map(({ id }) => channel.send(id, message))
            .includes(true) && to !== '',
      }))(transport, undefined as never),
  },
  {
    name: 'turns bytes into arrays',
    found: 'carries every kind of value',
    wrap: inChannels((channel) => ({
      send: (to, message) => channel.send(to, message instanceof Uint8Array ? [...message] : message),
    })),
  },
  {
    name: 'reuses the buffer that it decodes from',
    found: 'keeps bytes that have arrived as they are while others arrive',
    wrap: inListeners((listener) => {
      const buffer = new Uint8Array(3000);
      return {
        message(from, message) {
          const { number, bytes } = message as { number: number; bytes: Uint8Array };
          buffer.set(bytes);
          listener.message(from, { number, bytes: buffer });
        },
      };
    }),
  },
  {
    name: 'shares memory with the sender',
    found: 'hands out copies of what was sent',
    wrap: () => ({}),
  },
  {
    name: 'takes whatever it is given',
    found: 'refuses values that messages must not hold',
    wrap: () => ({}),
  },
  {
    name: 'has two listeners',
    found: 'has one listener a channel, and another one when that has stopped',
    wrap: inChannels((channel) => {
      let stop = (): void => {};
      return {
        listen(listener) {
          stop();
          return (stop = channel.listen(listener));
        },
      };
    }),
  },
  {
    name: 'keeps delivering to a listener that has stopped',
    found: 'has one listener a channel, and another one when that has stopped',
    wrap: inChannels((channel) => {
      const all = new Set<ChannelListener>();
      let stop: (() => void) | null = null;
      return {
        listen(listener) {
          stop?.();
          all.add(listener);
          stop = channel.listen({ message: (...args) => all.forEach((one) => one.message(...args)) });
          return () => {};
        },
      };
    }),
  },
  {
    name: 'does not count what nobody listens to',
    found: 'drops what nobody listens to, and counts it',
    wrap: (transport) => ({ status: () => ({ ...transport.status(), refused: {} }) }),
  },
  {
    name: 'counts nothing',
    found: 'counts messages by peer',
    wrap: (transport) => ({
      status() {
        const { peers, ...rest } = transport.status();
        return { ...rest, peers: peers.map((peer) => ({ ...peer, sent: 0, received: 0 })) };
      },
    }),
  },
  {
    name: 'has a queue without a bound',
    found: 'bounds the queue of a peer, and counts what it drops',
    wrap: inChannels((channel) => ({ send: (to, message) => channel.send(to, message) || true })),
  },
  {
    name: 'takes any id',
    found: 'refuses what is no node id',
    wrap: () => ({ setAddress: () => {} }),
  },
  {
    name: 'fails when it is closed twice',
    found: 'closes more than once, and by await using',
    wrap(transport) {
      let closed = false;
      const close = async (): Promise<void> => {
        if (closed) throw new Error('closed already');
        closed = true;
        await transport.close();
      };
      return { close };
    },
  },
  {
    name: 'delivers after it was closed',
    found: 'sends and delivers nothing once it is closed',
    wrap: () => ({ close: () => Promise.resolve() }),
  },
  {
    name: 'never says that a peer has gone',
    found: 'tells listeners of peers that come and go',
    wrap: inListeners((listener) => ({ peer: (id, up) => (up ? listener.peer?.(id, up) : undefined) })),
  },
  {
    name: 'tells late listeners nothing',
    found: 'tells those who listen late of the peers that are there',
    wrap: inChannels((channel) => ({
      listen(listener) {
        let late = channel.name === 'late';
        queueMicrotask(() => queueMicrotask(() => (late = false)));
        return channel.listen({ ...listener, peer: (id, up) => (late ? undefined : listener.peer?.(id, up)) });
      },
    })),
  },
];

/** What an implementation throws that misbehaves in another way than by being wrong. */
async function complaintOf(found: string, wrap: Wrap): Promise<string> {
  const all = { ...memorySupports, copies: true, checksValues: true };
  const network = (): { open: MemoryNetwork['transport'] } => {
    const memory = new MemoryNetwork({ maxQueuedMessages: 300 });
    return { open: (id) => ((transport) => changed(transport, wrap(transport, memory)))(memory.transport(id)) };
  };
  const cases = transportCases({ network, timeoutMs: 100 }, all);
  const { run } = cases.find(({ name }) => name === found)!;
  return run().then(
    () => 'nothing',
    (error: Error) => error.message,
  );
}

describe('the kit for transports', () => {
  it.each(faults)('finds one that $name', async ({ found, wrap }) => {
    const complaint = await complaintOf(found, wrap);
    expect(complaint).not.toBe('nothing');
    expect(complaint).toMatch(/expected|nobody sent|who\?|closed already/);
  });

  it('leaves out what the manifest does not promise', () => {
    const setup = { network: () => ({ open: (id: string) => new MemoryNetwork().transport(id) }) };
    const promised = { ...memorySupports, copies: true, checksValues: true, addresses: true };
    const least = {
      ...memorySupports,
      ordered: false,
      loss: true,
      notices: false,
      queuedMessages: null,
      reopens: false,
    };
    const names = (supports: typeof memorySupports): string[] =>
      transportCases(setup, supports).map(({ name }) => name);
    expect(new Set(names(promised)).size).toBe(names(promised).length);
    expect(names(promised).filter((name) => !names(least).includes(name))).toHaveLength(12);
  });

  it('passes transports that lose and repeat messages, where they may', async () => {
    let sent = 0;
    const unreliable = inChannels((channel) => ({
      send(to, message) {
        sent++;
        if (sent % 3 === 0) return true;
        return sent % 5 === 0 ? channel.send(to, message) && channel.send(to, message) : channel.send(to, message);
      },
    }));
    const network = (): { open: MemoryNetwork['transport'] } => {
      const memory = new MemoryNetwork({ codec: messagePackCodec() });
      return { open: (id) => ((transport) => changed(transport, unreliable(transport, memory)))(memory.transport(id)) };
    };
    const supports = { ...memorySupports, loss: true, duplicates: true, queuedMessages: null };
    const names = ['counts messages by peer', 'returns false for peers that nobody knows, and never throws'];
    const cases = transportCases({ network }, supports).filter(({ name }) => !names.includes(name));
    for (const { run } of cases) await run();
    const reliable = transportCases({ network, timeoutMs: 50 }, { ...supports, loss: false, duplicates: false });
    expect(await failureOf(reliable, 'loses none of the messages that it took')).toMatch('within 50 ms');
  });
});
