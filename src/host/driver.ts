import {
  NOTHING,
  type Cancel,
  type Clock,
  type Decision,
  type Effects,
  type Input,
  type Machine,
  type NodeId,
  type Outgoing,
} from '../core/index.js';

/** How many messages may wait for the disk: what a machine answers in a second under heavy load. */
const MAX_HELD_MESSAGES = 65_536;

/** What a {@link Driver} needs to run a machine. */
export interface DriverOptions<Message, Command, Output, Write, State> {
  readonly machine: Machine<Message, Command, Output, Write, State>;
  readonly clock: Clock;
  /** Hands a message to the network. */
  readonly send: (to: NodeId, message: Message) => void;
  /** Makes writes durable, in the order of the calls; resolves when they are. */
  readonly store: (writes: readonly Write[]) => Promise<void>;
  /** Carries an output out, or begins to; answers come back as commands. */
  readonly deliver: (output: Output) => void;
  /** The machine is over: a write failed, or something threw that must not. Called at most once. */
  readonly failed: (error: unknown) => void;
}

/**
 * Runs any {@link Machine} on a network, a journal and a clock: steps inputs, takes effects, and holds back what waits
 * for the disk. All inputs of one turn of the event loop (see `Clock.soon`) are stepped before effects are taken, which
 * is where batches come from. Writes are handed to the journal at once and not awaited; messages that need not wait leave meanwhile.
 *
 * Never re-entrant: what arrives while a turn runs, a disk's immediate answer for instance, waits for its end.
 */
export class Driver<Message, Command, Output, Write, State> {
  readonly #options: DriverOptions<Message, Command, Output, Write, State>;
  #inbox: Input<Message, Command>[] = [];
  #scheduled = false;
  #over = false;
  #written = 0;
  #stored = 0;
  #heldMessages: Outgoing<Message>[] = [];
  #droppedMessages = 0;
  #heldOutputs: Decision<Output>[] = [];
  #timerAt = Infinity;
  #cancelTimer: Cancel | null = null;

  constructor(options: DriverOptions<Message, Command, Output, Write, State>) {
    this.#options = options;
  }

  /**
   * Messages that were dropped because too many wait for the disk, which hangs: others go on asking meanwhile. A network
   * may lose messages, so that no machine relies on them.
   */
  get droppedMessages(): number {
    return this.#droppedMessages;
  }

  /** Starts the machine's timers. */
  start(): void {
    this.input({ type: 'wake' });
  }

  /** Takes an input in, to be stepped before this turn of the event loop ends. Ignored once closed or failed. */
  input(input: Input<Message, Command>): void {
    if (this.#over) return;
    this.#inbox.push(input);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const { clock } = this.#options;
    if (clock.soon === undefined) queueMicrotask(this.#turn);
    else clock.soon(this.#turn);
  }

  /** Stops for good: nothing more leaves. Harmless when called twice. */
  close(): void {
    this.#over = true;
    this.#inbox = [];
    this.#heldMessages = [];
    this.#heldOutputs = [];
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  readonly #turn = (): void => {
    try {
      while (!this.#over) {
        this.#stepInbox();
        const effects = this.#options.machine.take();
        if (effects !== NOTHING) this.#carryOut(effects);
        else if (this.#inbox.length === 0) break;
      }
      this.#armTimer();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#scheduled = false;
    }
  };

  #stepInbox(): void {
    const { machine, clock } = this.#options;
    const now = clock.now();
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const input of inbox) machine.step(input, now);
  }

  #carryOut(effects: Effects<Message, Output, Write>): void {
    if (effects.writes.length > 0) this.#store(effects.writes);
    // By index: an iterator over lists that are sometimes the shared empty one is not optimised away.
    for (let i = 0; i < effects.messages.length; i++) {
      const outgoing = effects.messages[i]!;
      if (outgoing.after <= this.#stored) this.#send(outgoing);
      else if (this.#heldMessages.length < MAX_HELD_MESSAGES) this.#heldMessages.push(outgoing);
      else this.#droppedMessages++;
    }
    for (let i = 0; i < effects.outputs.length; i++) {
      const decision = effects.outputs[i]!;
      if (decision.after > this.#stored) this.#heldOutputs.push(decision);
      else this.#deliver(decision);
    }
  }

  /** What was delivered may have closed the driver. */
  #send({ to, message }: Outgoing<Message>): void {
    if (!this.#over) this.#options.send(to, message);
  }

  #deliver({ output }: Decision<Output>): void {
    if (!this.#over) this.#options.deliver(output);
  }

  #store(writes: readonly Write[]): void {
    this.#written += writes.length;
    const upTo = this.#written;
    this.#options.store(writes).then(
      () => this.#onStored(upTo),
      (error: unknown) => this.#fail(error),
    );
  }

  #onStored(upTo: number): void {
    if (this.#over || upTo <= this.#stored) return;
    this.#stored = upTo;
    try {
      this.#release();
    } catch (error) {
      return this.#fail(error);
    }
    this.input({ type: 'stored', upTo });
  }

  /** Lets go what waited for the writes that are durable now. */
  #release(): void {
    const waits = (effect: { readonly after: number }): boolean => effect.after > this.#stored;
    const messages = this.#heldMessages;
    const outputs = this.#heldOutputs;
    this.#heldMessages = messages.filter(waits);
    this.#heldOutputs = outputs.filter(waits);
    for (const outgoing of messages) if (!waits(outgoing)) this.#send(outgoing);
    for (const decision of outputs) if (!waits(decision)) this.#deliver(decision);
  }

  #armTimer(): void {
    if (this.#over) return;
    const { machine, clock } = this.#options;
    const { wakeAt } = machine;
    if (wakeAt >= this.#timerAt) return; // the timer that runs fires early, and arms again then
    this.#cancelTimer?.();
    this.#timerAt = wakeAt;
    this.#cancelTimer = clock.after(wakeAt - clock.now(), () => {
      this.#timerAt = Infinity;
      this.#cancelTimer = null;
      if (machine.wakeAt <= clock.now()) this.input({ type: 'wake' });
      else this.#armTimer();
    });
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.close();
    this.#options.failed(error);
  }
}
