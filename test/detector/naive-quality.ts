/** Formulas of Chen, Toueg & Aguilera 2002 as they stand there, in the slowest way, for tests. */

/** Delays with Pr(D > ms) and Pr(D >= ms), each for all numbers. */
export interface Delay {
  readonly exceeds: (ms: number) => number;
  readonly reaches: (ms: number) => number;
  readonly breaks?: readonly number[];
}

/** Delays without jumps. */
export function smooth(exceeds: (ms: number) => number, breaks: readonly number[] = []): Delay {
  return { exceeds, reaches: exceeds, breaks };
}

export const exponential = (meanMs: number): Delay => smooth((ms) => (ms < 0 ? 1 : Math.exp(-ms / meanMs)));

export const uniform = (from: number, to: number): Delay =>
  smooth((ms) => Math.min(1, Math.max(0, (to - ms) / (to - from))), [from, to]);

/** One of some delays, each with its probability. */
export function discrete(parts: readonly (readonly [ms: number, probability: number])[]): Delay {
  const total = (chosen: (of: number) => boolean): number =>
    Math.min(
      1,
      parts.reduce((sum, [of, probability]) => (chosen(of) ? sum + probability : sum), 0),
    );
  return {
    exceeds: (ms) => total((of) => of > ms),
    reaches: (ms) => total((of) => of >= ms),
    breaks: parts.map(([of]) => of),
  };
}

/** Delays of several distributions with this mean and standard deviation. */
export function alike(meanMs: number, deviationMs: number): Delay[] {
  const least = meanMs - deviationMs;
  const half = deviationMs * Math.sqrt(3);
  const shifted = smooth((ms) => (ms < least ? 1 : Math.exp(-(ms - least) / deviationMs)), [least]);
  const twoPoints = [0.05, 0.3, 0.7].map((late) => {
    const odds = Math.sqrt(late / (1 - late));
    const below = meanMs - deviationMs * odds;
    const parts = [[below, 1 - late] as const, [meanMs + deviationMs / odds, late] as const];
    return { below, delay: discrete(parts) };
  });
  return [
    ...(least >= 0 ? [shifted] : []),
    ...(half <= meanMs ? [uniform(meanMs - half, meanMs + half)] : []),
    ...twoPoints.filter(({ below }) => below >= 0).map(({ delay }) => delay),
  ];
}

export interface Setting {
  readonly intervalMs: number;
  readonly shiftMs: number;
  readonly loss: number;
  readonly delay: Delay;
}

/** u(x), by its definition. */
export function u(x: number, { intervalMs, shiftMs, loss, delay }: Setting): number {
  let product = 1;
  for (let j = 0; j <= Math.ceil(shiftMs / intervalMs); j++) {
    product *= loss + (1 - loss) * delay.exceeds(shiftMs + x - j * intervalMs);
  }
  return product;
}

export function qZero({ intervalMs, shiftMs, loss, delay }: Setting): number {
  return (1 - loss) * (1 - delay.reaches(shiftMs + intervalMs));
}

/** E(T_MR), E(T_M) and P_A of theorem 5, for a given integral of u. */
export function theorem5(
  setting: Setting,
  integral: number,
): { recurrence: number; duration: number; accuracy: number } {
  const pS = qZero(setting) * u(0, setting);
  const recurrence = setting.intervalMs / pS;
  return { recurrence, duration: integral / pS, accuracy: 1 - integral / pS / recurrence };
}

/** The integral of u by the midpoint rule. */
export function midpointSum(setting: Setting, points: number): number {
  const width = setting.intervalMs / points;
  let sum = 0;
  for (let i = 0; i < points; i++) sum += u((i + 0.5) * width, setting);
  return sum * width;
}

/** The integral of u for delays with steps, between which it is constant. */
export function steppedIntegral(setting: Setting): number {
  const { intervalMs, shiftMs, delay } = setting;
  const points = [0, intervalMs];
  for (let j = 0; j <= Math.ceil(shiftMs / intervalMs); j++) {
    for (const step of delay.breaks ?? []) points.push(step + j * intervalMs - shiftMs);
  }
  const inside = points.filter((x) => x >= 0 && x <= intervalMs).sort((one, other) => one - other);
  return inside.slice(1).reduce((sum, to, i) => sum + (to - inside[i]!) * u((inside[i]! + to) / 2, setting), 0);
}

/**
 * The integral of u for exponential delays, in closed form. On either side of the point where heartbeat k = ceil(shift /
 * interval) is sent each factor is 1 or `loss + (1 - loss) exp(-(shift + from - j interval) / mean) z` with
 * `z = exp(-(x - from) / mean)`. The product is a polynomial in z, and the integral of z^n over the width w is w for n = 0
 * and otherwise `mean (1 - exp(-n w / mean)) / n`. All terms are positive, so nothing cancels out.
 */
export function exponentialIntegral({ intervalMs, shiftMs, loss }: Omit<Setting, 'delay'>, meanMs: number): number {
  const k = Math.ceil(shiftMs / intervalMs);
  const sent = k * intervalMs - shiftMs;
  const piece = (from: number, to: number, last: number): number => {
    let polynomial = [1];
    for (let j = 0; j <= last; j++) {
      const slope = (1 - loss) * Math.exp(-(shiftMs + from - j * intervalMs) / meanMs);
      polynomial = [...polynomial, 0].map((c, n) => c * loss + (polynomial[n - 1] ?? 0) * slope);
    }
    const width = to - from;
    const power = (n: number): number => (n === 0 ? width : (meanMs * -Math.expm1((-n * width) / meanMs)) / n);
    return polynomial.reduce((sum, c, n) => sum + c * power(n), 0);
  };
  return piece(0, sent, k - 1) + piece(sent, intervalMs, k);
}
