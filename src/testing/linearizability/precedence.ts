/** A pair of operations: the first must be placed before the second may be. */
export type Pair = readonly [before: number, after: number];

/** Which operations have to wait until others are placed, beyond what calls and returns say. */
export class Precedence {
  readonly #followers: readonly (readonly number[])[];
  /** For each operation how many of those that it waits for are not placed. */
  readonly #waitsFor: Int32Array;

  constructor(operations: number, pairs: readonly Pair[]) {
    const followers = Array.from({ length: operations }, (): number[] => []);
    this.#waitsFor = new Int32Array(operations);
    for (const [before, after] of pairs) {
      followers[before]!.push(after);
      this.#waitsFor[after]!++;
    }
    this.#followers = followers;
  }

  /** Whether everything that must come before it is placed. */
  isFree(operation: number): boolean {
    return this.#waitsFor[operation] === 0;
  }

  /** That operation is placed. Takes time in proportion to the number of those that waited for it. */
  take(operation: number): void {
    for (const follower of this.#followers[operation]!) this.#waitsFor[follower]!--;
  }

  /** That operation is not placed any more. */
  putBack(operation: number): void {
    for (const follower of this.#followers[operation]!) this.#waitsFor[follower]!++;
  }
}
