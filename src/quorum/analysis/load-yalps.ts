import type { solve } from 'yalps';
import { QuorateError } from '../../core/index.js';

/** The package `yalps`, as far as it is used. */
export interface Yalps {
  readonly solve: typeof solve;
}

/**
 * Loads the package `yalps`, an optional peer: only those who look for optimal strategies install it.
 *
 * @throws QuorateError with code `missing-package`
 */
export async function loadYalps(): Promise<Yalps> {
  try {
    return await import('yalps');
  } catch (cause) {
    const remedy = 'install it beside quorate: npm install yalps';
    throw new QuorateError('missing-package', `Optimal strategies need the package yalps; ${remedy}`, { cause });
  }
}
