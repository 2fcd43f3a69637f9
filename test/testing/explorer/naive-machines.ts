import type { NodeId } from '../../../src/core/index.js';
import type { Envelope, MachinesState } from '../../../src/testing/index.js';
import { canonical } from './naive.js';
import { runNode, type Action, type NaiveModel, type Node, type Outcome, type State } from './naive-node.js';

// The explorer of machines as plainly as possible: states are cloned and kept by their texts; nothing is shared, interned
// or remembered.

/** A state of all machines. */
export type Plain = MachinesState<unknown, State, unknown>;

/** The different outcomes of a step, one for each way that its first two draws can go. */
function outcomesOf(model: NaiveModel, id: NodeId, node: Node, action: Action): Outcome[] {
  const { draws = [0.5] } = model;
  const first = runNode(model, id, node, action, [draws[0]!, draws[0]!]);
  if (first.drawn === 0) return [first];
  const all = draws.flatMap((one) => draws.map((two) => runNode(model, id, node, action, [one, two])));
  return [...new Map(all.map((outcome) => [canonical([outcome.node, outcome.events]), outcome])).values()];
}

function born(model: NaiveModel, state: State): Node {
  const durable = (model.crashes ?? 0) > 0 ? structuredClone(state) : null;
  if (durable?.random !== undefined) durable.random = { a: 0, b: 0, c: 0, d: 0 };
  return { state, durable, pending: [], held: [], written: 0, stored: 0 };
}

/** The messages under way in their normal form: sorted, by pair only when they are ordered; a set when they repeat. */
export function settled<Message>(
  model: Pick<NaiveModel, 'network'>,
  messages: Envelope<Message>[],
): Envelope<Message>[] {
  const { ordered = false, duplicating = false } = model.network ?? {};
  const text = ({ from, to, message }: Envelope<Message>): string =>
    canonical(ordered ? [from, to] : [from, to, message]);
  const sorted = messages.toSorted((a, b) => (text(a) < text(b) ? -1 : Number(text(a) > text(b))));
  return duplicating === true && !ordered
    ? sorted.filter((one, i) => i === 0 || text(one) !== text(sorted[i - 1]!))
    : sorted;
}

/** The state after an outcome at a node; `received` is the message that it took in. */
function after(
  model: NaiveModel,
  state: Plain,
  id: NodeId,
  { node, events }: Outcome,
  received?: Envelope<unknown>,
): Plain {
  const { received: onReceived, sent: onSent, output: onOutput } = model.history ?? {};
  let { history } = state;
  if (received !== undefined) history = onReceived?.(history, received) ?? history;
  for (const event of events) {
    if (event.type === 'sent') history = onSent?.(history, event.envelope) ?? history;
    else history = onOutput?.(history, id, event.output) ?? history;
  }
  const sent = events.flatMap((event) => (event.type === 'sent' ? [event.envelope] : []));
  const messages = settled(model, [...state.messages, ...sent]);
  return { ...state, nodes: { ...state.nodes, [id]: node }, messages, history };
}

/** All transitions from a state. */
export function successors(model: NaiveModel, state: Plain): Plain[] {
  const found: Plain[] = [];
  const { ordered = false, duplicating = false, lossy = false } = model.network ?? {};
  const still = (id: NodeId, { node, events }: Outcome): boolean => {
    return events.length === 0 && canonical(node) === canonical(state.nodes[id]);
  };
  const act = (from: Plain, id: NodeId, node: Node, action: Action, always: boolean): void => {
    for (const outcome of outcomesOf(model, id, node, action)) {
      if (always || !still(id, outcome)) found.push(after(model, from, id, outcome));
    }
  };
  state.messages.forEach((envelope, i) => {
    const same = (other: Envelope<unknown>): boolean => {
      return ordered
        ? other.from === envelope.from && other.to === envelope.to
        : canonical(other) === canonical(envelope);
    };
    if (state.messages.findIndex(same) < i) return; // only the first of a pair, or of equal ones
    const { from, to, message } = envelope;
    const without = { ...state, messages: state.messages.toSpliced(i, 1) };
    const spared = { ...state, duplications: state.duplications + 1 };
    const limited = typeof duplicating === 'number' && state.duplications < duplicating ? [without, spared] : [without];
    const left = duplicating !== true ? limited : ordered ? [without, state] : [state];
    for (const outcome of outcomesOf(model, to, state.nodes[to]!, { type: 'message', from, message })) {
      for (const rest of left) {
        if (still(to, outcome) && (!ordered || rest !== without)) continue;
        found.push(after(model, rest, to, outcome, envelope));
      }
    }
    if (lossy === true) found.push(without);
    if (typeof lossy === 'number' && state.losses < lossy) found.push({ ...without, losses: state.losses + 1 });
  });
  for (const [id, node] of Object.entries(state.nodes)) {
    const wakes = model.create(id, structuredClone(node.state)).wakeAt < Infinity ? ['wake'] : [];
    const { timers } = node.state ?? {};
    const armed = timers === undefined ? wakes : Object.keys(timers).filter((name) => timers[name]! < Infinity);
    for (const timer of armed) {
      if (model.mayFire?.(id, timer, node.state) ?? true) act(state, id, node, { type: 'timer', timer }, false);
    }
    for (const peer of state.notices < (model.peerNotices ?? 0) ? model.nodes : []) {
      for (const up of peer === id ? [] : [false, true]) {
        const told = { ...state, notices: state.notices + 1 };
        if (!(model.mayNotice?.(id, peer, up, node.state) ?? true)) continue;
        act(told, id, node, { type: 'peer', id: peer, up }, false);
      }
    }
    if (node.pending.length > 0) act(state, id, node, { type: 'store' }, false);
    if (state.commands < (model.maxCommands ?? 1)) {
      const given = { ...state, commands: state.commands + 1 };
      for (const command of model.commands?.(id, node.state, state.commands) ?? []) {
        act(given, id, node, { type: 'command', command }, true);
      }
    }
    if (state.crashes >= (model.crashes ?? 0)) continue;
    for (let keep = 0; keep <= node.pending.flat().length; keep++) {
      const durable = structuredClone(node.durable);
      for (const write of node.pending.flat().slice(0, keep)) model.replay?.(durable, structuredClone(write));
      act({ ...state, crashes: state.crashes + 1 }, id, born(model, durable), { type: 'start' }, true);
    }
  }
  return found;
}

/** What {@link naiveMachines} found: each state by its text, with its depth; and all transitions with the initial states. */
export interface NaiveMachines {
  readonly states: ReadonlyMap<string, { readonly state: Plain; readonly depth: number }>;
  readonly generated: number;
}

/** Explores machines breadth-first, to a depth. */
export function naiveMachines(
  model: NaiveModel,
  maxDepth: number,
  representative = (state: Plain): Plain => state,
): NaiveMachines {
  const states = new Map<string, { state: Plain; depth: number }>();
  let generated = 0;
  const add = (found: Plain, depth: number): void => {
    generated++;
    const state = representative(found);
    const inside = state.messages.length <= (model.network?.maxInFlight ?? Infinity) && (model.within?.(state) ?? true);
    if (inside && !states.has(canonical(state))) states.set(canonical(state), { state, depth });
  };
  const nodes = Object.fromEntries(model.nodes.map((id) => [id, born(model, model.initialState(id))]));
  let starts: Plain[] = [
    {
      nodes,
      messages: [],
      history: model.history?.initial ?? null,
      crashes: 0,
      commands: 0,
      notices: 0,
      losses: 0,
      duplications: 0,
    },
  ];
  for (const id of model.nodes) {
    starts = starts.flatMap((state) =>
      outcomesOf(model, id, state.nodes[id]!, { type: 'start' }).map((outcome) => after(model, state, id, outcome)),
    );
  }
  for (const start of starts) add(start, 1);
  for (const { state, depth } of states.values()) {
    if (depth < maxDepth) for (const next of successors(model, state)) add(next, depth + 1);
  }
  return { states, generated };
}
