import { checkNumber } from '../../core/index.js';
import { ConformanceError, holds, same, type ConformanceCase } from './case.js';
import { findDifference } from '../compare.js';
import { parsingCases } from './machine-messages.js';
import { record, takeAll, type MachineSetup, type RecordedRun, type RecordedStep } from './machine-run.js';
import { checkPlain, freezeDeep } from './plain.js';

/** What a machine promises: switches the sections of {@link machineCases}. */
export interface MachineSupports {
  /** A `wake` that comes before `wakeAt` changes nothing. Machines that do some work at any wake do not promise it. */
  readonly earlyWakesIdle: boolean;
}

/** How many wakes in a row, at one time, may lead to another one at the same time. */
const MOST_WAKES = 100;

/**
 * What every `Machine` must do, as cases for any test runner: they run it on random inputs and compare runs. They
 * know nothing of the protocol, so they cannot tell whether it is right; see `Simulation` and the explorer for that. The
 * runs are as good as the inputs: look at how often they lead to the states that matter.
 *
 * O(runs · steps · size of the state).
 *
 * @throws InvalidOptionError
 */
export function machineCases<Message, Command, Output, Write, State>(
  setup: MachineSetup<Message, Command, Output, Write, State>,
  supports: MachineSupports,
): readonly ConformanceCase[] {
  const runs = checkNumber('runs', setup.runs ?? 20, { min: 1 });
  checkNumber('steps', setup.steps ?? 200, { min: 1 });
  type Run = RecordedRun<Message, Command, Output, Write, State>;
  const eachRun = (
    name: string,
    check: (run: Run, setup: MachineSetup<Message, Command, Output, Write, State>) => void,
  ): ConformanceCase => ({
    name,
    async run() {
      for (let seed = 1; seed <= runs; seed++) check(record(setup, seed), setup);
    },
  });
  return [
    eachRun('wants its first wake at once, and arms its timers then', firstWake),
    eachRun('returns NOTHING exactly when there is nothing to do', takesUntilNothing),
    eachRun('does the same for the same inputs', sameAgain),
    eachRun('changes nothing about its inputs', frozenInputs),
    eachRun('never touches again what it gave away', givenAway),
    eachRun('goes on alike from a copy of its state, at every step', fromCopies),
    eachRun('has plain data for a state', plainState),
    eachRun('changes nothing when it is looked at', onlyLooks),
    eachRun('lets effects wait for writes that it has made only', waitsForWrites),
    eachRun('comes to rest when it is woken', comesToRest),
    ...(supports.earlyWakesIdle ? [eachRun('does nothing at a wake that comes too early', earlyWakes)] : []),
    eachRun('sends plain data only', plainMessages),
    ...(setup.parseMessage === undefined ? [] : parsingCases(setup, runs)),
  ];
}

type AnyRun<M, C, O, W, S> = RecordedRun<M, C, O, W, S>;
type AnySetup<M, C, O, W, S> = MachineSetup<M, C, O, W, S>;

function firstWake<M, C, O, W, S>({ seed }: AnyRun<M, C, O, W, S>, setup: AnySetup<M, C, O, W, S>): void {
  const machine = setup.start(seed);
  same('wakeAt of a new machine', machine.wakeAt, -Infinity);
  machine.step({ type: 'wake' }, 5000);
  takeAll(machine);
  holds(machine.wakeAt > 5000, 'wakeAt behind the time of the first wake', machine.wakeAt);
}

function takesUntilNothing<M, C, O, W, S>(
  { seed, steps }: AnyRun<M, C, O, W, S>,
  setup: AnySetup<M, C, O, W, S>,
): void {
  const machine = setup.start(seed);
  same('what a new machine has to do', takeAll(machine), []);
  for (const { input, now } of steps) {
    machine.step(structuredClone(input), now);
    takeAll(machine);
    same('what is left to do after take() returned NOTHING', takeAll(machine), []);
  }
}

function sameAgain<M, C, O, W, S>({ seed, steps }: AnyRun<M, C, O, W, S>, setup: AnySetup<M, C, O, W, S>): void {
  const machine = setup.start(seed);
  for (const [number, step] of steps.entries()) {
    machine.step(structuredClone(step.input), step.now);
    expectStep(`seed ${seed}, step ${number}`, step, takeAll(machine), machine);
  }
}

function frozenInputs<M, C, O, W, S>({ seed, steps }: AnyRun<M, C, O, W, S>, setup: AnySetup<M, C, O, W, S>): void {
  const machine = setup.start(seed);
  for (const [number, step] of steps.entries()) {
    const input = freezeDeep(structuredClone(step.input));
    const effects = untouched(() => {
      machine.step(input, step.now);
      return takeAll(machine);
    });
    same(`seed ${seed}: the input of step ${number} afterwards`, input, step.input);
    expectStep(`seed ${seed}, step ${number} with a frozen input`, step, effects, machine);
  }
}

/** Writing to what is frozen throws. */
function untouched<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ConformanceError(`expected inputs to stay as they are; a frozen one led to: ${error.message}`, error);
  }
}

function givenAway<M, C, O, W, S>({ seed, steps }: AnyRun<M, C, O, W, S>): void {
  for (const [number, { live, effects }] of steps.entries()) {
    same(`seed ${seed}: the effects of step ${number}, at the end of the run`, live, effects);
  }
}

function fromCopies<M, C, O, W, S>({ seed, steps }: AnyRun<M, C, O, W, S>, setup: AnySetup<M, C, O, W, S>): void {
  for (const [number, step] of steps.entries()) {
    const before = number === 0 ? setup.start(seed).state() : steps[number - 1]!.state;
    const machine = setup.resume(structuredClone(before), seed);
    machine.step(structuredClone(step.input), step.now);
    expectStep(`seed ${seed}, step ${number} of a copy`, step, takeAll(machine), machine);
  }
}

function plainState<M, C, O, W, S>({ seed }: AnyRun<M, C, O, W, S>, setup: AnySetup<M, C, O, W, S>): void {
  const run = record(setup, seed);
  const machine = setup.start(seed);
  checkPlain('the state', machine.state(), 'state');
  for (const { input, now } of run.steps) {
    machine.step(input, now);
    takeAll(machine);
    checkPlain('the state', machine.state(), 'state');
  }
}

function onlyLooks<M, C, O, W, S>({ seed, steps }: AnyRun<M, C, O, W, S>, setup: AnySetup<M, C, O, W, S>): void {
  const machine = setup.start(seed);
  for (const [number, step] of steps.entries()) {
    for (let i = 0; i < 3; i++) void [machine.wakeAt, machine.state()];
    machine.step(structuredClone(step.input), step.now);
    void machine.wakeAt;
    expectStep(`seed ${seed}, step ${number} of one that is looked at`, step, takeAll(machine), machine);
  }
}

function waitsForWrites<M, C, O, W, S>({ steps }: AnyRun<M, C, O, W, S>): void {
  let written = 0;
  for (const { writes, messages, outputs } of steps.flatMap(({ effects }) => effects)) {
    written += writes.length;
    for (const { after } of [...messages, ...outputs]) {
      holds(Number.isSafeInteger(after) && after >= 0, '`after` to be the number of a write, or 0', after);
      holds(after <= written, `\`after\` to be at most ${written}, the last write`, after);
    }
  }
}

function comesToRest<M, C, O, W, S>({ seed, steps }: AnyRun<M, C, O, W, S>, setup: AnySetup<M, C, O, W, S>): void {
  for (const { state, wakeAt } of steps) {
    if (!Number.isFinite(wakeAt)) continue;
    const machine = setup.resume(structuredClone(state), seed);
    for (let wakes = 0; machine.wakeAt <= wakeAt; wakes++) {
      holds(wakes < MOST_WAKES, `wakeAt to move on from ${wakeAt} within ${MOST_WAKES} wakes`);
      machine.step({ type: 'wake' }, wakeAt);
      takeAll(machine);
    }
  }
}

function earlyWakes<M, C, O, W, S>({ seed, steps }: AnyRun<M, C, O, W, S>, setup: AnySetup<M, C, O, W, S>): void {
  for (const [number, { state, wakeAt, now }] of steps.entries()) {
    if (wakeAt <= now) continue;
    const machine = setup.resume(structuredClone(state), seed);
    machine.step({ type: 'wake' }, now);
    const what = `seed ${seed}: an early wake behind step ${number}`;
    same(`${what}: effects`, takeAll(machine), []);
    same(`${what}: the state`, machine.state(), state);
    same(`${what}: wakeAt`, machine.wakeAt, wakeAt);
  }
}

function plainMessages<M, C, O, W, S>({ steps }: AnyRun<M, C, O, W, S>): void {
  for (const { live } of steps) {
    for (const { messages } of live) for (const { message } of messages) checkPlain('a message', message, 'message');
  }
}

function expectStep<M, C, O, W, S>(
  what: string,
  step: RecordedStep<M, C, O, W, S>,
  effects: unknown,
  machine: { state(): S; readonly wakeAt: number },
): void {
  if (findDifference(step.effects, effects) !== null) same(`${what}: effects`, effects, step.effects);
  same(`${what}: the state`, machine.state(), step.state);
  same(`${what}: wakeAt`, machine.wakeAt, step.wakeAt);
}
