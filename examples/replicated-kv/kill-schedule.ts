import { seededRandom } from 'quorate/core';

/** The parts of the run in which a leader is killed, as shares of all writes. */
const WINDOWS = [
  [0.25, 0.4],
  [0.6, 0.75],
] as const;

/** After how many acknowledged writes the leader is killed, each time. Equal seeds give equal points. */
export function killPoints(seed: number, writes: number): number[] {
  const random = seededRandom(seed);
  return WINDOWS.map(([from, to]) => Math.floor(writes * (from + (to - from) * random())));
}
