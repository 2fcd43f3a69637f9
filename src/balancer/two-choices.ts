import type { CountedMember } from './counted-member.js';
import { Members } from './members.js';

/** What strategies share that choose the better one of two nodes at random. */
export abstract class TwoChoices<M extends CountedMember> extends Members<M> {
  readonly #random: () => number;

  constructor(random: () => number) {
    super();
    this.#random = random;
  }

  /** Whether the second is better than the first. @internal */
  protected abstract better(second: M, first: M): boolean;

  /** The better one of two different nodes, the first if they tie; the only one if there is one. @internal */
  protected choose(): M {
    const active = this.active();
    const { length } = active;
    const drawn = this.#random() * length;
    const place = Math.floor(drawn);
    const first = active[place]!;
    if (length === 1) return first;
    // What is left of the draw is uniform, too. Of all but the first: were both drawn from all, one in `length` pairs would be
    // no choice.
    const other = Math.floor((drawn - place) * (length - 1));
    const second = active[other < place ? other : other + 1]!;
    return this.better(second, first) ? second : first;
  }
}
