import { holds, same, type ConformanceCase } from './case.js';
import type { TransportBench, TransportSupports, TransportTest } from './transport-bench.js';

/** What happens when peers come and go, and when a transport is closed. */
export function lifetimeCases(test: TransportTest, supports: TransportSupports): ConformanceCase[] {
  return [
    test('closes more than once, and by await using', closesTwice),
    test('sends and delivers nothing once it is closed', nothingAfterClose),
    test('forgets an address when told null, whether it knew one or not', forgetsAddresses),
    ...(supports.notices
      ? [
          test('tells listeners of peers that come and go', comingAndGoing),
          test('tells those who listen late of the peers that are there', lateListeners),
          test('tells nothing to who stopped listening before it was told', stoppedEarly),
          test('tells its own listeners that peers are gone when it closes', ownListeners),
          test('returns false for a peer that has gone', gonePeers),
        ]
      : []),
    ...(supports.addresses ? [test('answers a peer whose address it was never told', answersStrangers)] : []),
    ...(supports.reopens ? [test('lets a node come back under its id', comesBack)] : []),
  ];
}

async function closesTwice(bench: TransportBench): Promise<void> {
  const [a] = await bench.openAll('a', 'b');
  const { address } = a.status();
  holds(typeof address === 'string' || address === null, 'an address, or null', address);
  if (bench.supports.addresses) holds(address !== null, 'an address that others can be told');
  await Promise.all([a.close(), a.close()]);
  await a.close();
  await a[Symbol.asyncDispose]();
  same('the address of a closed transport', a.status().address, null);
  a.setAddress('b', null);
}

async function nothingAfterClose(bench: TransportBench): Promise<void> {
  const [a, b, c] = await bench.openAll('a', 'b', 'c');
  const atA = bench.watch(a, 'c');
  const atB = bench.watch(b, 'c');
  await bench.deliver(b, 'c', atA, 'a', 'before');
  const flood = (): void => {
    for (let i = 0; i < 20; i++) b.channel('c').send('a', i);
  };
  flood();
  await bench.close(a);
  const [messages, notices] = [atA.messages.length, atA.notices.length];
  flood();
  holds(!a.channel('c').send('b', 'late'), 'send on a closed transport to return false');
  await bench.meanwhile(b, c);
  same('the number of messages at the closed node', atA.messages.length, messages);
  same('the number of notices at the closed node', atA.notices.length, notices);
  same('what the closed node sent', atB.messages, []);
}

async function forgetsAddresses(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  a.setAddress('nobody', null);
  a.setAddress('b', null);
  a.setAddress('b', null);
  bench.introduce(a, b);
  await bench.settle();
  const atB = bench.watch(b, 'c');
  await bench.deliver(a, 'c', atB, 'b', 'still here');
}

async function comingAndGoing(bench: TransportBench): Promise<void> {
  const a = await bench.open('a');
  const atA = bench.watch(a, 'c');
  await bench.open('b');
  await atA.noticed('b up');
  const c = await bench.open('c');
  await atA.noticed('c up');
  await bench.close(c);
  await atA.noticed('c down');
  same('the notices', atA.notices, ['b up', 'c up', 'c down']);
}

async function lateListeners(bench: TransportBench): Promise<void> {
  const [a] = await bench.openAll('a', 'b', 'c');
  const late = bench.watch(a, 'late');
  await late.noticed('b up');
  await late.noticed('c up');
  same('the notices', [...late.notices].sort(), ['b up', 'c up']);
}

async function stoppedEarly(bench: TransportBench): Promise<void> {
  const [a] = await bench.openAll('a', 'b');
  const first = bench.watch(a, 'c');
  first.stop();
  const second = bench.watch(a, 'c');
  await second.noticed('b up');
  same('the notices of the one that stopped', first.notices, []);
  same('the notices of the other one', second.notices, ['b up']);
}

async function ownListeners(bench: TransportBench): Promise<void> {
  const [a] = await bench.openAll('a', 'b');
  const atA = bench.watch(a, 'c');
  await atA.noticed('b up');
  await bench.close(a);
  same('the notices when close has resolved', atA.notices, ['b up', 'b down']);
}

async function gonePeers(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atA = bench.watch(a, 'c');
  await bench.close(b);
  await atA.noticed('b down');
  holds(!a.channel('c').send('b', 1), 'send to a peer that has gone to return false');
  const connected = a.status().peers.some(({ id, connected }) => id === 'b' && connected);
  holds(!connected, 'a peer that has gone not to be connected', a.status().peers);
}

async function answersStrangers(bench: TransportBench): Promise<void> {
  const [a, b] = [await bench.openAlone('a'), await bench.openAlone('b')];
  const atA = bench.watch(a, 'c');
  bench.watch(b, 'c', (from) => b.channel('c').send(from, 'answer'));
  bench.introduce(a, b);
  await bench.settle();
  await bench.until(
    atA,
    'an answer',
    () => atA.messages.length > 0,
    () => a.channel('c').send('b', 'question'),
  );
  same('the answer', atA.messages[0], { from: 'b', message: 'answer' });
}

async function comesBack(bench: TransportBench): Promise<void> {
  const [a, b] = await bench.openAll('a', 'b');
  const atA = bench.watch(a, 'c');
  if (bench.supports.notices) await atA.noticed('b up');
  await bench.close(b);
  const again = await bench.open('b');
  const atAgain = bench.watch(again, 'c');
  const wanted = ['b up', 'b down', 'b up'];
  if (bench.supports.notices) await atA.until('the notices of a new run', () => atA.notices.length >= wanted.length);
  await bench.deliver(a, 'c', atAgain, 'b', 'welcome back');
  await bench.deliver(again, 'c', atA, 'a', 'thank you');
  if (bench.supports.notices) same('the notices', atA.notices, wanted);
}
