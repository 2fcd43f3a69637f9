import { canonicalText } from './canonical.js';
import { NONE, type Interval } from './candidates.js';
import type { Step } from './states.js';

/**
 * For each operation another one that asks for the same and returned the same, and that has to return before it does (or
 * was called before it, where neither need happen); {@link NONE} where there is none. While both may come next, only that
 * other one is tried: in any order in which it comes later the two can change places. So n of them are placed in one order
 * and not in n!, and n whose outcome is unknown in n + 1 ways and not in 2 to the n.
 */
export function twinsOf(
  operations: readonly Step<unknown, unknown>[],
  windows: readonly Interval[],
): Int32Array<ArrayBuffer> {
  const twins = new Int32Array(operations.length).fill(NONE);
  const last = new Map<unknown, number>();
  for (const operation of inOrderOfReturn(windows)) {
    const key = keyOf(operations[operation]!);
    twins[operation] = last.get(key) ?? NONE;
    last.set(key, operation);
  }
  return twins;
}

function inOrderOfReturn(windows: readonly Interval[]): number[] {
  const inTurn = (a: number, b: number): number => {
    const [one, other] = [windows[a]!, windows[b]!];
    const byReturn = one.returnedAt === other.returnedAt ? 0 : one.returnedAt - other.returnedAt; // both may be infinite
    return byReturn || one.calledAt - other.calledAt || a - b;
  };
  return Array.from(windows.keys()).sort(inTurn);
}

/** What is no plain data is equal only to itself. */
function keyOf({ input, output }: Step<unknown, unknown>): unknown {
  try {
    return canonicalText([input, output]);
  } catch {
    return input;
  }
}
