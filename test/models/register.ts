import type { NodeId } from '../../src/core/index.js';
import { always, sometimes, type MachineModel, type Rename } from '../../src/testing/index.js';
import { ActorMachine, type Actor, type ActorState } from './actor.js';
import {
  called,
  isLinearizable,
  NO_HISTORY,
  returns,
  type RegisterHistory,
  type RegisterOperation,
} from './register-history.js';

/** What clients and servers of a register say; servers among themselves say `Internal`. */
export type RegisterMessage<Internal> =
  | { readonly type: 'put'; readonly request: number; readonly value: string }
  | { readonly type: 'get'; readonly request: number }
  | { readonly type: 'putOk'; readonly request: number }
  | { readonly type: 'getOk'; readonly request: number; readonly value: string }
  | { readonly type: 'internal'; readonly body: Internal };

/** What the clients write. */
const VALUES = 'ABCDEFGH';

/** What a register holds before the first write. */
const UNWRITTEN = '-';

interface ClientState {
  readonly awaiting: number | null;
  readonly operations: number;
}

/** The model of a register: servers under test, and clients that each put a value and then get. */
export type RegisterModel<Internal, Server> = MachineModel<
  RegisterMessage<Internal>,
  never,
  never,
  never,
  ActorState<Server | ClientState>,
  RegisterHistory
>;

/**
 * A register served by `servers`, with clients that write one value, wait for the answer, and read; after the register
 * examples of stateright. The calls and returns are part of the state, so that each state can be judged by itself.
 */
export function register<Internal, Server>(
  servers: Readonly<Record<NodeId, Actor<RegisterMessage<Internal>, Server>>>,
  clients: number,
): RegisterModel<Internal, Server> {
  const serverIds = Object.keys(servers);
  const actors: Record<NodeId, Actor<RegisterMessage<Internal>, Server | ClientState>> = {};
  for (const [id, server] of Object.entries(servers)) actors[id] = server;
  for (let i = 0; i < clients; i++) {
    const actor: Actor<RegisterMessage<Internal>, ClientState> = client(i, serverIds);
    actors[`client${i + 1}`] = actor;
  }
  return {
    nodes: Object.keys(actors),
    initialState: (id) => ({ started: false, value: actors[id]!.initial }),
    create: (id, state) => new ActorMachine(actors[id]!, state),
    history: {
      initial: NO_HISTORY,
      sent: (history, { from, message }) => {
        if (message.type === 'put') return called(history, from, message.value);
        return message.type === 'get' ? called(history, from, null) : history;
      },
      received: (history, { to, message }) => {
        if (message.type === 'putOk') return returns(history, to, null);
        return message.type === 'getOk' ? returns(history, to, message.value) : history;
      },
    },
    properties: [
      always('linearizable', ({ history }) => isLinearizable(history, UNWRITTEN)),
      sometimes('a value is read', ({ messages }) => {
        return messages.some(({ message }) => message.type === 'getOk' && message.value !== UNWRITTEN);
      }),
    ],
  };
}

/** Puts one value to one server; once it has the answer, gets from the next server. */
function client<Internal>(place: number, servers: readonly NodeId[]): Actor<RegisterMessage<Internal>, ClientState> {
  const number = servers.length + place;
  const server = (operations: number): NodeId => servers[(number + operations) % servers.length]!;
  return {
    initial: { awaiting: number, operations: 1 },
    start: (send) => send(server(0), { type: 'put', request: number, value: VALUES[place]! }),
    receive: (state, _from, message, send) => {
      if (message.type !== 'putOk' && message.type !== 'getOk') return state;
      if (message.request !== state.awaiting) return state;
      const operations = state.operations + 1;
      if (message.type === 'getOk') return { awaiting: null, operations };
      const request = operations * number;
      send(server(state.operations), { type: 'get', request });
      return { awaiting: request, operations };
    },
  };
}

/**
 * Clients are interchangeable as long as they ask the same servers, which all do of one. They differ by their names, by
 * the values that they write, and by the numbers of their requests.
 */
export function clientsSymmetry(clients: number): NonNullable<RegisterModel<never, string>['symmetry']> {
  const ids = Array.from({ length: clients }, (_, i) => `client${i + 1}`);
  const place = (id: NodeId): number => ids.indexOf(id);
  const valueOf = (value: string, rename: Rename): string => {
    const writer = VALUES.indexOf(value);
    return writer < 0 ? value : VALUES[place(rename(ids[writer]!))]!;
  };
  // Requests of a client are numbered with the multiples of its own number; the servers come first.
  const requestOf = (request: number, client: NodeId, rename: Rename): number => {
    return (request / (1 + place(client))) * (1 + place(rename(client)));
  };
  return {
    groups: [ids],
    state: (state, rename, id) => {
      const { value } = state;
      if (typeof value === 'string') return { ...state, value: valueOf(value, rename) };
      if (value.awaiting === null) return state;
      return { ...state, value: { ...value, awaiting: requestOf(value.awaiting, id, rename) } };
    },
    message: (message, rename, { from, to }) => {
      if (message.type === 'internal') return message;
      const request = requestOf(message.request, ids.includes(from) ? from : to, rename);
      if (message.type === 'get' || message.type === 'putOk') return { ...message, request };
      return { ...message, request, value: valueOf(message.value, rename) };
    },
    history: (history, rename) => {
      const renamed = (operation: RegisterOperation): RegisterOperation => {
        const { write, read, after } = operation;
        return {
          write: write === null ? null : valueOf(write, rename),
          read: read === null ? null : valueOf(read, rename),
          after: rename(after),
        };
      };
      const returned = Object.entries(history.returned).map(([id, operations]) => [
        rename(id),
        operations.map(renamed),
      ]);
      const open = Object.entries(history.open).map(([id, operation]) => [rename(id), renamed(operation)]);
      return { returned: Object.fromEntries(returned), open: Object.fromEntries(open) };
    },
  };
}

/** A register that each server keeps to itself: linearizable with one server, and not with two. */
export function singleCopyRegister(clients: number, servers = 1): RegisterModel<never, string> {
  const server: Actor<RegisterMessage<never>, string> = {
    initial: UNWRITTEN,
    receive: (value, from, message, send) => {
      if (message.type === 'put') {
        send(from, { type: 'putOk', request: message.request });
        return message.value;
      }
      if (message.type === 'get') send(from, { type: 'getOk', request: message.request, value });
      return value;
    },
  };
  return register(Object.fromEntries(Array.from({ length: servers }, (_, i) => [`server${i + 1}`, server])), clients);
}
