import type { Outcome } from '../core/index.js';

/**
 * What requests look like on a channel. `run` is drawn at random by each requester when it opens, `id` counts within
 * it: together they keep a requester that was started anew from taking an answer to its former run for its own.
 */
export type Envelope =
  | { readonly type: 'request'; readonly run: number; readonly id: number; readonly body: unknown }
  /** The requester no longer waits. */
  | { readonly type: 'cancel'; readonly run: number; readonly id: number }
  | { readonly type: 'reply'; readonly run: number; readonly id: number; readonly body: unknown }
  | ErrorEnvelope;

/** The answer to a request that did not succeed. */
export interface ErrorEnvelope {
  readonly type: 'error';
  readonly run: number;
  readonly id: number;
  readonly code: string;
  readonly message: string;
  readonly outcome: Outcome;
  readonly details?: unknown;
}

/** The envelope in a message from outside, or `null` when it is none. Unknown fields are ignored. */
export function parseEnvelope(value: unknown): Envelope | null {
  if (typeof value !== 'object' || value === null) return null;
  const { type, run, id, body = null } = value as Record<string, unknown>;
  if (!isCount(run) || !isCount(id)) return null;
  switch (type) {
    case 'request':
    case 'reply':
      return { type, run, id, body };
    case 'cancel':
      return { type, run, id };
    case 'error':
      return parseError(run, id, value as Record<string, unknown>);
    default:
      return null;
  }
}

function parseError(run: number, id: number, value: Record<string, unknown>): ErrorEnvelope | null {
  const { code, message, outcome, details } = value;
  if (typeof code !== 'string' || typeof message !== 'string') return null;
  if (outcome !== 'failed' && outcome !== 'unknown') return null;
  return { type: 'error', run, id, code, message, outcome, details };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
