import { expect } from 'vitest';
import type { Transport } from '../../src/core/index.js';
import { RaftNode, type RaftNodeOptions } from '../../src/raft/index.js';
import { MemoryJournal } from '../../src/storage/memory.js';
import { Lines } from '../process/lines.js';

const LINES = 20;
const BOUND_MS = 10_000;

/** Opens a member of a cluster on each transport, has one elected, and replicates lines to all. */
export async function replicateOver(
  transports: readonly Transport[],
  options: Partial<Omit<RaftNodeOptions<number>, 'transport' | 'members'>> = {},
): Promise<void> {
  const members = Object.fromEntries(transports.map((transport) => [transport.id, transport.status().address]));
  const machines = transports.map(() => new Lines());
  const nodes = await Promise.all(
    transports.map((transport, i) =>
      RaftNode.open<number>({
        transport,
        members,
        journal: new MemoryJournal(),
        stateMachine: machines[i]!,
        electionTimeoutMs: 150,
        ...options,
      }),
    ),
  );
  const signal = AbortSignal.timeout(BOUND_MS);
  try {
    const lines = Array.from({ length: LINES }, (_, i) => `line ${i}`);
    for (const line of lines) await proposeSomewhere(nodes, line, signal);
    await until(signal, () => machines.every((machine) => machine.lines.length >= LINES));
    for (const machine of machines) expect([...new Set(machine.lines)]).toEqual(lines); // one may be proposed twice
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

/** Proposes to the leader, whoever that is, until it is acknowledged. */
async function proposeSomewhere(nodes: readonly RaftNode<number>[], line: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    await until(signal, () => nodes.some((node) => node.status().role === 'leader'));
    const leader = nodes.find((node) => node.status().role === 'leader')!;
    const done = await leader.propose(new TextEncoder().encode(line)).then(
      () => true,
      () => false,
    );
    if (done) return;
  }
}

/** Resolves when the condition holds; it is looked at each turn of the event loop, until the signal aborts. */
async function until(signal: AbortSignal, condition: () => boolean): Promise<void> {
  while (!condition()) {
    signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
