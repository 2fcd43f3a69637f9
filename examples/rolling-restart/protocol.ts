/** Where servers listen. */
export const HOST = '127.0.0.1';

/** What a server is told when it starts. */
export interface Start {
  /** 0 for any. */
  readonly port: number;
  /** What it answers. */
  readonly version: string;
  /** Whether it never gets well. */
  readonly broken: boolean;
}

/** What a server says of itself. */
export type FromServer =
  { readonly type: 'listening'; readonly port: number } | { readonly type: 'failed'; readonly message: string };
