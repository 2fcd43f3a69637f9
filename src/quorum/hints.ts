import { checkNumber, OverloadedError, type NodeId } from '../core/index.js';

/** A value that is kept for a home, as plain data. */
export type Hint<Value> = readonly [home: NodeId, value: Value];

/** What {@link Hints} takes. */
export interface HintsOptions<Value> {
  /**
   * How many hints to keep in all.
   *
   * @defaultValue 10,000: an outage of minutes, in the memory of ten thousand values
   */
  readonly maxHints?: number;
  /**
   * How many hints to keep for one home.
   *
   * @defaultValue half of `maxHints`, rounded up: one home that stays away leaves room for the others
   */
  readonly maxHintsPerMember?: number;
  /** What {@link Hints.entries} gave before a restart. @defaultValue none */
  readonly entries?: Iterable<Hint<Value>>;
}

/** What {@link Hints} keeps, as of now. */
export interface HintsStatus {
  /** How many in all. */
  readonly hints: number;
  /** How many for each home that has any. */
  readonly perMember: ReadonlyMap<NodeId, number>;
}

/**
 * What a fallback keeps for homes that it stands in for, until it can hand it off (hinted handoff; Dynamo 2007, section
 * 4.6). In memory only: store `entries()` to have it survive, before the write that brought a hint is acknowledged. Hints
 * are a repair and no replication: a home that was away for long, or for which there was no room, needs to be compared
 * with the others.
 */
export class Hints<Value> {
  readonly #maxHints: number;
  readonly #maxPerMember: number;
  readonly #values = new Map<NodeId, Value[]>();
  readonly #handingOff = new Set<NodeId>();
  #count = 0;

  /** @throws InvalidOptionError; OverloadedError when there are more entries than the limits allow */
  constructor(options: HintsOptions<Value> = {}) {
    this.#maxHints = checkNumber('maxHints', options.maxHints ?? 10_000, { min: 1 });
    const { maxHintsPerMember = Math.ceil(this.#maxHints / 2) } = options;
    this.#maxPerMember = checkNumber('maxHintsPerMember', maxHintsPerMember, { min: 1 });
    for (const [home, value] of options.entries ?? []) this.add(home, value);
  }

  /** Keeps a value for a home, behind those it has. @throws OverloadedError at either limit; nothing is kept then */
  add(home: NodeId, value: Value): void {
    const values = this.#values.get(home) ?? [];
    if (this.#count >= this.#maxHints) throw new OverloadedError('the hints', this.#maxHints);
    if (values.length >= this.#maxPerMember) throw new OverloadedError(`the hints for ${home}`, this.#maxPerMember);
    this.#values.set(home, values);
    values.push(value);
    this.#count++;
  }

  /**
   * Delivers what is kept for a home, in order and one after the other, also what is added meanwhile. Each is removed when
   * its delivery resolved, so one may be delivered twice after a crash. Stops at the first that rejects: that one and the
   * rest stay.
   *
   * @returns how many were delivered
   * @throws what `deliver` rejects with
   * @throws OverloadedError when a hand-off to this home is under way: there is one at a time
   * @throws the reason of the signal, between two deliveries
   */
  async handOff(
    home: NodeId,
    deliver: (value: Value, signal: AbortSignal | undefined) => PromiseLike<unknown>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<number> {
    if (this.#handingOff.has(home)) throw new OverloadedError(`hand-offs to ${home}`, 1);
    const values = this.#values.get(home) ?? [];
    this.#handingOff.add(home);
    try {
      let delivered = 0;
      for (; values.length > 0; delivered++) {
        signal?.throwIfAborted();
        await deliver(values[0]!, signal);
        values.shift();
        this.#count--;
      }
      this.#values.delete(home);
      return delivered;
    } finally {
      this.#handingOff.delete(home);
    }
  }

  /** All hints, those for one home in order: plain data, for `entries` of a new one. */
  entries(): Hint<Value>[] {
    return [...this.#values].flatMap(([home, values]) => values.map((value): Hint<Value> => [home, value]));
  }

  /** Counters, as of now. */
  status(): HintsStatus {
    const perMember = new Map([...this.#values].map(([home, values]) => [home, values.length]));
    return { hints: this.#count, perMember };
  }
}
