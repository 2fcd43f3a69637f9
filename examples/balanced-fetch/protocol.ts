/** Where all listen: the example stays within this machine. */
export const HOST = '127.0.0.1';

/** What a server process is told through its IPC channel, once. */
export interface Start {
  /** How many times as long as told it works for each request. */
  readonly slowness: number;
}

/** What a server process says. */
export type FromServer =
  { readonly type: 'listening'; readonly port: number } | { readonly type: 'failed'; readonly message: string };
