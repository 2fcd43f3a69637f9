import type { NodeId } from '../../src/core/index.js';
import { compareValues } from '../../src/testing/explorer/compare.js';
import type { Actor, Send } from './actor.js';
import { register, type RegisterMessage, type RegisterModel } from './register.js';

type Ballot = readonly [round: number, leader: NodeId];
type Proposal = readonly [request: number, client: NodeId, value: string];
type Accepted = readonly [ballot: Ballot, proposal: Proposal];

/** What the servers of {@link paxosRegister} say among themselves. */
export type PaxosMessage =
  | { readonly type: 'prepare'; readonly ballot: Ballot }
  | { readonly type: 'prepared'; readonly ballot: Ballot; readonly accepted: Accepted | null }
  | { readonly type: 'accept'; readonly ballot: Ballot; readonly proposal: Proposal }
  | { readonly type: 'accepted'; readonly ballot: Ballot }
  | { readonly type: 'decided'; readonly ballot: Ballot; readonly proposal: Proposal };

/** A server of {@link paxosRegister}. */
export interface PaxosServer {
  readonly ballot: Ballot;
  readonly proposal: Proposal | null;
  /** What each server had accepted when it promised this server's ballot. */
  readonly promises: Readonly<Record<NodeId, Accepted | null>>;
  readonly acceptedBy: ReadonlySet<NodeId>;
  readonly accepted: Accepted | null;
  readonly decided: boolean;
}

type Message = RegisterMessage<PaxosMessage>;

/**
 * A register that is written once, by single-decree Paxos among its servers, one ballot for each client's request: the
 * Paxos example of stateright.
 */
export function paxosRegister(clients: number, servers = 3): RegisterModel<PaxosMessage, PaxosServer> {
  const ids = Array.from({ length: servers }, (_, i) => `server${i + 1}`);
  return register(Object.fromEntries(ids.map((id) => [id, server(id, ids)])), clients);
}

function server(id: NodeId, ids: readonly NodeId[]): Actor<Message, PaxosServer> {
  const majority = (ids.length >> 1) + 1;
  const others = ids.filter((other) => other !== id);
  return {
    initial: {
      ballot: [0, ids[0]!],
      proposal: null,
      promises: {},
      acceptedBy: new Set(),
      accepted: null,
      decided: false,
    },
    receive: (state, from, message, send) => {
      const broadcast = (body: PaxosMessage): void => {
        for (const other of others) send(other, { type: 'internal', body });
      };
      if (state.decided) {
        const get = message.type === 'get' ? message : null;
        if (get !== null) send(from, { type: 'getOk', request: get.request, value: state.accepted![1][2] });
        return state;
      }
      if (message.type === 'put' && state.proposal === null) {
        const ballot: Ballot = [state.ballot[0] + 1, id];
        broadcast({ type: 'prepare', ballot });
        const promises = { [id]: state.accepted };
        const proposal: Proposal = [message.request, from, message.value];
        return { ...state, proposal, promises, acceptedBy: new Set(), ballot };
      }
      return message.type === 'internal' ? handle(state, id, from, message.body, majority, send, broadcast) : state;
    },
  };
}

function handle(
  state: PaxosServer,
  id: NodeId,
  from: NodeId,
  body: PaxosMessage,
  majority: number,
  send: Send<Message>,
  broadcast: (body: PaxosMessage) => void,
): PaxosServer {
  const { ballot } = body;
  const order = compareValues(state.ballot, ballot);
  if (body.type === 'prepare' && order < 0) {
    send(from, { type: 'internal', body: { type: 'prepared', ballot, accepted: state.accepted } });
    return { ...state, ballot };
  }
  if (body.type === 'prepared' && order === 0) {
    const next = { ...state, promises: { ...state.promises, [from]: body.accepted } };
    return Object.keys(next.promises).length === majority ? propose(next, id, broadcast) : next;
  }
  if (body.type === 'accept' && order <= 0) {
    send(from, { type: 'internal', body: { type: 'accepted', ballot } });
    return { ...state, ballot, accepted: [ballot, body.proposal] };
  }
  if (body.type === 'accepted' && order === 0) {
    const next = { ...state, acceptedBy: new Set([...state.acceptedBy, from]) };
    if (next.acceptedBy.size !== majority) return next;
    broadcast({ type: 'decided', ballot, proposal: state.proposal! });
    send(state.proposal![1], { type: 'putOk', request: state.proposal![0] });
    return { ...next, decided: true };
  }
  if (body.type !== 'decided') return state;
  return { ...state, ballot, accepted: [ballot, body.proposal], decided: true };
}

/** A majority promised: the value accepted in the highest ballot, or the client's if none was. */
function propose(state: PaxosServer, id: NodeId, broadcast: (body: PaxosMessage) => void): PaxosServer {
  const accepted = Object.values(state.promises).filter((promise) => promise !== null);
  const highest = accepted.sort(compareValues).at(-1);
  const proposal = highest?.[1] ?? state.proposal!;
  const { ballot } = state;
  broadcast({ type: 'accept', ballot, proposal });
  return { ...state, proposal, accepted: [ballot, proposal], acceptedBy: new Set([...state.acceptedBy, id]) };
}
