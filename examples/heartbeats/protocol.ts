import type { NodeId } from 'quorate/core';

/** The name that all processes of the example give their cluster. */
export const CLUSTER = 'heartbeats';

/** Where all listen: the example stays within this machine. */
export const HOST = '127.0.0.1';

/** The one that watches the others. */
export const MONITOR = 'monitor';

/** What the monitor tells a member through its IPC channel. */
export type ToMember =
  | ({ readonly type: 'start' } & MemberOptions)
  /** Work for so long without a break. */
  | { readonly type: 'work'; readonly ms: number }
  /** Say that this run stops, close everything and end. */
  | { readonly type: 'leave' };

/** Who a member is, and to whom it beats. */
export interface MemberOptions {
  readonly id: NodeId;
  /** Where it listens; 0 for a free port. */
  readonly port: number;
  /** The address of the monitor. */
  readonly monitor: string;
  readonly intervalMs: number;
  /** How long it works each time, ten times a second: so that there is some load to report. */
  readonly workMs: number;
}

/** What a member says. */
export type FromMember =
  /** It listens, and beats. `run` is the text of its gpid. */
  | { readonly type: 'started'; readonly port: number; readonly run: string }
  /** The work begins: nothing else is done before it ends. */
  | { readonly type: 'working' }
  /** It ends, and why. `code` is that of the error, where it has one. */
  | { readonly type: 'failed'; readonly message: string; readonly code: string };

/** Where a transport listens, without its host. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
