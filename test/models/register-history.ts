import type { NodeId } from '../../src/core/index.js';

/** An operation on a register, and its result once it is known. */
export interface RegisterOperation {
  /** The value written; `null` for a read. */
  readonly write: string | null;
  /** The value that a read returned; `null` until then and for writes. */
  readonly read: string | null;
  /** For each other client, how many of its operations had returned when this one was called; 0 is left out. */
  readonly after: Readonly<Record<NodeId, number>>;
}

/** What happened to a register, as far as linearizability is concerned: plain data, equal for equal histories. */
export interface RegisterHistory {
  /** Operations that returned, by client, in the order in which it called them. */
  readonly returned: Readonly<Record<NodeId, readonly RegisterOperation[]>>;
  /** Operations that were called and have not returned, by client. */
  readonly open: Readonly<Record<NodeId, RegisterOperation>>;
}

/** The history in which nothing happened. */
export const NO_HISTORY: RegisterHistory = { returned: {}, open: {} };

/** A client calls an operation: to write a value, or to read for `null`. */
export function called(history: RegisterHistory, client: NodeId, write: string | null): RegisterHistory {
  const after: Record<NodeId, number> = {};
  for (const [other, operations] of Object.entries(history.returned)) {
    if (other !== client && operations.length > 0) after[other] = operations.length;
  }
  const returned = { ...history.returned, [client]: history.returned[client] ?? [] };
  return { returned, open: { ...history.open, [client]: { write, read: null, after } } };
}

/** The open operation of a client returns: with the value that it read, or `null` for a write. */
export function returns(history: RegisterHistory, client: NodeId, read: string | null): RegisterHistory {
  const { [client]: operation, ...open } = history.open;
  if (operation === undefined) throw new Error(`${client} has called nothing`);
  return { returned: { ...history.returned, [client]: [...history.returned[client]!, { ...operation, read }] }, open };
}

/**
 * Whether all that returned fits into one order in which each operation takes effect between its call and its return.
 * Operations that are open may have taken effect or not. Tries every order: for the handful of a model.
 */
export function isLinearizable(history: RegisterHistory, initial: string): boolean {
  const clients = Object.keys(history.returned);
  const search = (done: Readonly<Record<NodeId, number>>, value: string): boolean => {
    if (clients.every((client) => (done[client] ?? 0) >= history.returned[client]!.length)) return true;
    return clients.some((client) => {
      const place = done[client] ?? 0;
      const returned = history.returned[client]!;
      const operation = place < returned.length ? returned[place]! : history.open[client];
      if (operation === undefined || place > returned.length) return false;
      if (Object.entries(operation.after).some(([other, count]) => (done[other] ?? 0) < count)) return false;
      const isOpen = place === returned.length;
      if (operation.write === null && !isOpen && operation.read !== value) return false;
      return search({ ...done, [client]: place + 1 }, operation.write ?? value);
    });
  };
  return search({}, initial);
}
