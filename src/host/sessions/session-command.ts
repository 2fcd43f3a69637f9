import { InvalidOptionError } from '../../core/index.js';
import { packCounts, readCount, type Cursor } from './bytes.js';
import { limitCounts, limitsOf, resolveLimits, type SessionLimits } from './limits.js';

/**
 * What the log holds for a state machine with sessions. `stampMs` is the wall clock of whoever proposed it: all that
 * tells the log how time passes.
 */
export type SessionCommand =
  /** A command of no session: applied as often as it is in the log. */
  | { readonly type: 'plain'; readonly payload: Uint8Array }
  | { readonly type: 'open'; readonly stampMs: number; readonly id: string }
  | OrderedCommand
  | { readonly type: 'keepAlive'; readonly stampMs: number; readonly session: number; readonly lowest: number }
  | { readonly type: 'close'; readonly stampMs: number; readonly session: number }
  | { readonly type: 'limits'; readonly limits: SessionLimits };

/** A command of a session. */
export interface OrderedCommand {
  readonly type: 'command';
  readonly stampMs: number;
  /** The log index at which the session was opened. */
  readonly session: number;
  /** Counts the commands of the session, from 1. */
  readonly sequence: number;
  /** The lowest sequence number whose answer the client lacks, at most `sequence`. */
  readonly lowest: number;
  readonly payload: Uint8Array;
}

/*
 * The first byte is the kind. No UTF-8 text begins with any of these, so that commands which were proposed without an
 * envelope are noticed at the first try.
 */
const PLAIN = 0xf8;
const OPEN = 0xf9;
const COMMAND = 0xfa;
const KEEP_ALIVE = 0xfb;
const CLOSE = 0xfc;
const LIMITS = 0xfd;

const SESSION_ID = /^[\x21-\x7e]{1,128}$/;

/** Whether a text may be the id of a session: 1 to 128 printable ASCII characters, without spaces. */
export function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && SESSION_ID.test(id);
}

/** The bytes of a session's id. */
export function idBytes(id: string): Uint8Array {
  return Uint8Array.from(id, (character) => character.charCodeAt(0));
}

/** The id of bytes from outside; `null` when they are none. */
export function idOf(bytes: Uint8Array): string | null {
  if (bytes.length > 128) return null;
  const id = String.fromCharCode(...bytes);
  return isSessionId(id) ? id : null;
}

/** The bytes of a command. O(its size). */
export function encodeSessionCommand(command: SessionCommand): Uint8Array {
  switch (command.type) {
    case 'plain':
      return packCounts([], command.payload, PLAIN);
    case 'open':
      return packCounts([command.stampMs], idBytes(command.id), OPEN);
    case 'command': {
      const { stampMs, session, sequence, lowest, payload } = command;
      return packCounts([stampMs, session, sequence, sequence - lowest], payload, COMMAND);
    }
    case 'keepAlive':
      return packCounts([command.stampMs, command.session, command.lowest], undefined, KEEP_ALIVE);
    case 'close':
      return packCounts([command.stampMs, command.session], undefined, CLOSE);
    case 'limits':
      return packCounts(limitCounts(command.limits), undefined, LIMITS);
  }
}

/** The command of bytes from outside, whose payload aliases them; `null` when they are none. Never throws. */
export function parseSessionCommand(bytes: Uint8Array): SessionCommand | null {
  const cursor: Cursor = { at: 1 };
  switch (bytes[0]) {
    case PLAIN:
      return { type: 'plain', payload: bytes.subarray(1) };
    case OPEN:
      return parseOpen(bytes, cursor);
    case COMMAND:
      return parseOrdered(bytes, cursor);
    case KEEP_ALIVE: {
      const counts = onlyCounts(bytes, cursor, 3);
      if (counts === null || counts[2]! < 1) return null;
      return { type: 'keepAlive', stampMs: counts[0]!, session: counts[1]!, lowest: counts[2]! };
    }
    case CLOSE: {
      const counts = onlyCounts(bytes, cursor, 2);
      return counts && { type: 'close', stampMs: counts[0]!, session: counts[1]! };
    }
    case LIMITS: {
      const limits = limitsOf(onlyCounts(bytes, cursor, 4) ?? []);
      return limits && { type: 'limits', limits };
    }
    default:
      return null;
  }
}

function parseOpen(bytes: Uint8Array, cursor: Cursor): SessionCommand | null {
  const stampMs = readCount(bytes, cursor);
  const id = stampMs < 0 ? null : idOf(bytes.subarray(cursor.at));
  return id === null ? null : { type: 'open', stampMs, id };
}

function parseOrdered(bytes: Uint8Array, cursor: Cursor): OrderedCommand | null {
  const stampMs = readCount(bytes, cursor);
  const session = readCount(bytes, cursor);
  const sequence = readCount(bytes, cursor);
  const ahead = readCount(bytes, cursor);
  if (stampMs < 0 || session < 0 || ahead < 0 || ahead >= sequence) return null; // a sequence that is none is -1
  const payload = bytes.subarray(cursor.at);
  return { type: 'command', stampMs, session, sequence, lowest: sequence - ahead, payload };
}

/** So many counts, if nothing else is there. */
function onlyCounts(bytes: Uint8Array, cursor: Cursor, howMany: number): number[] | null {
  const counts = Array.from({ length: howMany }, () => readCount(bytes, cursor));
  return counts.includes(-1) || cursor.at !== bytes.length ? null : counts;
}

/**
 * A command of no session for a state machine with sessions: it costs one byte, is applied as often as it is in the log,
 * and is answered with `{ type: 'result' }`. For commands that do no harm when they are applied twice. Plain commands
 * have this mark so that a proposer which forgot its session is refused instead of being applied twice.
 */
export function plainCommand(payload: Uint8Array): Uint8Array {
  if (!(payload instanceof Uint8Array)) throw new InvalidOptionError('payload', payload, 'a Uint8Array');
  return encodeSessionCommand({ type: 'plain', payload });
}

/**
 * The command that sets the limits of sessions on all members, answered with `{ type: 'done' }`; limits that are not given
 * become the default. Applying it twice does no harm. Fewer sessions than are open forget those that were idle for
 * longest; a shorter window makes clients wait that are ahead of it.
 *
 * @throws InvalidOptionError
 */
export function sessionLimits(limits: Partial<SessionLimits>): Uint8Array {
  return encodeSessionCommand({ type: 'limits', limits: resolveLimits(limits) });
}
