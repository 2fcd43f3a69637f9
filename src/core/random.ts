/**
 * The state of a seeded generator: four unsigned 32-bit numbers, plain data, so that a machine can keep it in its
 * state. Not for secrets.
 */
export interface RandomState {
  a: number;
  b: number;
  c: number;
  d: number;
}

/**
 * The start state for a seed. Equal seeds give equal sequences on every platform.
 *
 * @param seed - any finite number; its lower 32 bits count
 * @param stream - a second number, to derive independent generators from one seed
 */
export function seedRandom(seed: number, stream = 0): RandomState {
  const state: RandomState = { a: seed >>> 0, b: stream >>> 0, c: 0x9e37_79b9, d: 1 };
  for (let i = 0; i < 12; i++) nextUint32(state); // the mixing rounds that the generator's author recommends
  return state;
}

/**
 * The next unsigned 32-bit number. sfc32 ("small fast counter") by Chris Doty-Humphrey (PractRand): 128 bits of state,
 * integer operations only, so that every platform draws the same numbers.
 */
export function nextUint32(state: RandomState): number {
  const sum = (state.a + state.b + state.d) | 0;
  state.d = (state.d + 1) | 0;
  state.a = state.b ^ (state.b >>> 9);
  state.b = (state.c + (state.c << 3)) | 0;
  state.c = (((state.c << 21) | (state.c >>> 11)) + sum) | 0;
  return sum >>> 0;
}

/** The next number, uniform in [0, 1), with 32 bits of precision. */
export function nextRandom(state: RandomState): number {
  return nextUint32(state) / 0x1_0000_0000;
}

/** A `random` function for policies, over a seeded generator. */
export function seededRandom(seed: number, stream = 0): () => number {
  const state = seedRandom(seed, stream);
  return () => nextRandom(state);
}
