import { QuorateError } from '../../core/index.js';
import { formatPath } from './format-path.js';
import type { Space } from './space.js';

/** The first states that are gone on from are all checked, and then one of so many. */
const ALL_OF = 1000;
const ONE_OF = 64;

/** What exchanges names in states: {@link Renamings}. */
interface Renames {
  readonly count: number;
  represent(words: Uint32Array): void;
  renamed(way: number, words: Uint32Array): Uint32Array;
}

/**
 * Holds what is promised of a symmetry against what machines do: that the initial states renamed are initial states, and
 * that a state renamed leads to renamed states, and is inside of the boundary if it is. Samples, so that it costs little.
 */
export class SymmetryCheck {
  readonly #space: Pick<Space<unknown>, 'found' | 'within' | 'state'>;
  readonly #renamings: Renames;
  #count = 0;

  constructor(space: Pick<Space<unknown>, 'found' | 'within' | 'state'>, renamings: Renames) {
    this.#space = space;
    this.#renamings = renamings;
  }

  /** @throws QuorateError with code `not-symmetric` */
  starts(visitStarts: (found: () => void) => void): void {
    const starts: Uint32Array[] = [];
    visitStarts(() => starts.push(this.#space.found.slice()));
    const texts = new Set(starts.map((words) => words.join()));
    for (const words of starts) {
      for (let way = 0; way < this.#renamings.count; way++) {
        const renamed = this.#renamings.renamed(way, words);
        if (!texts.has(renamed.join())) this.#refuse('an initial state', words, renamed, 'which is none');
      }
    }
  }

  /** @throws QuorateError with code `not-symmetric` */
  steps(words: Uint32Array, expand: (words: Uint32Array, found: () => void) => void): void {
    const count = this.#count++;
    if (this.#renamings.count === 0 || (count >= ALL_OF && count % ONE_OF !== 0)) return;
    const renamed = this.#renamings.renamed(count % this.#renamings.count, words);
    const [one, other] = [words, renamed].map((from) => this.#successors(from, expand));
    if (one !== other) this.#refuse('a state', words, renamed, 'which leads elsewhere');
  }

  /** What a state leads to, but for names, as text. */
  #successors(words: Uint32Array, expand: (words: Uint32Array, found: () => void) => void): string {
    const texts: string[] = [];
    const { found } = this.#space;
    expand(words, () => {
      const isWithin = this.#space.within(); // before it is renamed, or it would be that of the representative
      this.#renamings.represent(found);
      texts.push(`${found.join()} ${isWithin}`);
    });
    return texts.sort().join('\n');
  }

  #refuse(what: string, words: Uint32Array, renamed: Uint32Array, problem: string): never {
    const path = [
      { action: what, state: this.#space.state(words) },
      { action: `is called, with other names, ${problem}`, state: this.#space.state(renamed) },
    ];
    throw new QuorateError('not-symmetric', `symmetry does not hold:\n${formatPath(path)}`);
  }
}
