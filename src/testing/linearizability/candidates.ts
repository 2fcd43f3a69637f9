/** An operation that a search has to place or may place. */
export interface Interval {
  readonly calledAt: number;
  /** `Infinity` when the outcome is unknown. */
  readonly returnedAt: number;
}

/** No operation, and no return. */
export const NONE = -1;

/**
 * Which operations may come next. Calls and returns stand in the order of time in a doubly linked list, from which an
 * operation that is placed is taken out (and later put back exactly there: Knuth's dancing links). What is called before
 * the first return that is left may come next, and nothing else may: whatever is called later must come after the
 * operation that returned there. Operations that never return stand in a list of their own, so that they are tried last.
 *
 * Entry `2 * i` is the call of operation `i`, entry `2 * i + 1` its return.
 */
export class Candidates {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** The place of each entry in the order of time. */
  readonly #rank: Int32Array;
  readonly #isOpen: Uint8Array;
  readonly #known: number;
  readonly #open: number;
  readonly #scratch: Int32Array;

  constructor(operations: readonly Interval[]) {
    const entries = 2 * operations.length;
    this.#known = entries;
    this.#open = entries + 1;
    this.#next = new Int32Array(entries + 2);
    this.#previous = new Int32Array(entries + 2);
    this.#rank = new Int32Array(entries);
    this.#isOpen = Uint8Array.from(operations, ({ returnedAt }) => (returnedAt === Infinity ? 1 : 0));
    this.#scratch = new Int32Array(operations.length + 2);
    this.#link(inOrder(operations));
  }

  /** The first return of what is not placed; {@link NONE} when everything that returned is placed. */
  firstReturn(): number {
    let entry = this.#next[this.#known]!;
    while (entry !== this.#known && (entry & 1) === 0) entry = this.#next[entry]!;
    return entry === this.#known ? NONE : entry;
  }

  /** How far in the order of time an entry is. */
  rankOf(entry: number): number {
    return entry === NONE ? Infinity : this.#rank[entry]!;
  }

  /** Whether the outcome of an operation is unknown. */
  isOpen(operation: number): boolean {
    return this.#isOpen[operation] === 1;
  }

  /** Whether an operation that is not placed was called before that return. */
  isCandidate(operation: number, firstReturn: number): boolean {
    return this.#rank[2 * operation]! < this.#rank[firstReturn]!;
  }

  /** The first operation that may come next, before that return; {@link NONE} when there is none. */
  first(firstReturn: number): number {
    return this.#from(this.#next[this.#known]!, firstReturn);
  }

  /** The one that is tried after that one. */
  after(operation: number, firstReturn: number): number {
    const entry = this.#next[2 * operation]!;
    return this.#isOpen[operation] === 1 ? this.#fromOpen(entry, firstReturn) : this.#from(entry, firstReturn);
  }

  /** Takes an operation out: it is placed. */
  take(operation: number): void {
    this.#unlink(2 * operation);
    if (this.#isOpen[operation] === 0) this.#unlink(2 * operation + 1);
  }

  /** Puts the operation that was taken last back. */
  putBack(operation: number): void {
    if (this.#isOpen[operation] === 0) this.#relink(2 * operation + 1);
    this.#relink(2 * operation);
  }

  /**
   * Everything that tells this moment of a search from others: the state, the first return, and what may come next. These
   * determine which operations are placed: of those called before that return the ones that are not listed, and none of
   * the others. So this stands for the usual bit set, and its length depends on how many operations overlap and not on
   * how long the history is. The array is valid until the next call.
   */
  configuration(state: number, firstReturn: number): { readonly words: Int32Array; readonly length: number } {
    const words = this.#scratch;
    words[0] = state;
    words[1] = firstReturn;
    let length = 2;
    for (let at = this.first(firstReturn); at !== NONE; at = this.after(at, firstReturn)) words[length++] = at;
    return { words, length };
  }

  #from(entry: number, firstReturn: number): number {
    if (entry !== firstReturn) return entry >> 1;
    return this.#fromOpen(this.#next[this.#open]!, firstReturn);
  }

  #fromOpen(entry: number, firstReturn: number): number {
    return entry === this.#open || this.#rank[entry]! > this.#rank[firstReturn]! ? NONE : entry >> 1;
  }

  #link(order: readonly number[]): void {
    let [lastKnown, lastOpen] = [this.#known, this.#open];
    for (const [rank, entry] of order.entries()) {
      this.#rank[entry] = rank;
      if (this.#isOpen[entry >> 1] === 1) lastOpen = this.#join(lastOpen, entry);
      else lastKnown = this.#join(lastKnown, entry);
    }
    this.#join(lastKnown, this.#known);
    this.#join(lastOpen, this.#open);
  }

  #join(entry: number, next: number): number {
    this.#next[entry] = next;
    this.#previous[next] = entry;
    return next;
  }

  #unlink(entry: number): void {
    this.#next[this.#previous[entry]!] = this.#next[entry]!;
    this.#previous[this.#next[entry]!] = this.#previous[entry]!;
  }

  #relink(entry: number): void {
    this.#next[this.#previous[entry]!] = entry;
    this.#previous[this.#next[entry]!] = entry;
  }
}

/** Calls and returns in the order of time; at the same time calls come first, so that those operations are concurrent. */
function inOrder(operations: readonly Interval[]): number[] {
  const timeOf = (entry: number): number =>
    (entry & 1) === 0 ? operations[entry >> 1]!.calledAt : operations[entry >> 1]!.returnedAt;
  const entries: number[] = [];
  for (const [i, { returnedAt }] of operations.entries()) {
    entries.push(2 * i);
    if (returnedAt !== Infinity) entries.push(2 * i + 1);
  }
  return entries.sort((a, b) => timeOf(a) - timeOf(b) || (a & 1) - (b & 1) || a - b);
}
