/** One of the servers that share the load. */
export interface ServerPlan {
  readonly name: string;
  /** How many times as long as the others it takes for a request. */
  readonly slowness: number;
  /** Whether it dies in the middle. */
  readonly dies: boolean;
}

/** The five servers: each answers one request after the other, in the order in which they came. */
export const servers: readonly ServerPlan[] = [
  { name: 'server-1', slowness: 1, dies: false },
  { name: 'server-2', slowness: 1, dies: false },
  { name: 'server-3', slowness: 3, dies: false },
  { name: 'server-4', slowness: 1, dies: false },
  { name: 'server-5', slowness: 1, dies: true },
];

export const serverNames: readonly string[] = servers.map(({ name }) => name);

/** The slow one: its share tells most of a strategy. */
export const slowServer = servers.find(({ slowness }) => slowness > 1)!.name;

/** How a request ended. Only the first is a success. */
export type Ending =
  | 'answered'
  /** Nobody listens there: the server did nothing of it. */
  | 'refused'
  /** The connection broke while it was open, or the answer was none. */
  | 'broken'
  /** No answer came within the time that there was. */
  | 'late';

/** What a run needs of the servers: real processes, or simulated ones. */
export interface Servers {
  /** Sends a request that takes a usual server so long. Calls `ended` once, never within this call. */
  send(server: string, workMs: number, ended: (ending: Ending) => void): void;
  /** Kills one on the spot: what it has is lost, and what comes to it is refused. */
  kill(server: string): void;
}
