import { NOTHING, type Effects, type Input, type Machine, type NodeId } from '../../src/core/index.js';

/** What an actor does in a step besides changing its state. */
export type Send<Message> = (to: NodeId, message: Message) => void;

/** How a node reacts: the style in which the models of stateright are written. A state is never changed. */
export interface Actor<Message, State> {
  readonly initial: State;
  /** What it sends when it starts. */
  start?(send: Send<Message>): void;
  /** The state after a message; the same one when it is ignored. */
  receive(state: State, from: NodeId, message: Message, send: Send<Message>): State;
}

/** The state of an {@link ActorMachine}. */
export interface ActorState<State> {
  started: boolean;
  value: State;
}

/** An {@link Actor} as a machine. */
export class ActorMachine<Message, State> implements Machine<Message, never, never, never, ActorState<State>> {
  readonly #actor: Actor<Message, State>;
  readonly #state: ActorState<State>;
  #messages: { to: NodeId; message: Message; after: number }[] = [];

  constructor(actor: Actor<Message, State>, state: ActorState<State>) {
    this.#actor = actor;
    this.#state = state;
  }

  get wakeAt(): number {
    return this.#state.started ? Infinity : -Infinity;
  }

  step(input: Input<Message, never>): void {
    const send: Send<Message> = (to, message) => void this.#messages.push({ to, message, after: 0 });
    if (input.type === 'message') {
      this.#state.value = this.#actor.receive(this.#state.value, input.from, input.message, send);
    } else if (input.type === 'wake' && !this.#state.started) {
      this.#state.started = true;
      this.#actor.start?.(send);
    }
  }

  take(): Effects<Message, never, never> {
    if (this.#messages.length === 0) return NOTHING;
    const messages = this.#messages;
    this.#messages = [];
    return { ...NOTHING, messages };
  }

  state(): ActorState<State> {
    return this.#state;
  }
}
