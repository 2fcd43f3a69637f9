import type { NodeId } from 'quorate/core';
import { InvariantViolation, simulate, type SimulatedDisk } from 'quorate/testing';
import { Highest, initialState, replay } from './highest.js';

const nodes: readonly NodeId[] = ['n1', 'n2', 'n3'];

const { runs, steps, commands } = simulate({ nodes, seeds: 100, durationMs: 10_000 }, () => {
  const acknowledged = new Map<NodeId, number>();
  let last = 0;
  return {
    start(id: NodeId, disk: SimulatedDisk<number, null>) {
      const state = initialState();
      for (const record of disk.records) replay(state, record);
      const peers = nodes.filter((peer) => peer !== id);
      return new Highest(peers, state);
    },
    command: () => ({ type: 'raise', value: ++last }),
    deliver: (host, { value }) => void acknowledged.set(host.id, Math.max(value, acknowledged.get(host.id) ?? 0)),
    check(host) {
      const value = acknowledged.get(host.id) ?? 0;
      if (host.state().highest < value) throw new InvariantViolation(`${host.id} forgot ${value}`);
    },
    healed(hosts) {
      const found = new Set(hosts.map((host) => host.state().highest));
      if (found.size !== 1) throw new InvariantViolation(`they do not agree: ${[...found].join(', ')}`);
    },
  };
});
console.log(`${runs} runs, ${commands} commands, ${steps} steps: nothing was violated`);
