/**
 * What a search works on: states as tuples of words, all of one width. Behind it is a plain model or a set of machines;
 * the searches know neither.
 */
export interface Space<State> {
  /** The number of words of a state. */
  readonly width: number;
  /** Where {@link expand} and {@link initial} leave the state that they call `found` for. */
  readonly found: Uint32Array<ArrayBuffer>;
  /** Calls `found` for each initial state. */
  initial(found: () => void): void;
  /** Calls `found` for each transition from the state in `words`, in an order that only depends on that state. */
  expand(words: Uint32Array, found: () => void): void;
  /**
   * Whether the step to {@link found} left the state in `words` just as it was. A step that exchanges names of parts that
   * are interchangeable does not, though what represents the states is the same.
   */
  still(words: Uint32Array): boolean;
  /** Whether the state left in {@link found} is inside the boundary. */
  within(): boolean;
  /** The state as properties see it. */
  state(words: Uint32Array): State;
  /** The steps along a chain of states, each a successor of the one before; the first is an initial one. */
  follow(chain: readonly Uint32Array[]): readonly Step<State>[];
}

/** One step of a path: what happened, and the state that it led to. */
export interface Step<State> {
  /** What happened, for people; `start` for the initial state. */
  readonly action: string;
  /** The state after it. */
  readonly state: State;
}
