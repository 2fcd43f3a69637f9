import { checkNumber, nextRandom, QuorateError, seedRandom, type NodeId } from '../../core/index.js';
import { show } from '../compare.js';
import { nemesis, type NemesisWeights, type TimedFault } from './faults.js';
import type { Conditions } from './network.js';
import { protocolOf, type Scenario } from './scenario.js';
import { shrink } from './shrink.js';
import { Simulation } from './simulation.js';

/** Options of {@link simulate}. */
export interface SimulateOptions {
  readonly nodes: readonly NodeId[];
  /** The first seed. @defaultValue 1 */
  readonly seed?: number;
  /** How many seeds, each a run of its own. @defaultValue 100: seconds for most machines */
  readonly seeds?: number;
  /** How long faults happen and clients ask, in virtual milliseconds. @defaultValue 10000 */
  readonly durationMs?: number;
  /** How long the nodes have after all is healed, before `healed` is asked. @defaultValue 5000: several elections */
  readonly settleMs?: number;
  /** The mean time between two commands of clients, in all. @defaultValue 50 */
  readonly commandEveryMs?: number;
  /** How network, disks and clocks are. @defaultValue `defaultConditions`: a little of everything goes wrong */
  readonly conditions?: Partial<Conditions>;
  /** How often `nemesis` lets what happen. @defaultValue `defaultWeights` */
  readonly weights?: Partial<NemesisWeights>;
  /** What goes wrong, in every run: such as the `faults` of a {@link SimulationError}. @defaultValue drawn by `nemesis` */
  readonly faults?: readonly TimedFault[];
}

/** What {@link simulate} did. Look at it: a cluster that does nothing violates nothing. */
export interface SimulateResult {
  readonly runs: number;
  /** Inputs that machines took, in all runs. */
  readonly steps: number;
  /** Commands that nodes were given, in all runs. */
  readonly commands: number;
  /** A hash of everything that happened: equal runs have equal hashes. */
  readonly trace: number;
}

/**
 * A simulation failed: an invariant did not hold, or a machine threw, which is the `cause`. The message names the seed,
 * the step, the faults that the failure needs, and the last events. Code `simulation-failed`.
 */
export class SimulationError extends QuorateError {
  /** The seed whose run failed. */
  readonly seed: number;
  /** After how many steps the run failed that has only {@link SimulationError.faults}. */
  readonly step: number;
  /** When that was, in virtual milliseconds. */
  readonly at: number;
  // Not plain fields: programs that die of an error print those, beside the message that says the same.
  readonly #faults: readonly TimedFault[];
  readonly #recent: string;

  /** @internal */
  constructor(first: Failure, smallest: Failure) {
    super('simulation-failed', describe(first, smallest), { cause: smallest.cause });
    this.seed = smallest.seed;
    this.step = smallest.step;
    this.at = smallest.at;
    this.#faults = smallest.faults;
    this.#recent = smallest.recent;
  }

  /** The faults that the failure needs: shrunk, so that it may be another failure of the same kind than the first. */
  get faults(): readonly TimedFault[] {
    return this.#faults;
  }

  /** The last events before the failure, one a line. */
  get recent(): string {
    return this.#recent;
  }
}

/** How often a failing run is repeated with fewer faults. */
const SHRINK_RUNS = 200;
/** How many of the last events are in a message; there are more in `recent`. */
const SHOWN_EVENTS = 30;

/**
 * Tests a machine in many seeded simulations: in each, `nemesis` crashes, pauses and cuts off nodes while clients ask;
 * then all is healed, and the nodes have time to settle. Throws at the first failure, with the faults shrunk to those
 * that it needs.
 *
 * For full control (a state machine beside the machine, clients with a plan of their own, faults at chosen moments) use
 * `Simulation`, on which this is built. Takes about a microsecond an event, besides what the machine costs.
 *
 * @param make - makes the scenario of one run; called once a run, and again while a failure is shrunk
 * @throws InvalidOptionError
 * @throws SimulationError when a run fails
 */
export function simulate<Message, Command, Output, Write, State, Checkpoint>(
  options: SimulateOptions,
  make: (seed: number) => Scenario<Message, Command, Output, Write, State, Checkpoint>,
): SimulateResult {
  const settings = settingsOf(options);
  const { nodes, seed: first, seeds, durationMs, weights } = settings;
  const total = { runs: 0, steps: 0, commands: 0, trace: 0 };
  for (let seed = first; seed < first + seeds; seed++) {
    const faults = options.faults ?? nemesis({ seed, nodes, durationMs, weights });
    const run = (some: readonly TimedFault[]): Run => runOnce(make(seed), { ...settings, seed, faults: some });
    const { failure, steps, commands, trace } = run(faults);
    if (failure !== null) throw new SimulationError(failure, shrunk(failure, run));
    total.runs++;
    total.steps += steps;
    total.commands += commands;
    total.trace = (Math.imul(total.trace, 31) + trace) >>> 0;
  }
  return total;
}

type Settings = Required<Omit<SimulateOptions, 'faults'>>;

interface Failure {
  readonly cause: unknown;
  readonly seed: number;
  readonly faults: readonly TimedFault[];
  readonly step: number;
  readonly at: number;
  readonly recent: string;
}

interface Run {
  readonly failure: Failure | null;
  readonly steps: number;
  readonly commands: number;
  readonly trace: number;
}

function settingsOf(options: SimulateOptions): Settings {
  const positive = { min: 0, integer: false };
  return {
    nodes: options.nodes,
    seed: checkNumber('seed', options.seed ?? 1, { min: 0 }),
    seeds: checkNumber('seeds', options.seeds ?? 100, { min: 1 }),
    durationMs: checkNumber('durationMs', options.durationMs ?? 10_000, positive),
    settleMs: checkNumber('settleMs', options.settleMs ?? 5000, positive),
    commandEveryMs: checkNumber('commandEveryMs', options.commandEveryMs ?? 50, { min: 0.001, integer: false }),
    conditions: options.conditions ?? {},
    weights: options.weights ?? {},
  };
}

function runOnce<Message, Command, Output, Write, State, Checkpoint>(
  scenario: Scenario<Message, Command, Output, Write, State, Checkpoint>,
  { seed, nodes, conditions, faults, durationMs, settleMs, commandEveryMs }: Settings & Pick<Failure, 'faults'>,
): Run {
  const simulation = new Simulation({ seed, nodes, conditions, faults }, protocolOf(scenario));
  const hosts = [...simulation.nodes.values()];
  // Clients draw from a generator of their own, so that they ask the same when a fault is taken away.
  const state = seedRandom(seed, 0xc11e);
  const random = (): number => nextRandom(state);
  let commands = 0;
  const ask = (): void => {
    if (simulation.now >= durationMs) return;
    const host = hosts[Math.floor(random() * hosts.length)]!;
    const command = host.up ? (scenario.command?.(host, random) ?? null) : null;
    if (command !== null) {
      host.command(command);
      commands++;
    }
    simulation.after(2 * commandEveryMs * random(), ask);
  };
  let failure: Failure | null = null;
  try {
    if (scenario.command !== undefined) simulation.after(0, ask);
    simulation.run(durationMs);
    simulation.heal();
    simulation.run(settleMs);
    scenario.healed?.(hosts.filter((host) => !host.lost));
  } catch (cause) {
    const { steps: step, now: at } = simulation;
    failure = { cause, seed, faults, step, at, recent: simulation.describeRecent() };
  }
  return { failure, steps: simulation.steps, commands, trace: simulation.trace };
}

/** The same kind of failure, with as few faults as are found. */
function shrunk(failure: Failure, run: (faults: readonly TimedFault[]) => Run): Failure {
  let smallest = failure;
  const fails = (faults: readonly TimedFault[]): boolean => {
    const { failure: found } = run(faults);
    if (found === null || kindOf(found.cause) !== kindOf(failure.cause)) return false;
    smallest = found;
    return true;
  };
  const faults = happened(failure);
  if (fails(faults) && !fails([])) shrink(faults, fails, SHRINK_RUNS);
  return smallest;
}

/** The faults that came before a failure: later ones had no part in it. */
function happened({ faults, at, step }: Failure): readonly TimedFault[] {
  return faults.filter((timed) => ('at' in timed ? timed.at <= at : timed.afterStep <= step));
}

function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function describe(first: Failure, { cause, seed, step, at, faults, recent }: Failure): string {
  const what = cause instanceof Error ? cause.message : show(cause);
  const events = recent.split('\n').slice(-SHOWN_EVENTS);
  return [
    `seed ${seed}: ${what}, after step ${step}, at ${at.toFixed(3)} ms`,
    `needs ${faults.length} of the ${happened(first).length} faults${faults.length > 0 ? ':' : ''}`,
    ...faults.map((timed) => `  ${show(timed)}`),
    'last events:',
    ...events.map((event) => `  ${event}`),
  ].join('\n');
}
