/** What a run may have a limited number of. */
export type Counter = 'crashes' | 'commands' | 'notices';

/** The most that a counter holds. */
export const MAX_COUNT = 1023;

const SHIFTS: Readonly<Record<Counter, number>> = { crashes: 0, commands: 10, notices: 20 };

/** A counter among those packed into a word, so that a state takes one word for all. */
export function countOf(word: number, counter: Counter): number {
  return (word >>> SHIFTS[counter]) & MAX_COUNT;
}

/** The word with a counter raised by one. */
export function counted(word: number, counter: Counter): number {
  return word + (1 << SHIFTS[counter]);
}
