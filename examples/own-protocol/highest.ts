import { NOTHING, type Effects, type Input, type Machine, type NodeId } from 'quorate/core';

/** I have seen this number. */
export interface Message {
  readonly type: 'highest';
  readonly value: number;
}

/** Remember this number. Answered by an output of the same value, once that can no longer be forgotten. */
export interface Command {
  readonly type: 'raise';
  readonly value: number;
}

export interface Output {
  readonly type: 'raised';
  readonly value: number;
}

/** Plain data. */
export interface State {
  highest: number;
  writeCount: number;
  /** All deadlines by name, `Infinity` for one that is not armed; `-Infinity` at first. */
  timers: { gossip: number };
}

export function initialState(): State {
  return { highest: 0, writeCount: 0, timers: { gossip: -Infinity } };
}

/** Folds one record of the journal in. */
export function replay(state: State, record: number): void {
  state.highest = Math.max(state.highest, record);
}

/** Several nodes agree, in the end, on the highest number that any of them was told. */
export class Highest implements Machine<Message, Command, Output, number, State> {
  readonly #peers: readonly NodeId[];
  readonly #state: State;
  #writes: number[] = [];
  #messages: { to: NodeId; message: Message; after: number }[] = [];
  #outputs: { output: Output; after: number }[] = [];

  constructor(peers: readonly NodeId[], state: State) {
    this.#peers = peers;
    this.#state = state;
  }

  get wakeAt(): number {
    return this.#state.timers.gossip;
  }

  step(input: Input<Message, Command>, now: number): void {
    switch (input.type) {
      case 'command':
        this.#raise(input.command.value);
        this.#outputs.push({ output: { type: 'raised', value: input.command.value }, after: this.#state.writeCount });
        break;
      case 'message':
        this.#raise(input.message.value);
        break;
      case 'wake':
        this.#gossip();
        this.#state.timers.gossip = now + 100;
        break;
      default: // peers that come and go, and durable writes, make no difference here
    }
  }

  take(): Effects<Message, Output, number> {
    if (this.#writes.length + this.#messages.length + this.#outputs.length === 0) return NOTHING;
    const effects = { writes: this.#writes, messages: this.#messages, outputs: this.#outputs };
    this.#writes = [];
    this.#messages = [];
    this.#outputs = [];
    return effects;
  }

  state(): State {
    return this.#state;
  }

  #raise(value: number): void {
    const state = this.#state;
    if (value <= state.highest) return;
    state.highest = value;
    state.writeCount++;
    this.#writes.push(value);
  }

  #gossip(): void {
    const { highest: value, writeCount: after } = this.#state;
    for (const to of this.#peers) this.#messages.push({ to, message: { type: 'highest', value }, after });
  }
}
