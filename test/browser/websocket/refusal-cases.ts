import type { QuorateError } from 'quorate/core';
import { ConnectionRefusedError } from 'quorate/transport/websocket';
import { holds, same } from '../../../src/testing/conformance/case.js';
import type { WebSocketBench } from './bench.js';
import type { WebSocketCases } from './cases.js';
import type { NodeStatus } from './settings.js';

/** Who is refused, and what either side learns of it. */
export const refusalCases: WebSocketCases = {
  'is refused with another cluster, and learns why': otherCluster,
  'refuses a node with another secret': otherSecret,
  'is refused without a secret, and learns why': noSecret,
  'is refused where it expected another node, and learns why': otherNode,
  'is refused as a page from elsewhere, which only the node can tell': otherOrigin,
};

async function otherCluster(bench: WebSocketBench): Promise<void> {
  expectRefusal(await bench.refusal({ cluster: 'another' }), 'refused-by-peer', 'the reason it gave is: cluster');
  await counted(bench, 'cluster', ({ refused }) => refused);
}

async function otherSecret(bench: WebSocketBench): Promise<void> {
  const error = await bench.refusal({ secret: 'another secret of the same sort' });
  expectRefusal(error, 'unauthenticated', 'its proof is wrong');
}

async function noSecret(bench: WebSocketBench): Promise<void> {
  const error = await bench.refusal({ secret: undefined as never });
  expectRefusal(error, 'refused-by-peer', 'the reason it gave is: unauthenticated');
  await counted(bench, 'unauthenticated', ({ refused }) => refused);
}

async function otherNode(bench: WebSocketBench): Promise<void> {
  const error = await bench.refusal({ addresses: { other: bench.settings.address } });
  expectRefusal(error, 'refused-by-peer', 'the reason it gave is: unexpected-id');
}

/** A page is told no more than that there is no connection. */
async function otherOrigin(bench: WebSocketBench): Promise<void> {
  const error = await bench.refusal({ addresses: { node: bench.settings.addressWithoutPages } });
  same('the code', error.code, 'dial-failed');
  await counted(bench, 'origin', ({ refusedWithoutPages }) => refusedWithoutPages);
}

function expectRefusal(error: QuorateError, reason: string, detail: string): void {
  holds(error instanceof ConnectionRefusedError, 'a ConnectionRefusedError', error);
  same('the reason', error.reason, reason);
  holds(error.message.includes(detail), `a message with "${detail}"`, error.message);
}

/** Waits until the node has counted a refusal. */
async function counted(
  { control }: WebSocketBench,
  reason: string,
  counters: (status: NodeStatus) => Readonly<Record<string, number>>,
): Promise<void> {
  await control.until(`the node to refuse: ${reason}`, (status) => (counters(status)[reason] ?? 0) > 0);
}
