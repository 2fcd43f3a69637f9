import type { PeerStatus, Transport } from '../../core/index.js';
import { holds, same, throws, type ConformanceCase } from './case.js';
import type { TransportBench, TransportSupports, TransportTest } from './transport-bench.js';

const QUEUED_BYTES = 64 * 1024;

/** Messages that are larger cost more memory than a test should take. */
const LARGEST_TRIED = 64 * 1024 * 1024;

/** What a message needs besides its bytes, at most. */
const ENVELOPE = 64;

/** What is dropped, refused and counted. */
export function limitCases(test: TransportTest, supports: TransportSupports): ConformanceCase[] {
  return [
    test('has one listener a channel, and another one when that has stopped', oneListener),
    test('drops what nobody listens to, and counts it', nobodyListens),
    test('returns false for peers that nobody knows, and never throws', unknownPeers),
    test('carries a message as large as it says, and drops and counts a larger one', oversized),
    test('counts messages by peer', countsByPeer),
    test('refuses what is no node id', refusesIds),
    ...(supports.queuedMessages === null
      ? []
      : [test('bounds the queue of a peer, and counts what it drops', bounded)]),
  ];
}

async function oneListener(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const first = bench.watch(b, 'c');
  throws('a second listener', 'channel-in-use', () => bench.watch(b, 'c'));
  await bench.deliver(a, 'c', first, 'b', 1);
  first.stop();
  const second = bench.watch(b, 'c');
  first.stop(); // stops nothing that is not its own
  await bench.deliver(a, 'c', second, 'b', 2);
  bench.sameMessages('what the first listener got', first, [1]);
  bench.sameMessages('what the second listener got', second, [2]);
}

async function nobodyListens(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const before = refusedBy(b);
  b.channel('silent');
  const stopped = bench.watch(b, 'stopped');
  stopped.stop();
  const atB = bench.watch(b, 'c');
  for (const channel of ['silent', 'unknown', 'stopped']) a.channel(channel).send('b', 1);
  await bench.deliver(a, 'c', atB, 'b', 'last');
  if (bench.supports.ordered && bench.exact) same('the number of refused messages', refusedBy(b) - before, 3);
  same('what a listener got that had stopped', stopped.messages, []);
  const late = bench.watch(b, 'silent');
  await bench.meanwhile(a, b);
  if (bench.supports.ordered) same('what a listener got that came too late', late.messages, []);
}

async function unknownPeers(bench: TransportBench): Promise<void> {
  const a = await bench.open('a');
  holds(!a.channel('c').send('nobody', 1), 'send to a peer that nobody knows to return false');
  a.setAddress('nobody', null);
  holds(!a.channel('c').send('nobody', 1), 'send to a peer without an address to return false');
}

async function oversized(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atB = bench.watch(b, 'c');
  const { maxBytes } = a.channel('c').supports;
  const size = Math.min(maxBytes, 1024 * 1024) - ENVELOPE;
  await bench.deliver(a, 'c', atB, 'b', new Uint8Array(size).fill(1));
  if (maxBytes > LARGEST_TRIED) return;
  const before = peerOf(a, 'b').dropped;
  holds(!a.channel('c').send('b', new Uint8Array(maxBytes + 1)), 'send of more than supports.maxBytes to return false');
  same('the number of dropped messages', peerOf(a, 'b').dropped - before, 1);
  await bench.deliver(a, 'c', atB, 'b', 'small');
  holds(
    atB.contents.every((content) => content === 'small' || (content as Uint8Array).length === size),
    'nothing of it to arrive',
  );
}

async function countsByPeer(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b', 'c');
  const atB = bench.watch(b, 'c');
  const [sending, receiving] = [peerOf(a, 'b'), peerOf(b, 'a')];
  for (let i = 0; i < 3; i++) await bench.deliver(a, 'c', atB, 'b', i);
  const [sent, received] = [peerOf(a, 'b'), peerOf(b, 'a')];
  holds(sent.sent - sending.sent >= 3, 'three more messages sent', sent);
  holds(received.received - receiving.received >= 3, 'three more messages received', received);
  if (bench.exact) same('the growth of the counter `sent`', sent.sent - sending.sent, 3);
  if (bench.exact) same('the growth of the counter `received`', received.received - receiving.received, 3);
  same('the growth of the counter `dropped`', sent.dropped - sending.dropped, 0);
  same('whether the peers are connected', [sent.connected, received.connected], [true, true]);
  const ids = a.status().peers.map(({ id }) => id);
  same('the peers of a', ids.sort(), ['b', 'c']);
}

async function refusesIds(bench: TransportBench): Promise<void> {
  const a = await bench.open('a');
  for (const id of ['', 'with space', 'x'.repeat(129)]) {
    throws('setAddress of what is no node id', 'invalid-option', () => a.setAddress(id, null));
  }
}

async function bounded(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atB = bench.watch(b, 'c');
  const before = peerOf(a, 'b').dropped;
  const most = bench.supports.queuedMessages! + 1;
  const taken: number[] = [];
  for (let i = 0; i < most; i++) {
    const bytes = new Uint8Array(QUEUED_BYTES).fill(i & 0xff);
    if (a.channel('c').send('b', { number: i, bytes })) taken.push(i);
  }
  holds(taken.length > 0, 'some of the messages to be taken');
  holds(taken.length < most, `at most ${most - 1} messages to be taken in one go`, taken.length);
  same('the number of dropped messages', peerOf(a, 'b').dropped - before, most - taken.length);
  const { queuedBytes } = peerOf(a, 'b');
  holds(queuedBytes >= 0 && Number.isFinite(queuedBytes), 'queuedBytes to be a number of bytes', queuedBytes);
  if (bench.exact) await atB.count(taken.length);
  await bench.deliver(a, 'c', atB, 'b', 'again');
  const numbers = atB.contents
    .filter((content) => content !== 'again')
    .map((content) => (content as { number: number }).number);
  holds(
    numbers.every((number) => taken.includes(number)),
    'only messages that were taken',
    numbers,
  );
}

/** How many messages and connections were refused, for whatever reason. */
function refusedBy(transport: Transport): number {
  return Object.values(transport.status().refused).reduce((sum, count) => sum + count, 0);
}

function peerOf(transport: Transport, id: string): PeerStatus {
  const peer = transport.status().peers.find((known) => known.id === id);
  holds(peer !== undefined, `status().peers to have ${id}`, transport.status().peers);
  return peer;
}
