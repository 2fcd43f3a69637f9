import { describe, expect, it } from 'vitest';
import { NOTHING, type Effects, type Input, type Machine, type NodeId } from '../../../src/core/index.js';
import {
  always,
  exploreMachines,
  sometimes,
  type MachineModel,
  type MachinesState,
} from '../../../src/testing/index.js';

/** A server of one lock, and its clients. */
interface Lock {
  /** On the server: who has the lock. */
  holder: NodeId | null;
  /** On a client: whether it has asked, and whether it has the lock. */
  asked: boolean;
  has: boolean;
  /** Who is there, as far as it was told. */
  present: NodeId[];
}

type LockMessage = 'ask' | 'granted';
type LockModel = MachineModel<LockMessage, never, never, never, Lock>;
type LockState = MachinesState<LockMessage, Lock, null>;

/** With `trusting` the server takes the lock from a client that it hears has gone. */
class LockMachine implements Machine<LockMessage, never, never, never, Lock> {
  readonly #isServer: boolean;
  readonly #trusting: boolean;
  readonly #state: Lock;
  #messages: { to: NodeId; message: LockMessage; after: number }[] = [];

  constructor(isServer: boolean, trusting: boolean, state: Lock) {
    this.#isServer = isServer;
    this.#trusting = trusting;
    this.#state = state;
  }

  get wakeAt(): number {
    return this.#state.asked || this.#isServer ? Infinity : -Infinity;
  }

  step(input: Input<LockMessage, never>): void {
    const state = this.#state;
    if (input.type === 'wake') {
      state.asked = true;
      this.#send('server', 'ask');
    } else if (input.type === 'message' && input.message === 'granted') {
      state.has = true;
    } else if (input.type === 'message' && state.holder === null) {
      state.holder = input.from;
      this.#send(input.from, 'granted');
    } else if (input.type === 'peer') {
      if (this.#trusting && !input.up && state.holder === input.id) state.holder = null;
      else if (!this.#trusting && this.#isServer) this.#note(input.id, input.up);
    }
  }

  take(): Effects<LockMessage, never, never> {
    if (this.#messages.length === 0) return NOTHING;
    const messages = this.#messages;
    this.#messages = [];
    return { ...NOTHING, messages };
  }

  state(): Lock {
    return this.#state;
  }

  #send(to: NodeId, message: LockMessage): void {
    this.#messages.push({ to, message, after: 0 });
  }

  #note(id: NodeId, up: boolean): void {
    const others = this.#state.present.filter((other) => other !== id);
    this.#state.present = up ? [...others, id].sort() : others;
  }
}

function lock(options: Partial<LockModel>, trusting = true): LockModel {
  return {
    nodes: ['server', 'c1', 'c2'],
    initialState: () => ({ holder: null, asked: false, has: false, present: [] }),
    create: (id, state) => new LockMachine(id === 'server', trusting, state),
    properties: [
      always<LockState>('one has the lock at most', ({ nodes }) => !(nodes['c1']!.state.has && nodes['c2']!.state.has)),
      sometimes<LockState>('a client has the lock', ({ nodes }) => nodes['c1']!.state.has),
    ],
    ...options,
  };
}

const present = ({ nodes }: LockState): string => nodes['server']!.state.present.join();

describe('notices of peers', () => {
  it('are not given unless asked for', () => {
    expect(exploreMachines(lock({}))).toMatchObject({ complete: true, violation: null });
  });

  it('show a machine that takes a hint for a proof', () => {
    const { violation } = exploreMachines(lock({ peerNotices: 1 }));
    const actions = violation!.path!.map(({ action }) => action);
    expect(actions).toHaveLength(6);
    expect(actions).toContain('server: notices that c1 went');
  });

  it('are those that the model allows', () => {
    const arrivals = lock({ peerNotices: 1, mayNotice: (_, __, up) => up });
    expect(exploreMachines(arrivals).violation).toBeNull();
    const ofOthers = lock({ peerNotices: 1, mayNotice: (_, peer, __, { holder }) => peer !== holder });
    expect(exploreMachines(ofOthers).violation).toBeNull();
  });

  it('are about every other node, that it came and that it went', () => {
    const told = new Set<string>();
    const mayNotice: LockModel['mayNotice'] = (id, peer, up) => told.add(`${id} ${peer} ${up}`) !== told;
    exploreMachines(lock({ nodes: ['server', 'c1'], properties: [], peerNotices: 1, mayNotice }));
    const expected = ['c1 server false', 'c1 server true', 'server c1 false', 'server c1 true'];
    expect([...told].sort()).toEqual(expected);
  });

  it('are no more than the model says', () => {
    const seen = new Set<number>();
    const note = always<LockState>('note', ({ notices }) => seen.add(notices) === seen);
    expect(exploreMachines(lock({ peerNotices: 2, properties: [note] }, false)).complete).toBe(true);
    expect([...seen]).toEqual([0, 1, 2]);
  });

  it('are no step when they change nothing', () => {
    const deaf = { peerNotices: 5, mayNotice: (id: NodeId) => id !== 'server' };
    expect(exploreMachines(lock(deaf)).generated).toBe(exploreMachines(lock({})).generated);
  });

  it('are forgotten in a crash, and may be given again as long as there are some left', () => {
    const restarted = ({ crashes }: LockState): boolean => crashes === 1;
    const properties = [
      sometimes<LockState>('forgotten', (state) => restarted(state) && state.notices === 1 && present(state) === ''),
      sometimes<LockState>('told again', (state) => restarted(state) && state.notices === 2 && present(state) === 'c1'),
      always<LockState>('not both', (state) => !(restarted(state) && state.notices < 2 && present(state) === 'c1,c2')),
      sometimes<LockState>('both', (state) => restarted(state) && present(state) === 'c1,c2'),
    ];
    const result = exploreMachines(lock({ peerNotices: 2, crashes: 1, properties }, false));
    expect(result.properties.map(({ outcome }) => outcome)).toEqual(['holds', 'holds', 'holds', 'holds']);
  });

  it('have a limit', () => {
    expect(() => exploreMachines(lock({ peerNotices: -1 }))).toThrow(/peerNotices is -1/);
    expect(() => exploreMachines(lock({ peerNotices: 1024 }))).toThrow(/peerNotices is 1024/);
  });
});
