/**
 * What the matrix does with the package in each runtime, as a user would: it runs in a project that has the packed
 * tarball installed and nothing else. Prints one JSON object: for each check `null`, or what went wrong. Takes a folder
 * to write to.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';

/** Longer than any check needs on a slow machine. */
const CHECK_MS = 20_000;

/** How often a message is sent again that may have gone before the peer was there. */
const REPEAT_MS = 20;

const CLUSTER = 'smoke';
const LOOPBACK = { host: '127.0.0.1', port: 0 };
const SECRET = 'the matrix has one secret for all';

const folder = process.argv[2] ?? '.';
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Three nodes elect a leader on virtual time, and all apply what it takes. */
async function election() {
  const { RaftNode } = await import('quorate/raft');
  const { MemoryJournal } = await import('quorate/storage/memory');
  const { VirtualClock } = await import('quorate/testing');
  const { MemoryNetwork } = await import('quorate/transport/memory');
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ latencyMs: 1, clock });
  const members = { a: null, b: null, c: null };
  /** @type {number[][]} */
  const applied = [[], [], []];
  /** @param {string} id @param {number} i */
  const open = (id, i) => {
    const lengths = applied[i] ?? [];
    const stateMachine = {
      /** @param {readonly { data: Uint8Array }[]} commands */
      apply: (commands) => commands.map(({ data }) => lengths.push(data.length)),
      snapshot: () => [],
      restore() {},
    };
    const transport = network.transport(id);
    return RaftNode.open({ transport, journal: new MemoryJournal(), stateMachine, members, clock, seed: i });
  };
  const nodes = await Promise.all(Object.keys(members).map(open));
  await clock.run(10_000);
  const leaders = nodes.filter((node) => node.status().role === 'leader');
  assert.equal(leaders.length, 1, 'exactly one node leads');
  const results = Promise.all([5, 6, 7].map((length) => leaders[0]?.propose(new Uint8Array(length))));
  await clock.run(1000);
  assert.deepEqual(await results, [1, 2, 3]);
  assert.deepEqual(applied, Array(3).fill([5, 6, 7]));
  const closed = Promise.all(nodes.map((node) => node.close()));
  await clock.run(1000);
  await closed;
}

/** Published vectors of MurmurHash3. */
async function hash() {
  const { hashKey32 } = await import('quorate/hashing');
  assert.equal(hashKey32('', 1), 0x514e28b7);
  assert.equal(hashKey32('Hello, world!', 0), 0xc0363e43);
  assert.equal(hashKey32(encoder.encode('Hello, world!'), 0x9747b28c), 0x24884cba);
}

async function codec() {
  const { messagePackCodec } = await import('quorate/codec');
  const tested = messagePackCodec();
  const value = { text: 'ä€😀', bytes: Uint8Array.of(0, 255), list: [null, true, -1.5, 2 ** 40] };
  const decoded = /** @type {typeof value} */ (tested.decode(tested.encode(value)));
  assert.deepEqual({ ...decoded, bytes: Uint8Array.from(decoded.bytes) }, value);
}

async function id() {
  const { formatGpid, parseGpid } = await import('quorate/id');
  const { localGpid } = await import('quorate/id/node');
  const own = localGpid({ ip: '127.0.0.1', port: 4100 });
  assert.deepEqual(parseGpid(formatGpid(own)), own);
}

async function tcp() {
  const { openTcpTransport } = await import('quorate/transport/tcp');
  const b = await openTcpTransport({ id: 'b', cluster: CLUSTER, listen: LOOPBACK, secret: SECRET });
  const addresses = { b: `${b.address}` };
  await exchange(await openTcpTransport({ id: 'a', cluster: CLUSTER, listen: null, addresses, secret: SECRET }), b);
}

/** With certificates on both sides. */
async function tls() {
  const { openTcpTransport } = await import('quorate/transport/tcp');
  /** @type {Record<'a' | 'b', { cert: string, key: string, ca: string }>} */
  const certificates = JSON.parse(readFileSync(new URL('certificates.json', import.meta.url), 'utf8'));
  const b = await openTcpTransport({ id: 'b', cluster: CLUSTER, listen: LOOPBACK, tls: certificates.b });
  const addresses = { b: `${b.address}` };
  const options = { cluster: CLUSTER, listen: null, addresses, tls: certificates.a };
  await exchange(await openTcpTransport({ id: 'a', ...options }), b);
}

/** As a browser does, where the platform has WebSockets: Node has them from 22 on. */
async function websocket() {
  const forNode = await import('quorate/transport/websocket/node');
  const dials = 'WebSocket' in globalThis ? await import('quorate/transport/websocket') : forNode;
  const b = await forNode.openWebSocketTransport({ id: 'b', cluster: CLUSTER, listen: LOOPBACK, secret: SECRET });
  const options = { id: 'a', cluster: CLUSTER, listen: null, addresses: { b: `${b.address}` }, secret: SECRET };
  await exchange(await dials.openWebSocketTransport(options), b);
}

async function udp() {
  const { openUdpTransport } = await import('quorate/transport/udp');
  const b = await openUdpTransport({ id: 'b', cluster: CLUSTER, listen: LOOPBACK, secret: SECRET });
  const addresses = { b: `${b.address}` };
  await exchange(await openUdpTransport({ id: 'a', cluster: CLUSTER, listen: LOOPBACK, addresses, secret: SECRET }), b);
}

async function worker() {
  const { openPortTransport } = await import('quorate/transport/worker');
  const { port1, port2 } = new MessageChannel();
  const a = openPortTransport({ id: 'a', cluster: CLUSTER, ports: { b: port1 } });
  await exchange(a, openPortTransport({ id: 'b', cluster: CLUSTER, ports: { a: port2 } }));
}

/** What is appended is there when the journal is opened again, and a journal in use is not opened twice. */
async function journal() {
  const { openFileJournal } = await import('quorate/storage/file');
  const options = { directory: `${folder}/journal`, cluster: CLUSTER, node: 'a' };
  const first = await openFileJournal(options);
  await first.append([1, 2, 3].map((index) => ({ group: 'g', index, data: encoder.encode(`entry ${index}`) })));
  await assert.rejects(openFileJournal(options), { code: 'journal-locked' });
  await first.checkpoint('g', pieces('one', 'two'), { keepFrom: 3, carry: [] });
  await first.close();
  const second = await openFileJournal(options);
  const found = [];
  for await (const item of second.replay()) {
    if (item.type === 'record') found.push(decoder.decode(item.record.data));
    else for await (const chunk of item.chunks) found.push(decoder.decode(chunk));
  }
  await second.close();
  assert.equal(found.join(' ').replace('one two', 'onetwo'), 'onetwo entry 3');
}

/** @param {string[]} texts */
async function* pieces(...texts) {
  for (const text of texts) yield encoder.encode(text);
}

/**
 * One message each way. Closes both, however it ends.
 *
 * @param {import('quorate/core').Transport} a
 * @param {import('quorate/core').Transport} b
 */
async function exchange(a, b) {
  const [fromA, fromB] = [a.channel('c'), b.channel('c')];
  fromB.listen({ message: (from, message) => void fromB.send(from, { answer: message }) });
  const answered = new Promise((resolve) => fromA.listen({ message: (_, message) => resolve(message) }));
  const repeat = setInterval(() => fromA.send('b', 'question'), REPEAT_MS);
  try {
    assert.deepEqual(await within(answered), { answer: 'question' });
  } finally {
    clearInterval(repeat);
    await Promise.all([a.close(), b.close()]);
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
async function within(promise) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing happened within ${CHECK_MS / 1000} s`)), CHECK_MS);
  });
  try {
    return /** @type {T} */ (await Promise.race([promise, late]));
  } finally {
    clearTimeout(timer);
  }
}

/** @type {Record<string, string | null>} */
const results = {};
for (const [name, check] of Object.entries({ election, hash, codec, id, tcp, tls, websocket, udp, worker, journal })) {
  results[name] = await within(check()).then(() => null, String);
}
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
