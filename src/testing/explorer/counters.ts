/** What a run may have a limited number of. */
export type Counter = 'crashes' | 'commands' | 'notices' | 'losses' | 'duplications';

/** The most that each counter holds. */
export const MAX_COUNTS: Readonly<Record<Counter, number>> = {
  crashes: 127,
  commands: 1023,
  notices: 127,
  losses: 15,
  duplications: 15,
};

const SHIFTS: Readonly<Record<Counter, number>> = {
  crashes: 0,
  commands: 7,
  notices: 17,
  losses: 24,
  duplications: 28,
};

/** A counter among those packed into a word, so that a state takes one word for all. */
export function countOf(word: number, counter: Counter): number {
  return (word >>> SHIFTS[counter]) & MAX_COUNTS[counter];
}

/** The word with a counter raised by one. */
export function counted(word: number, counter: Counter): number {
  return word + (1 << SHIFTS[counter]);
}
