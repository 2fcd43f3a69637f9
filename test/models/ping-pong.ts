import type { NodeId } from '../../src/core/index.js';
import { always, sometimes, type MachineModel, type NetworkModel } from '../../src/testing/index.js';
import { ActorMachine, type Actor, type ActorState } from './actor.js';

/** What the two send each other. */
export interface PingPongMessage {
  readonly type: 'ping' | 'pong';
  readonly value: number;
}

/** Two nodes that count: `pinger` sends 0, 1, 2 ..., each when the one before has come back from `ponger`. */
export function pingPong(
  max: number,
  network: NetworkModel = { lossy: true, duplicating: true },
): MachineModel<PingPongMessage, never, never, never, ActorState<number>> {
  const nodes: Readonly<Record<NodeId, Actor<PingPongMessage, number>>> = {
    pinger: {
      initial: 0,
      start: (send) => send('ponger', { type: 'ping', value: 0 }),
      receive: (count, from, { type, value }, send) => {
        if (type !== 'pong' || value !== count) return count;
        send(from, { type: 'ping', value: value + 1 });
        return count + 1;
      },
    },
    ponger: {
      initial: 0,
      receive: (count, from, { type, value }, send) => {
        if (type !== 'ping' || value !== count) return count;
        send(from, { type: 'pong', value });
        return count + 1;
      },
    },
  };
  return {
    nodes: Object.keys(nodes),
    initialState: (id) => ({ started: false, value: nodes[id]!.initial }),
    create: (id, state) => new ActorMachine(nodes[id]!, state),
    network,
    describe: ({ type, value }) => `${type} ${value}`,
    within: ({ nodes: all }) => Object.values(all).every(({ state }) => state.value <= max),
    properties: [
      always('never more than one apart', ({ nodes: { pinger, ponger } }) => {
        return Math.abs(pinger!.state.value - ponger!.state.value) <= 1;
      }),
      sometimes('one comes to the end', ({ nodes: all }) =>
        Object.values(all).some(({ state }) => state.value === max),
      ),
    ],
  };
}
