import type { HistoryOperation } from './history.js';

/** An operation to draw. */
export interface Shown {
  /** Its place in the history. */
  readonly index: number;
  readonly operation: HistoryOperation<unknown, unknown>;
  readonly label: string;
  /** Its number in the order that was found, from 1; `null` when it is not in it. */
  readonly number: number | null;
}

/** Where an operation is drawn. */
export interface Bar extends Shown {
  readonly left: number;
  readonly right: number;
  /** The row, counted from the top of the picture. */
  readonly row: number;
}

/** The rows of one process. */
export interface Lane {
  readonly process: string;
  readonly firstRow: number;
  readonly rows: number;
}

/** A moment of the history, and where it is drawn. */
export interface Tick {
  readonly at: number;
  readonly x: number;
}

/** Where everything is. */
export interface Layout {
  readonly bars: readonly Bar[];
  readonly lanes: readonly Lane[];
  readonly ticks: readonly Tick[];
  readonly rows: number;
  readonly right: number;
}

/** Between two things that happen one after the other, and beside a label. */
const GAP = 9;
const PADDING = 8;
const CHARACTER = 6.7;
const BADGE = 22;

interface Moment {
  readonly at: number;
  readonly isCall: boolean;
  readonly shown: Shown;
}

/**
 * Places calls and returns from left to right in the order of time. Distances say nothing: each bar is as long as its
 * label needs, or longer where more happens beside it. That keeps hundreds of operations readable whose lengths differ by
 * orders of magnitude.
 */
export function layOut(shown: readonly Shown[], left: number): Layout {
  const lefts = new Map<Shown, number>();
  const rights = new Map<Shown, number>();
  const ticks: Tick[] = [];
  let x = left;
  for (const { at, isCall, shown: one } of momentsOf(shown)) {
    x += GAP;
    if (!isCall) x = Math.max(x, lefts.get(one)! + widthOf(one));
    (isCall ? lefts : rights).set(one, x);
    ticks.push({ at, x });
  }
  const placed = shown.map((one) => {
    const from = lefts.get(one)!;
    return { ...one, left: from, right: rights.get(one) ?? from + widthOf(one) };
  });
  const right = Math.max(x, ...placed.map((bar) => bar.right)) + 3 * GAP;
  return { ...intoLanes(placed), ticks, right };
}

function momentsOf(shown: readonly Shown[]): Moment[] {
  const moments = shown.flatMap((one): Moment[] => {
    const { calledAt, returnedAt } = one.operation;
    const call = { at: calledAt, isCall: true, shown: one };
    return returnedAt === null ? [call] : [call, { at: returnedAt, isCall: false, shown: one }];
  });
  return moments.sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall));
}

function widthOf({ label, number }: Shown): number {
  return label.length * CHARACTER + 2 * PADDING + (number === null ? 0 : BADGE);
}

/** A lane for each process; where a process did several things at a time, its lane has several rows. */
function intoLanes(placed: readonly Omit<Bar, 'row'>[]): Pick<Layout, 'bars' | 'lanes' | 'rows'> {
  const byProcess = new Map<string, Omit<Bar, 'row'>[]>();
  for (const bar of placed) {
    const process = String(bar.operation.process);
    byProcess.set(process, [...(byProcess.get(process) ?? []), bar]);
  }
  const processes = [...byProcess.keys()].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  const bars: Bar[] = [];
  const lanes: Lane[] = [];
  let firstRow = 0;
  for (const process of processes) {
    const ends: number[] = [];
    for (const bar of byProcess.get(process)!.sort((a, b) => a.left - b.left)) {
      const free = ends.findIndex((end) => end < bar.left);
      const row = free === -1 ? ends.length : free;
      ends[row] = bar.right;
      bars.push({ ...bar, row: firstRow + row });
    }
    lanes.push({ process, firstRow, rows: ends.length });
    firstRow += ends.length;
  }
  return { bars, lanes, rows: firstRow };
}
