import { messagePackCodec } from 'quorate/codec';
import type { Transport } from 'quorate/core';
import { holds, same } from '../../../src/testing/conformance/case.js';
import { messageValues } from '../../../src/testing/conformance/values.js';
import type { WebSocketBench } from './bench.js';
import type { WebSocketCases } from './cases.js';
import { NODE } from './settings.js';

const MANY = 5000;

/** What happens to messages, which the node sends back. */
export const messageCases: WebSocketCases = {
  'carries messages both ways, in order': bothWays,
  'carries every kind of value': everyValue,
  'carries a message as large as it says, and drops and counts a larger one': largest,
  'bounds its queue, counts what it drops, and loses nothing that it took': bounded,
};

async function bothWays(bench: WebSocketBench): Promise<void> {
  const client = await bench.connect();
  const watch = bench.watch(client, 'echo');
  const numbers = Array.from({ length: MANY }, (_, i) => i);
  for (const number of numbers) holds(client.channel('echo').send(NODE, number), 'send to return true');
  await watch.count(MANY);
  same('what came back', watch.contents, numbers);
  same('who sent it', new Set(watch.messages.map(({ from }) => from)).size, 1);
  same('the sender', watch.messages[0]!.from, NODE);
}

async function everyValue(bench: WebSocketBench): Promise<void> {
  const client = await bench.connect();
  const { maxBytes } = client.channel('echo').supports;
  const values = messageValues(maxBytes);
  const watch = bench.watch(client, 'echo');
  for (const value of values) client.channel('echo').send(NODE, value);
  await watch.count(values.length);
  same('what came back', watch.contents, values);
}

async function largest(bench: WebSocketBench): Promise<void> {
  const client = await bench.connect();
  const channel = client.channel('echo');
  const watch = bench.watch(client, 'echo');
  const { maxBytes } = channel.supports;
  const bytes = Uint8Array.from({ length: maxBytes - 5 }, (_, i) => i & 0xff);
  same('the length of the message', messagePackCodec().encode(bytes).length, maxBytes);
  holds(channel.send(NODE, bytes), 'send of as much as supports.maxBytes to return true');
  await watch.count(1);
  holds(equalBytes(watch.contents[0], bytes), 'the same bytes to come back');
  holds(!channel.send(NODE, new Uint8Array(maxBytes - 4)), 'send of one byte more to return false');
  same('the number of dropped messages', droppedBy(client), 1);
  channel.send(NODE, 'small');
  await watch.count(2);
  same('what came back next', watch.contents[1], 'small');
}

async function bounded(bench: WebSocketBench): Promise<void> {
  const client = await bench.connect();
  const watch = bench.watch(client, 'numbers');
  const bytes = new Uint8Array(64 * 1024).fill(7);
  const most = 300; // the queue holds 16 MiB
  const taken: number[] = [];
  for (let number = 0; number < most; number++) {
    if (client.channel('numbers').send(NODE, { number, bytes })) taken.push(number);
  }
  holds(taken.length > 0 && taken.length < most, 'some of the messages to be taken, and not all', taken.length);
  same('the number of dropped messages', droppedBy(client), most - taken.length);
  await watch.count(taken.length);
  same('the messages that came', watch.contents, taken);
}

function droppedBy(client: Transport): number {
  return client.status().peers.find(({ id }) => id === NODE)!.dropped;
}

/** The kit's comparison describes differences, which takes long for millions of bytes. */
function equalBytes(found: unknown, expected: Uint8Array): boolean {
  return (
    found instanceof Uint8Array && found.length === expected.length && found.every((byte, i) => byte === expected[i])
  );
}
