import { runKits, type KitResult } from './kits.js';
import type { Dialer, WebSocketSettings } from './websocket/settings.js';
import { findOut, type Findings } from './program.js';

/** What the page and the worker tell. */
export interface Report {
  readonly findings: Findings;
  readonly kits: readonly KitResult[];
}

/** Runs everything, in Node, in a page or in a worker. */
export async function report(settings: WebSocketSettings, dialer: Dialer = {}): Promise<Report> {
  return { findings: await findOut(), kits: await runKits(settings, dialer) };
}
