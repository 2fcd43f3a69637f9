import { mutate } from './mutate.js';
import { Random } from './random.js';
import type { Target, Verdict } from './target.js';

/** How long one input may take, in milliseconds: far more than any of them needs, less than a person would wait. */
const MAX_MS = 1000;

/** The bytes of the longest input; what grows beyond it is cut off. */
const MAX_INPUT_BYTES = 16_384;

/** How many valid inputs mutations start from. */
const POOL = 512;

/** Inputs to try: those with the numbers `first` to `first + count - 1` of a seed. */
export interface Block {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
}

/** An input for which a promise does not hold. */
export interface Finding {
  readonly input: Uint8Array;
  readonly message: string;
}

/** What came of a block: of all its inputs, or of those up to the first finding. */
export interface BlockResult {
  readonly inputs: number;
  readonly rejected: number;
  readonly finding: Finding | null;
}

/** Tries the inputs of a block, in order, up to the first finding. */
export async function fuzzBlock(target: Target, { seed, first, count }: Block): Promise<BlockResult> {
  const inputs = new Inputs(target, seed);
  let rejected = 0;
  for (let number = first; number < first + count; number++) {
    const input = inputs.get(number);
    const result = tryInput(target, input);
    const outcome = result instanceof Promise ? await result : result;
    if (typeof outcome === 'object') {
      return { inputs: number - first + 1, rejected, finding: { input, message: outcome.message } };
    }
    if (outcome === 'rejected') rejected++;
  }
  return { inputs: count, rejected, finding: null };
}

/** The inputs of a target for a seed: each follows from the seed and its number alone. */
export class Inputs {
  readonly #target: Target;
  readonly #seed: number;
  readonly #pool: readonly Uint8Array[];

  constructor(target: Target, seed: number) {
    this.#target = target;
    this.#seed = seed;
    const random = new Random(seed, hash(target.name));
    this.#pool = Array.from({ length: POOL }, () => target.valid(random));
  }

  /** Mostly valid ones with a few changes; some valid ones as they are, some random bytes. */
  get(number: number): Uint8Array {
    const random = new Random(this.#seed, hash(`${this.#target.name} ${number}`));
    const kind = random.below(16);
    if (kind === 0) return random.bytes(random.length(32, 300));
    const valid = random.pick(this.#pool);
    if (kind === 1) return valid;
    if (kind < 8 && this.#target.generate !== undefined) return this.#target.generate(random);
    return mutate(random, valid, random.pick(this.#pool)).slice(0, MAX_INPUT_BYTES);
  }
}

/**
 * What a target makes of one input; an error when a promise does not hold. Synchronous where the target is. What took too
 * long may have waited for the machine: it counts when it does so each time.
 */
export function tryInput(target: Target, input: Uint8Array, tries = 3): Verdict | Error | Promise<Verdict | Error> {
  const start = performance.now();
  const timed = (verdict: Verdict): Verdict | Error | Promise<Verdict | Error> => {
    const ms = performance.now() - start;
    if (ms <= MAX_MS) return verdict;
    return tries > 1 ? tryInput(target, input, tries - 1) : new Error(`it took ${Math.round(ms)} ms`);
  };
  try {
    const verdict = target.check(input);
    return verdict instanceof Promise ? verdict.then(timed, asError) : timed(verdict);
  } catch (error) {
    return asError(error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x0100_0193);
  return value >>> 0;
}
