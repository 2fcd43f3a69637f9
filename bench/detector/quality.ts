import { availableParallelism } from 'node:os';
import type { Estimate } from 'quorate/testing';
import { Child } from '../child.js';
import { methods, type Method } from './chen-simulation.js';
import { bertier, contenders, type Tuned } from './contenders.js';
import type { Played, Question } from './quality-subject.js';

/** The mean detection times at which detectors are compared, in milliseconds. */
export const TARGETS = [200, 225, 250, 275, 300, 325, 350, 375, 400, 450, 500, 750, 1000, 1500, 2000];

/** The two wide areas. */
export const AREAS = ['stationary', 'bursts'] as const;
type Area = (typeof AREAS)[number];

/** So many heartbeats of a trace are played a round, for each second that a round may take. */
const HEARTBEATS = { stationary: 800_000, bursts: 800_000, chen: 8_000_000 };

/** What all rounds say of a detector, each of which has a trace of its own. */
export interface Pooled {
  readonly knob: number;
  readonly detectionTimeMs: number;
  readonly mistakes: number;
  readonly observedMs: number;
  readonly recurrenceMs: Estimate;
  readonly durationMs: Estimate;
  readonly queryAccuracy: number;
}

/** One detector on one kind of trace. The seed of a round is its number. */
export class Play {
  readonly #child: Child<Question, Played>;
  readonly #question: (seed: number, heartbeats: number) => Question;
  readonly #rounds: Played[] = [];
  readonly name: string;
  readonly kind: Area | 'chen';

  constructor(kind: Area | 'chen', name: string, child: Child<Question, Played>) {
    this.kind = kind;
    this.name = name;
    this.#child = child;
    const targets = name === bertier.name ? [] : TARGETS;
    this.#question = (seed, heartbeats) =>
      kind === 'chen'
        ? { trace: kind, seed, heartbeats, method: name as Method }
        : { trace: kind, seed, heartbeats, contender: name, targets };
  }

  async run(round: number, seconds: number): Promise<void> {
    const heartbeats = Math.max(Math.round(HEARTBEATS[this.kind] * seconds), 20_000);
    this.#rounds[round] = await this.#child.ask(this.#question(round + 1, heartbeats));
  }

  /** What all rounds say of a target or a bound, by its index; null when the detector cannot be there. */
  pooled(index: number): Pooled | null {
    const rounds = this.#rounds.map((played) => played[index] ?? null);
    return rounds.length === 0 || rounds.includes(null) ? null : pool(rounds as Tuned[]);
  }
}

function pool(rounds: readonly Tuned[]): Pooled {
  const sum = (of: (tuned: Tuned) => number): number => rounds.reduce((total, tuned) => total + of(tuned), 0);
  /** What the rounds say of a figure, with so many figures in each. */
  const together = (of: (tuned: Tuned) => Estimate, count: (tuned: Tuned) => number): Estimate => {
    const with_ = rounds.filter((tuned) => count(tuned) > 0);
    const all = sum(count);
    const squares = with_.reduce((total, tuned) => total + (count(tuned) * of(tuned).standardError) ** 2, 0);
    const value = with_.reduce((total, tuned) => total + count(tuned) * of(tuned).value, 0) / all;
    return { value: all === 0 ? 0 : value, standardError: Math.sqrt(squares) / all };
  };
  const mistakes = sum(({ measured }) => measured.mistakes);
  const observedMs = sum(({ measured }) => measured.observedMs);
  const rate = together(
    ({ measured }) => measured.mistakesPerSecond,
    ({ measured }) => measured.observedMs,
  );
  return {
    knob: rounds[0]!.knob,
    detectionTimeMs: sum(({ measured }) => measured.detectionTimeMs.value) / rounds.length,
    mistakes,
    observedMs,
    recurrenceMs: { value: observedMs / mistakes, standardError: (1000 * rate.standardError) / rate.value ** 2 },
    durationMs: together(
      ({ measured }) => measured.mistakeDurationMs,
      ({ measured }) => measured.mistakes,
    ),
    queryAccuracy: sum(({ measured }) => measured.queryAccuracy.value) / rounds.length,
  };
}

/** Everything that is played, a process for each detector, as many at once as there are cores. */
export class Comparison {
  readonly #children: Child<Question, Played>[] = [];
  readonly #rounds: Promise<void>[] = [];
  /** Two of the same process are far apart, so that they do not wait for each other. */
  readonly plays: readonly Play[];

  constructor() {
    const child = (): Child<Question, Played> => {
      const made = new Child<Question, Played>(new URL('quality-subject.ts', import.meta.url));
      this.#children.push(made);
      return made;
    };
    const knobless = child();
    const makers = [...contenders].reverse().map(({ name }) => ({ name, process: child() }));
    const play = (area: Area): Play[] => makers.map(({ name, process }) => new Play(area, name, process));
    this.plays = [
      ...play('stationary'),
      ...(Object.keys(methods) as Method[]).map((method) => new Play('chen', method, child())),
      ...play('bursts'),
      ...AREAS.map((area) => new Play(area, bertier.name, knobless)),
    ];
  }

  /** Plays all of a round; once, however often it is called. */
  run(round: number, seconds: number): Promise<void> {
    return (this.#rounds[round] ??= this.#run(round, seconds));
  }

  async #run(round: number, seconds: number): Promise<void> {
    const left = [...this.plays];
    const work = async (): Promise<void> => {
      for (let play = left.shift(); play !== undefined; play = left.shift()) await play.run(round, seconds);
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  }

  find(kind: Area | 'chen', name: string): Play {
    return this.plays.find((play) => play.kind === kind && play.name === name)!;
  }

  close(): void {
    for (const child of this.#children) child.close();
  }
}
