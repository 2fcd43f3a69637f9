import { QuorateError } from '../../core/index.js';
import { loadYalps, type Yalps } from './load-yalps.js';

/**
 * What the package takes for 0, tried one after the other until the result is proved. With less it sometimes goes on from
 * numbers that are rounding errors, with more it sometimes stops early.
 */
const PRECISIONS = [1e-9, 1e-8, 1e-10, 1e-7];
const MAX_PIVOTS = 100_000;

/**
 * How far a sum may be from what it must be, and costs from the least, relative to it. The second is for one program in
 * some thousands, in which members differ by factors of thousands.
 */
const TOLERANCES = [2e-7, 1e-5];
const ATTEMPTS = TOLERANCES.flatMap((tolerance) => PRECISIONS.map((precision) => ({ precision, tolerance })));

/** One variable, at least 0. */
export interface Column {
  /** What it costs, at least 0. */
  readonly cost: number;
  /** Its coefficient in each row that it is in. */
  readonly coefficients: readonly Entry[];
  /** What it can be at most, where it costs nothing. */
  readonly atMost: number;
}

type Entry = readonly [row: number, value: number];

/**
 * What the sum over all columns, each times its coefficient, must be: at most `max`, or 1. Where it must be 1, more would
 * only cost more: coefficients are not less than 0, and so are those of the same columns in rows with a maximum.
 */
export type Row = { readonly max: number } | { readonly equal: 1 };

interface Program {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/**
 * The values of the columns for which the costs are least, or null when the rows contradict each other. Done by the package
 * `yalps`: the simplex method, in a dense table of rows x columns. About once in a thousand programs rounding leads such
 * tables astray, so no result is believed: the dual program is solved too, each solution of which is a bound of the costs,
 * and both must agree.
 *
 * @throws QuorateError with code `missing-package`; with code `quorums-too-complex` when they never do
 */
export async function minimizeCost(columns: readonly Column[], rows: readonly Row[]): Promise<number[] | null> {
  const yalps = await loadYalps();
  const program = { columns, rows };
  let best: { readonly values: number[]; readonly cost: number } | null = null;
  let bound = -Infinity;
  let contradictions = 0;
  for (const { precision, tolerance } of ATTEMPTS) {
    const values = solvePrimal(yalps, program, precision);
    if (values === null && best === null && ++contradictions === 2) return null;
    if (values !== null && isFeasible(program, values, tolerance)) {
      const cost = columns.reduce((sum, column, i) => sum + column.cost * values[i]!, 0);
      if (best === null || cost < best.cost) best = { values, cost };
    }
    if (best === null) continue;
    bound = Math.max(bound, boundOf(yalps, program, precision, best.cost));
    if (best.cost - bound <= tolerance * Math.max(best.cost, 1e-3)) return best.values;
  }
  throw new QuorateError(
    'quorums-too-complex',
    'The best strategy was not found; use fewer members, or let their capacities differ less',
  );
}

/** @returns null when the package says that the rows contradict each other; numbers that prove nothing when it gave up */
function solvePrimal({ solve }: Yalps, { columns, rows }: Program, precision: number): number[] | null {
  const { status, variables } = solve<number, number>(
    {
      direction: 'minimize',
      objective: -1,
      constraints: rows.map((row, i) => [i, row]),
      variables: columns.map(({ cost, coefficients }, i) => [i, [[-1, cost], ...coefficients]]),
    },
    { precision, maxPivots: MAX_PIVOTS },
  );
  if (status === 'infeasible') return null;
  const values = columns.map(() => 0);
  for (const [i, value] of variables) values[i] = Math.max(0, value);
  return values;
}

function isFeasible({ columns, rows }: Program, values: readonly number[], tolerance: number): boolean {
  const sums = rows.map(() => 0);
  for (const [i, { coefficients }] of columns.entries()) {
    for (const [row, value] of coefficients) sums[row]! += value * values[i]!;
  }
  return rows.every((row, i) => {
    if ('equal' in row) return Math.abs(sums[i]! - row.equal) <= tolerance;
    return sums[i]! - row.max <= tolerance * Math.max(1, row.max);
  });
}

/**
 * A bound that costs are not below where they are at most `cost`, or -Infinity. With a price for each row, the columns
 * together cost at least what the rows are worth, if each column costs at least what its coefficients are worth (weak
 * duality). Whichever prices the package finds, the bound holds: what a column lacks is taken off, as often as that column
 * can be there.
 */
function boundOf({ solve }: Yalps, { columns, rows }: Program, precision: number, cost: number): number {
  // A row with a maximum has a price that is not above 0, and variables are not below.
  const sign = rows.map((row) => ('equal' in row ? 1 : -1));
  const limits = rows.map((row) => ('equal' in row ? row.equal : row.max));
  const entries: [number, number][][] = rows.map((_, row) => [[-1, sign[row]! * limits[row]!]]);
  for (const [i, { coefficients }] of columns.entries()) {
    for (const [row, value] of coefficients) entries[row]!.push([i, sign[row]! * value]);
  }
  const { variables } = solve<number, number>(
    {
      direction: 'maximize',
      objective: -1,
      constraints: columns.map((column, i) => [i, { max: column.cost }]),
      variables: entries.map((coefficients, row) => [row, coefficients]),
    },
    { precision, maxPivots: MAX_PIVOTS },
  );
  const price = rows.map(() => 0);
  for (const [row, value] of variables) price[row] = sign[row]! * Math.max(0, value);
  const worth = limits.reduce((sum, limit, row) => sum + price[row]! * limit, 0);
  return worth - lackOf({ columns, rows }, price, cost);
}

/** What columns of these prices lack at most, when all of them together cost at most `cost`. */
function lackOf({ columns, rows }: Program, price: readonly number[], cost: number): number {
  const most = rows.map(() => 0);
  let lack = 0;
  for (const column of columns) {
    const worth = column.coefficients.reduce((sum, [row, value]) => sum + price[row]! * value, 0);
    const lacks = worth - column.cost;
    if (lacks <= 0) continue;
    // Columns in a row that must be 1 are there once together; others as often as their costs or a maximum let them.
    const only = column.coefficients.find(([row]) => 'equal' in rows[row]!);
    if (only !== undefined) most[only[0]] = Math.max(most[only[0]]!, lacks);
    else lack += lacks * (column.cost > 0 ? cost / column.cost : column.atMost);
  }
  return most.reduce((sum, one) => sum + one, lack);
}
