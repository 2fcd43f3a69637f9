import { NOTHING, type Input, type NodeId } from '../../../src/core/index.js';
import { drawsTaken, scriptedRandom } from '../../../src/testing/explorer/scripted-random.js';
import type { Envelope, ExploredNode, MachineModel } from '../../../src/testing/index.js';
import { canonical } from './naive.js';

/** The state of a machine, as far as the explorer knows it. */
export type State = { timers?: Record<string, number>; random?: ReturnType<typeof scriptedRandom> } | null;
/** A node between two steps. */
export type Node = { -readonly [Key in keyof ExploredNode<State>]: ExploredNode<State>[Key] };
/** What leaves a node. */
export type Event = { type: 'sent'; envelope: Envelope<unknown> } | { type: 'output'; output: unknown };
/** What waits for a write. */
export interface Held {
  readonly after: number;
  readonly event: Event;
}

/** Where a step leads. */
export type Outcome = { node: Node; events: Event[]; drawn: number };
/** A model of the naive explorer. */
export type NaiveModel = MachineModel<unknown, unknown, unknown, unknown, State, unknown>;
/** What may happen to a node. */
export type Action = Input<unknown, unknown> | { type: 'start' | 'store' } | { type: 'timer'; timer: string };

/**
 * One step of a node, as plainly as possible: everything is cloned, and nothing is remembered. Runs a machine from `before`
 * until it rests.
 */
export function runNode(model: NaiveModel, id: NodeId, before: Node, action: Action, draws: [number, number]): Outcome {
  const node = structuredClone(before);
  if (node.state?.random !== undefined) node.state.random = scriptedRandom(...draws);
  if (action.type === 'timer' && node.state?.timers !== undefined) node.state.timers[action.timer] = 0;
  const machine = model.create(id, node.state);
  const now = action.type === 'timer' && node.state?.timers === undefined ? Math.max(0, machine.wakeAt) : 0;
  const [events, inputs]: [Event[], Input<unknown, unknown>[]] = [[], []];
  const release = (): void => {
    const held = node.held as Held[];
    node.held = held.filter(({ after }) => after > node.stored);
    for (const { after, event } of held) {
      if (after > node.stored) continue;
      if (event.type === 'output' || model.nodes.includes(event.envelope.to)) events.push(event);
      if (event.type !== 'output') continue;
      for (const command of model.answer?.(id, event.output) ?? []) inputs.push({ type: 'command', command });
    }
  };
  const store = (writes: readonly unknown[]): void => {
    if (node.durable !== null) for (const write of writes) model.replay?.(node.durable, structuredClone(write));
    node.stored += writes.length;
    release();
    inputs.push({ type: 'stored', upTo: node.stored });
  };
  const drain = (): void => {
    for (let effects = machine.take(); effects !== NOTHING; effects = machine.take()) {
      node.written += effects.writes.length;
      if (effects.writes.length > 0 && model.storage === 'later') node.pending = [...node.pending, effects.writes];
      else if (effects.writes.length > 0) store(effects.writes);
      const sent = effects.messages.map(({ to, message, after }) => {
        return { after, event: { type: 'sent', envelope: { from: id, to, message } } };
      });
      const told = effects.outputs.map(({ output, after }) => ({ after, event: { type: 'output', output } }));
      node.held = [...node.held, ...sent, ...told];
      release();
    }
  };
  if (action.type === 'store') {
    const [oldest, ...pending] = node.pending;
    node.pending = pending;
    store(oldest!);
  } else if (action.type === 'timer' || (action.type === 'start' && machine.wakeAt <= 0)) {
    inputs.push({ type: 'wake' });
  } else if (action.type !== 'start') inputs.push(action as Input<unknown, unknown>);
  drain();
  for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
    machine.step(input, now);
    drain();
  }
  return { node, events, drawn: finish(model, node) };
}

/** Outputs that wait as they are, then messages in the order of their texts unless someone notices their order. */
export function sorted(model: NaiveModel, held: readonly Held[]): Held[] {
  if (model.network?.ordered === true || model.history?.sent !== undefined) return [...held];
  const of = (type: string): Held[] => held.filter(({ event }) => event.type === type);
  return [...of('output'), ...of('sent').sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1))];
}

/** Brings a node into its normal form, and returns how many random numbers it drew. */
function finish(model: NaiveModel, node: Node): number {
  const { timers, random } = node.state ?? {};
  if (model.renumber !== undefined && node.stored > 0) {
    const by = node.stored;
    model.renumber(node.state, by);
    node.held = (node.held as Held[]).map((one) => ({ ...one, after: one.after - by }));
    node.written -= by;
    node.stored = 0;
  }
  for (const name in timers) if (timers[name]! < Infinity) timers[name] = 1e15;
  const drawn = random === undefined ? 0 : drawsTaken(random);
  if (random !== undefined) Object.assign(random, { a: 0, b: 0, c: 0, d: 0 });
  model.normalize?.(node.state);
  node.held = sorted(model, node.held as Held[]);
  return drawn;
}
