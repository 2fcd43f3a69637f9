import { checkNumber, MalformedError, QuorateError } from '../core/index.js';
import { compareGpids, formatGpid, parseGpid, type Gpid } from './gpid.js';

/** A message id, taken apart. */
export interface MessageId {
  /** The run of the process that made it. */
  readonly gpid: Gpid;
  /** How many ids that run had made, this one included: a safe integer from 1. */
  readonly counter: number;
}

/** Makes the message ids of one run of a process. See {@link messageIds}. */
export interface MessageIds {
  /**
   * The next id: `gpid/counter`. O(1), no clock, no randomness.
   *
   * @throws QuorateError with code `exhausted` after 2^53 - 1 ids (285 years at a million a second)
   */
  next(): string;
}

/** Options of {@link messageIds}. */
export interface MessageIdsOptions {
  /** The counter of the first id, at least 1. @defaultValue 1: counters start anew only with a new gpid */
  readonly first?: number;
}

/**
 * A source of ids that no other process ever makes: the gpid and a counter, `10.0.0.7:4100:1700000000000000:4242/1`.
 * One source for one gpid: two with the same gpid make the same ids (give each its own `nonce`). Not for secrets: the
 * next id is easily guessed. Ids are no index keys ordered by time either; within a sender the counter orders them.
 *
 * @throws InvalidOptionError when a field of the gpid or an option is wrong
 */
export function messageIds(gpid: Gpid, options: MessageIdsOptions = {}): MessageIds {
  const prefix = `${formatGpid(gpid)}/`;
  let next = checkNumber('first', options.first ?? 1, { min: 1 });
  return {
    next() {
      if (next > Number.MAX_SAFE_INTEGER) throw new QuorateError('exhausted', `${prefix} has no ids left`);
      return prefix + next++;
    },
  };
}

/**
 * The text of a message id, as {@link MessageIds} makes it.
 *
 * @throws InvalidOptionError naming the field that is wrong
 */
export function formatMessageId(id: MessageId): string {
  return `${formatGpid(id.gpid)}/${checkNumber('counter', id.counter, { min: 1 })}`;
}

/**
 * Takes a message id from outside apart. As strict as {@link parseGpid}: one id has one text.
 *
 * @throws MalformedError when it is none
 */
export function parseMessageId(text: string): MessageId {
  const slash = typeof text === 'string' ? text.lastIndexOf('/') : -1;
  if (slash < 0) throw new MalformedError('a message id is a text of the form gpid/counter');
  const digits = text.slice(slash + 1);
  const counter = /^[1-9]\d{0,15}$/.test(digits) ? Number(digits) : NaN;
  if (!Number.isSafeInteger(counter)) throw new MalformedError('the counter of a message id is no safe integer from 1');
  return { gpid: parseGpid(text.slice(0, slash)), counter };
}

/**
 * A total order of message ids: by {@link compareGpids}, then by counter. Ids of one sender come in the order in which
 * they were made; the order between senders is arbitrary but the same everywhere. Texts do not sort this way: `/10`
 * comes before `/9`.
 */
export function compareMessageIds(a: MessageId, b: MessageId): number {
  return compareGpids(a.gpid, b.gpid) || a.counter - b.counter;
}
