import type { NodeId, Transport } from '../../core/index.js';
import { ConformanceError, holds, same, throws, type ConformanceCase } from './case.js';
import type { TransportBench, TransportSupports, TransportTest } from './transport-bench.js';
import { FOREIGN_VALUES, messageValues } from './values.js';
import type { Watch } from './watch.js';

/** How many messages the order is looked at over, and how many are sent at a time. */
const MANY = 5000;
const AT_A_TIME = 100;

/** What happens to messages. */
export function deliveryCases(test: TransportTest, supports: TransportSupports): ConformanceCase[] {
  return [
    test('carries messages both ways and names the sender', bothWays),
    test('carries messages between three nodes, each to the one that it is for', amongThree),
    test('carries every kind of value', everyValue),
    test('never calls a listener inside send or listen', neverInside),
    test('keeps channels apart', channelsApart),
    test('keeps bytes that have arrived as they are while others arrive', bytesStay),
    test('has one channel of a name, which says what it supports', channelsOfAName),
    ...(supports.ordered ? [test('keeps the order of thousands of messages', keepsOrder)] : []),
    ...(supports.loss ? [] : [test('loses none of the messages that it took', losesNone)]),
    ...(supports.copies ? [test('hands out copies of what was sent', handsOutCopies)] : []),
    ...(supports.checksValues ? [test('refuses values that messages must not hold', refusesForeign)] : []),
  ];
}

async function bothWays(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atB = bench.watch(b, 'c', (from) => b.channel('c').send(from, 'answer'));
  const atA = bench.watch(a, 'c');
  await bench.until(
    atA,
    'an answer',
    () => atA.messages.length > 0,
    () => a.channel('c').send('b', 'question'),
  );
  same('what the asked one got', atB.messages[0], { from: 'a', message: 'question' });
  same('what the asking one got', atA.messages[0], { from: 'b', message: 'answer' });
  if (bench.exact) holds(a.channel('c').send('b', 1), 'send to a connected peer to return true');
}

async function amongThree(bench: TransportBench): Promise<void> {
  const transports = await bench.openAll('a', 'b', 'c');
  const watches = new Map(transports.map((transport) => [transport.id, bench.watch(transport, 'c')]));
  for (const from of transports) {
    for (const [to, watch] of watches) {
      if (to !== from.id) await bench.deliver(from, 'c', watch, to, `${from.id} to ${to}`);
    }
  }
  for (const [id, watch] of watches) {
    for (const { from, message } of watch.messages) same(`a message at ${id}`, message, `${from} to ${id}`);
  }
}

async function everyValue(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  for (const [number, value] of messageValues(a.channel('c0').supports.maxBytes).entries()) {
    const channel = `c${number}`;
    const atB = bench.watch(b, channel);
    await bench.until(
      atB,
      'the message',
      () => atB.messages.length > 0,
      () => a.channel(channel).send('b', value),
    );
    same('the value that arrived', atB.contents[0], value);
    atB.stop();
  }
}

async function neverInside(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  let inside = '';
  let caught = '';
  const within = <T>(what: string, call: () => T): T => {
    inside = what;
    const result = call();
    inside = '';
    return result;
  };
  const note = (): void => {
    caught ||= inside;
  };
  within('listen', () => b.channel('c').listen({ message: note, peer: note }));
  const answers = bench.watch(a, 'c', note);
  for (let i = 0; i < 10; i++) within('send', () => a.channel('c').send('b', i));
  await bench.until(
    answers,
    'a message',
    () => answers.messages.length > 0,
    () => within('send', () => b.channel('c').send('a', 'x')),
  );
  if (caught !== '') throw new ConformanceError(`expected no call of a listener inside ${caught}; saw one`);
}

async function channelsApart(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const one = bench.watch(b, 'one');
  const two = bench.watch(b, 'two');
  await bench.deliver(a, 'one', one, 'b', 1);
  await bench.deliver(a, 'two', two, 'b', 2);
  await bench.deliver(a, 'one', one, 'b', 3);
  bench.sameMessages('channel "one"', one, [1, 3]);
  bench.sameMessages('channel "two"', two, [2]);
}

/** A receiver that decodes views of a buffer that it fills again gives itself away here. */
async function bytesStay(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atB = bench.watch(b, 'c');
  const size = Math.min(3000, a.channel('c').supports.maxBytes - 64);
  const sent = Array.from({ length: 50 }, (_, i) => ({ number: i, bytes: new Uint8Array(size).fill(i) }));
  for (const message of sent) await bench.deliver(a, 'c', atB, 'b', message);
  bench.sameMessages('the messages at the end', atB, sent);
}

async function channelsOfAName(bench: TransportBench): Promise<void> {
  const a = await bench.open('a');
  const channel = a.channel('one');
  holds(a.id === 'a', 'the id that the transport was opened with', a.id);
  holds(channel.name === 'one', 'the name that the channel was asked for by', channel.name);
  holds(a.channel('one') === channel, 'the same channel for the same name');
  holds(a.channel('two') !== channel, 'another channel for another name');
  same('supports.ordered of a channel', channel.supports.ordered, bench.supports.ordered);
  holds(channel.supports.maxBytes > 0, 'supports.maxBytes above 0', channel.supports.maxBytes);
}

async function keepsOrder(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atB = bench.watch(b, 'c');
  for (let sent = 0; sent < MANY;) {
    let taken = -1; // a full queue may refuse some: only the order counts here
    for (let i = 0; i < AT_A_TIME; i++, sent++) if (a.channel('c').send('b', sent)) taken = sent;
    const arrived = (): boolean => taken >= 0 && (atB.contents.at(-1) as number) >= taken;
    await bench.until(atB, `message ${taken}`, arrived, () => {
      if (taken >= 0 && bench.exact) return true;
      const again = a.channel('c').send('b', sent);
      if (again) taken = sent;
      sent++;
      return again;
    });
  }
  let last = -1;
  for (const message of atB.contents as number[]) {
    const inOrder = bench.supports.duplicates ? message >= last : message > last;
    if (!inOrder)
      throw new ConformanceError(`expected messages in the order of sending; saw ${message} behind ${last}`);
    last = message;
  }
}

async function losesNone(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atA = bench.watch(a, 'c');
  const atB = bench.watch(b, 'c');
  const burst = (from: Transport, to: NodeId): number[] =>
    Array.from({ length: 100 }, (_, i) => i).filter((i) => from.channel('c').send(to, i));
  const [taken, answered] = [burst(a, 'b'), burst(b, 'a')];
  const distinct = (watch: Watch): number => new Set(watch.contents).size;
  await atB.until(`all ${taken.length} messages`, () => distinct(atB) >= taken.length);
  await atA.until(`all ${answered.length} messages`, () => distinct(atA) >= answered.length);
  bench.sameMessages('messages from a to b', atB, taken);
  bench.sameMessages('messages from b to a', atA, answered);
}

async function handsOutCopies(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atB = bench.watch(b, 'c');
  const inner = { list: [1, 2], bytes: Uint8Array.of(1, 2, 3) };
  const message = { inner };
  const expected = structuredClone(message);
  await bench.deliver(a, 'c', atB, 'b', message);
  const seen = atB.contents[0] as typeof message;
  holds(seen !== message && seen.inner !== inner, 'an object of its own at the receiver');
  inner.list.push(3);
  inner.bytes[0] = 9;
  same('what arrived, after the sender changed what it sent', seen, expected);
  seen.inner.bytes[1] = 8;
  same('what was sent, after the receiver changed what arrived', inner.bytes, Uint8Array.of(9, 2, 3));
}

async function refusesForeign(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atB = bench.watch(b, 'c');
  for (const value of FOREIGN_VALUES) {
    throws('send of a value that messages must not hold', 'not-encodable', () => a.channel('c').send('b', value));
  }
  await bench.deliver(a, 'c', atB, 'b', 'well');
  bench.sameMessages('what arrived', atB, ['well']);
}
