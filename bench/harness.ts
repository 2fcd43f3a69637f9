/** What the value of a case counts. */
export type Unit = 'ns/op' | 'ops/s' | 'ms' | 'bytes' | 'ratio';

/** What all cases have. */
interface CaseBase {
  /** What is measured. Ours and its peers have the same name. */
  readonly name: string;
  /** `name@version` when this measures somebody else's work; none when it measures ours. */
  readonly peer?: string;
  /** Frees what the case holds; called once, after the last round. */
  close?(): void | Promise<void>;
}

/** A case that the harness times: `run` does the work as often as it is told, nothing else. */
export interface TimedCase extends CaseBase {
  readonly unit: 'ns/op' | 'ops/s';
  run(iterations: number): void | Promise<void>;
}

/** A case that measures itself, for about as many seconds as it is told where that makes sense. */
export interface MeasuredCase extends CaseBase {
  readonly unit: Unit;
  measure(seconds: number): number | Promise<number>;
  /** What all rounds together say, where that is more than the median of what each says. */
  total?(): number;
}

export type Case = TimedCase | MeasuredCase;

/** What a file in `suites/` exports as default: its cases, made when the suite runs. */
export type Suite = () => readonly Case[] | Promise<readonly Case[]>;

/** What a file in `suites/` may export as `report`: what people are to read of the results, instead of a plain table. */
export type Report = (results: readonly Result[], options: Pick<RunOptions, 'seconds' | 'rounds'>) => string;

/** How long one round of one case takes, and how many there are, unless the command says otherwise. */
export const DEFAULTS = { seconds: 0.5, rounds: 5 };

/** What `npm run bench -- SUITE --json` prints for each case. */
export interface Result {
  readonly suite: string;
  readonly case: string;
  readonly unit: Unit;
  /** The median of the rounds, or what they say together. In JSON null when it is none, or endless. */
  readonly value: number;
  readonly peer: string | null;
}

interface RunOptions {
  /** How long one round of one case takes. */
  readonly seconds: number;
  readonly rounds: number;
  /** Called after each round of each case. */
  readonly progress?: (done: number, total: number, what: string) => void;
}

/**
 * Runs the cases round by round, so that what disturbs the machine for a while disturbs all of them, and returns the
 * medians.
 */
export async function runSuite(suite: string, cases: readonly Case[], options: RunOptions): Promise<Result[]> {
  const { rounds, seconds, progress } = options;
  const values = cases.map((): number[] => []);
  const pace = new Map<TimedCase, number>();
  for (let round = 0; round < rounds; round++) {
    for (const [i, one] of cases.entries()) {
      values[i]!.push('measure' in one ? await one.measure(seconds) : await time(one, seconds, pace));
      progress?.(round * cases.length + i + 1, rounds * cases.length, one.name);
    }
  }
  for (const one of cases) await one.close?.();
  return cases.map((one, i) => {
    const value = 'measure' in one && one.total !== undefined ? one.total() : median(values[i]!);
    return { suite, case: one.name, unit: one.unit, value, peer: one.peer ?? null };
  });
}

/** One round of a timed case, in its unit. `pace` remembers how many iterations a second it makes. */
async function time(one: TimedCase, seconds: number, pace: Map<TimedCase, number>): Promise<number> {
  let perSecond = pace.get(one) ?? (await warmUp(one, seconds / 4));
  const iterations = Math.max(1, Math.round(perSecond * seconds));
  perSecond = iterations / (await secondsOf(one, iterations));
  pace.set(one, perSecond);
  return one.unit === 'ops/s' ? perSecond : 1e9 / perSecond;
}

/** Doubles the iterations until they take long enough to tell, and the code is compiled; returns iterations a second. */
async function warmUp(one: TimedCase, seconds: number): Promise<number> {
  for (let iterations = 1; ; iterations *= 2) {
    const took = await secondsOf(one, iterations);
    if (took >= seconds) return iterations / took;
  }
}

async function secondsOf(one: TimedCase, iterations: number): Promise<number> {
  const start = performance.now();
  await one.run(iterations);
  return Math.max(performance.now() - start, 1e-6) / 1000;
}

/** The middle value, the mean of the two in the middle when their number is even. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const sink: { value: unknown } = { value: undefined };

/** Keeps a result alive, so that the compiler cannot drop the work that made it. */
export function keep(value: unknown): void {
  sink.value = value;
}
