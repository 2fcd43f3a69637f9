import { NOTHING, nextRandom, seedRandom } from '../../core/index.js';
import type { Effects, Input, Machine } from '../../core/index.js';
import { ConformanceError, holds } from './case.js';

/** How {@link machineCases} makes machines, and what it tells them. */
export interface MachineSetup<Message, Command, Output, Write, State> {
  /** A machine that has just been made, in its first state. Equal seeds, equal machines. */
  start(seed: number): Machine<Message, Command, Output, Write, State>;
  /** A machine that goes on from the state of another one of that seed; it may keep and change the state. */
  resume(state: State, seed: number): Machine<Message, Command, Output, Write, State>;
  /**
   * What a network and a host tell the machine, drawn at random: messages right and late, commands, answers to what it
   * asked for. Wakes at the machine's own times come from the kit.
   */
  inputs(random: () => number): MachineInputs<Message, Command, Output, Write, State>;
  /** The protocol's `parseMessage`. @defaultValue none: the cases of parsing are left out */
  parseMessage?(value: unknown): Message | undefined;
  /** How many random runs there are. @defaultValue 20 */
  readonly runs?: number;
  /** How many inputs a run has. @defaultValue 200 */
  readonly steps?: number;
}

/** Draws the inputs of one random run. */
export interface MachineInputs<Message, Command, Output, Write, State> {
  /** The next input. @param state - the machine's, to look at */
  next(state: State): Input<Message, Command>;
  /** The machine did this: what it wrote, and what it asks its host for. */
  did(effects: Effects<Message, Output, Write>): void;
}

/** One step of a recorded run: copies of everything, so that whoever changes something later gives himself away. */
export interface RecordedStep<Message, Command, Output, Write, State> {
  readonly input: Input<Message, Command>;
  readonly now: number;
  readonly effects: readonly Effects<Message, Output, Write>[];
  /** The very effects that the machine returned. */
  readonly live: readonly Effects<Message, Output, Write>[];
  /** After the step. */
  readonly state: State;
  readonly wakeAt: number;
}

/** A random run of a machine, to be compared with others. */
export interface RecordedRun<Message, Command, Output, Write, State> {
  readonly seed: number;
  readonly steps: readonly RecordedStep<Message, Command, Output, Write, State>[];
}

/** A machine that never comes to rest would hang its host. */
const MOST_TAKES = 1000;

/** Takes until nothing is left. */
export function takeAll<Message, Output, Write>(
  machine: Pick<Machine<Message, never, Output, Write, never>, 'take'>,
): Effects<Message, Output, Write>[] {
  const all: Effects<Message, Output, Write>[] = [];
  for (let effects = machine.take(); effects !== NOTHING; effects = machine.take()) {
    const { writes, messages, outputs } = effects;
    const empty = writes.length + messages.length + outputs.length === 0;
    if (empty) throw new ConformanceError('expected take() to return NOTHING itself when there is nothing to do');
    all.push(effects);
    holds(all.length <= MOST_TAKES, `take() to return NOTHING within ${MOST_TAKES} takes`);
  }
  return all;
}

/** Runs a machine on random inputs, its own wakes among them. */
export function record<Message, Command, Output, Write, State>(
  setup: MachineSetup<Message, Command, Output, Write, State>,
  seed: number,
): RecordedRun<Message, Command, Output, Write, State> {
  const generator = seedRandom(seed, 1);
  const random = (): number => nextRandom(generator);
  const machine = setup.start(seed);
  const inputs = setup.inputs(random);
  const steps: RecordedStep<Message, Command, Output, Write, State>[] = [];
  for (let now = 0; steps.length < (setup.steps ?? 200);) {
    const drawn = drawStep(machine, inputs, now, random);
    now = drawn.now;
    const input = structuredClone(drawn.input);
    machine.step(drawn.input, now);
    const live = takeAll(machine);
    for (const effects of live) inputs.did(effects);
    const [effects, state] = [structuredClone(live), structuredClone(machine.state())];
    steps.push({ input, now, effects, live, state, wakeAt: machine.wakeAt });
  }
  return { seed, steps };
}

function drawStep<Message, Command, State>(
  machine: Machine<Message, Command, unknown, unknown, State>,
  inputs: Pick<MachineInputs<Message, Command, never, never, State>, 'next'>,
  now: number,
  random: () => number,
): { readonly input: Input<Message, Command>; readonly now: number } {
  const { wakeAt } = machine;
  if (wakeAt === -Infinity || (wakeAt < Infinity && random() < 0.15)) {
    return { input: { type: 'wake' }, now: Math.max(now, wakeAt) };
  }
  const later = now + Math.floor(random() * 5);
  return { input: inputs.next(machine.state()), now: later };
}
