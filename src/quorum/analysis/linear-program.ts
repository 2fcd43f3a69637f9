import { QuorateError } from '../../core/index.js';
import { loadYalps } from './load-yalps.js';

/** How far from what it must be a number may end. Coefficients are scaled to be near 1. */
const PRECISION = 1e-10;
const MAX_PIVOTS = 100_000;

/** One variable, at least 0: what it costs, and its coefficient in each row that it is in. */
export interface Column {
  readonly cost: number;
  readonly coefficients: readonly (readonly [row: number, value: number])[];
}

/** What the sum over all columns, each times its coefficient, must be. */
export type Row = { readonly max: number } | { readonly equal: number };

/**
 * The values of the columns for which the costs are least, or null when the rows contradict each other. Done
 * by the package `yalps`: the simplex method, in a dense table of rows x columns.
 *
 * @throws QuorateError with code `missing-package`; with code `quorums-too-complex` when there is no end to it
 */
export async function minimizeCost(columns: readonly Column[], rows: readonly Row[]): Promise<number[] | null> {
  const { solve } = await loadYalps();
  const { status, variables } = solve<number, number>(
    {
      direction: 'minimize',
      objective: -1,
      constraints: rows.map((row, i) => [i, row]),
      variables: columns.map(({ cost, coefficients }, i) => [i, [[-1, cost], ...coefficients]]),
    },
    { precision: PRECISION, maxPivots: MAX_PIVOTS },
  );
  if (status === 'infeasible') return null;
  if (status !== 'optimal') {
    throw new QuorateError('quorums-too-complex', `The best strategy was not found (${status}); use fewer members`);
  }
  const values = columns.map(() => 0);
  for (const [i, value] of variables) values[i] = value;
  return values;
}
