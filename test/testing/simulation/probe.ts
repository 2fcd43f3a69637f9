import { NOTHING, type Effects, type Input, type Machine, type NodeId } from '../../../src/core/index.js';
import {
  Simulation,
  type Conditions,
  type SimulatedHost,
  type SimulatedProtocol,
  type SimulationOptions,
} from '../../../src/testing/index.js';

/** What a {@link Probe} can be told to do. */
export type ProbeCommand =
  | { readonly type: 'send'; readonly to: NodeId; readonly text: string }
  | { readonly type: 'write'; readonly values: readonly number[] }
  | { readonly type: 'wakeAt'; readonly at: number }
  | { readonly type: 'spin' };

export interface ProbeState {
  /** The durable values that it began with, and those written since. */
  values: number[];
  inputs: { readonly type: string; readonly now: number; readonly text?: string }[];
}

/** A machine without a purpose: does what it is told, and remembers what it was given. */
class Probe implements Machine<string, ProbeCommand, readonly number[], number, ProbeState> {
  wakeAt = Infinity;
  readonly #state: ProbeState;
  #effects: Effects<string, readonly number[], number> = NOTHING;
  #writes = 0;
  #spins = false;

  constructor(values: readonly number[]) {
    this.#state = { values: [...values], inputs: [] };
  }

  step(input: Input<string, ProbeCommand>, now: number): void {
    const text = input.type === 'message' ? { text: input.message } : {};
    this.#state.inputs.push({ type: input.type, now, ...text });
    if (input.type === 'wake') this.wakeAt = Infinity;
    if (input.type === 'command') this.#obey(input.command);
  }

  #obey(command: ProbeCommand): void {
    if (command.type === 'send') {
      this.#effects = { ...NOTHING, messages: [{ to: command.to, message: command.text, after: 0 }] };
    } else if (command.type === 'write') {
      this.#writes += command.values.length;
      this.#state.values.push(...command.values);
      const outputs = [{ output: command.values, after: this.#writes }];
      this.#effects = { ...NOTHING, writes: command.values, outputs };
    } else if (command.type === 'wakeAt') {
      this.wakeAt = command.at;
    } else {
      this.#spins = true;
    }
  }

  take(): Effects<string, readonly number[], number> {
    if (this.#spins) return { ...NOTHING, outputs: [{ output: [], after: 0 }] };
    const effects = this.#effects;
    this.#effects = NOTHING;
    return effects;
  }

  state(): ProbeState {
    return this.#state;
  }
}

type Host = SimulatedHost<ProbeCommand, number, ProbeState, null, string>;

/** A simulation of probes, what they said is durable, and the texts that each was sent. */
export class Probes implements SimulatedProtocol<
  string,
  ProbeCommand,
  readonly number[],
  number,
  ProbeState,
  null,
  string
> {
  readonly simulation;
  /** The values that each node called durable. */
  readonly durable = new Map<NodeId, number[]>();
  /** How often each node has started. */
  readonly starts = new Map<NodeId, number>();
  /** What is checked after each step. */
  checked: (host: Host) => void = () => {};

  constructor(options: Partial<SimulationOptions> = {}, conditions: Partial<Conditions> = {}) {
    const quiet: Conditions = {
      latencyMs: [1, 1],
      delayed: 0,
      delayMs: [0, 0],
      loss: 0,
      duplication: 0,
      diskMs: [5, 5],
      clockDrift: 0,
      ...conditions,
    };
    this.simulation = new Simulation({ seed: 1, nodes: ['a', 'b', 'c'], conditions: quiet, ...options }, this);
  }

  start(id: NodeId, disk: Host['disk']): { machine: Probe; application: null } {
    this.starts.set(id, (this.starts.get(id) ?? 0) + 1);
    return { machine: new Probe(disk.records), application: null };
  }

  deliver({ id }: Host, values: readonly number[]): void {
    this.durable.set(id, [...(this.durable.get(id) ?? []), ...values]);
  }

  check(host: Host): void {
    this.checked(host);
  }

  host(id: NodeId): Host {
    return this.simulation.nodes.get(id)!;
  }

  command(id: NodeId, command: ProbeCommand): void {
    this.host(id).command(command);
  }

  send(from: NodeId, to: NodeId, ...texts: readonly string[]): void {
    for (const text of texts) this.command(from, { type: 'send', to, text });
  }

  /** The texts that have reached a node, in order. */
  texts(id: NodeId): readonly string[] {
    return this.host(id)
      .state()
      .inputs.flatMap(({ text }) => text ?? []);
  }

  /** When a node took inputs of a type, by its own clock. */
  times(id: NodeId, type: string): readonly number[] {
    return this.host(id)
      .state()
      .inputs.flatMap((input) => (input.type === type ? [input.now] : []));
  }
}
