import type { RandomState } from '../../core/index.js';

/** The inverse of 9 modulo 2 to the 32nd. */
const NINTH = 0x38e3_8e39;

/** The generator as machines keep it in their states while they rest: nothing of what was drawn is left in it. */
export const IDLE_RANDOM: Readonly<RandomState> = { a: 0, b: 0, c: 0, d: 0 };

/**
 * A state of the generator of `core` from which the first two draws are the given ones, in [0, 1). sfc32 returns
 * a + b + d and then has 0 in place of a (for b = 0), 9 c in place of b, and d + 1: so a is the first, and c follows from
 * the second.
 */
export function scriptedRandom(first: number, second: number): RandomState {
  const [one, two] = [toUint32(first), toUint32(second)];
  return { a: one, b: 0, c: Math.imul(two - 1, NINTH) >>> 0, d: 0 };
}

/** How many numbers were drawn from a {@link scriptedRandom}. */
export function drawsTaken(state: RandomState): number {
  return state.d;
}

function toUint32(value: number): number {
  return Math.floor(value * 0x1_0000_0000) >>> 0;
}
