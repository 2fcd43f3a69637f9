import { QuorateError } from '../../core/index.js';

/**
 * What a {@link JournalError} says went wrong. These names are stable:
 *
 * - `journal-corrupt`: stored bytes are damaged
 * - `journal-missing-file`: a file of the journal, or its directory, is gone
 * - `journal-locked`: another open journal holds the directory
 * - `journal-mismatch`: the directory belongs to another cluster or node, or to a newer version of this library
 * - `journal-backup`: the directory is a backup, on which no member may be started
 * - `journal-directory`: the directory cannot be used (missing parent, not a directory, a path that is too long)
 * - `journal-permission`: the system does not permit it: mode bits, attributes, a read-only file system
 * - `journal-full`: no space or no quota is left
 * - `journal-failed`: a write or fsync failed for another reason
 * - `journal-stalled`: the disk did not answer within the time that `close` waits
 * - `journal-read`: a read failed; the journal goes on
 *
 * While a journal is open, a failed write ends it, whatever the code: it refuses everything until it is opened anew.
 */
export type JournalErrorCode =
  | 'journal-corrupt'
  | 'journal-missing-file'
  | 'journal-locked'
  | 'journal-mismatch'
  | 'journal-backup'
  | 'journal-directory'
  | 'journal-permission'
  | 'journal-full'
  | 'journal-failed'
  | 'journal-stalled'
  | 'journal-read';

/** Where a {@link JournalError} happened and what led to it. */
export interface JournalErrorOptions {
  /** The file or directory concerned. */
  readonly path: string;
  /** The byte in that file where the damage begins. */
  readonly offset?: number;
  readonly cause?: unknown;
  /** `unknown` when appends were under way. @defaultValue `'failed'` */
  readonly outcome?: 'failed' | 'unknown';
}

/** A file journal cannot be opened, read or written. The message names the path, what was found and the remedy. */
export class JournalError extends QuorateError {
  declare readonly code: JournalErrorCode;
  /** The file or directory concerned. */
  readonly path: string;
  /** The byte in that file where the damage begins; absent when no single place is to blame. */
  readonly offset: number | undefined;

  constructor(code: JournalErrorCode, message: string, options: JournalErrorOptions) {
    super(code, message, { cause: options.cause, outcome: options.outcome ?? 'failed' });
    this.path = options.path;
    this.offset = options.offset;
  }
}

/**
 * What to do with a journal that lost something. An older copy is no remedy: what it has forgotten, votes and
 * acknowledged entries, others rely on.
 */
const LOST =
  'Nothing was changed. Keep the directory as it is and look at the disk. Do not put an older copy in its place: a ' +
  'member that forgets what it acknowledged can lose it for all. While a majority of the others is up, leave this ' +
  'member down; if none is left, found a new cluster from a backup (quorate journal restore)';

/** The error for damaged bytes. It never offers to throw data away: only an operator knows whether others have it. */
export function corruption(path: string, offset: number, what: string, cause?: unknown): JournalError {
  const message = `${path} is corrupt at byte ${offset}: ${what}. ${LOST}`;
  return new JournalError('journal-corrupt', message, { path, offset, cause });
}

/** The error for a file that must be there, as the others tell. */
export function missingFile(path: string, how: string): JournalError {
  const message = `${path} is missing: ${how}. If it was moved away, bring back this very file. ${LOST}`;
  return new JournalError('journal-missing-file', message, { path });
}

/** The error for a directory that cannot be used at all. */
export function unusableDirectory(path: string, reason: string, cause?: unknown): JournalError {
  const message = `The journal directory ${path} cannot be used: ${reason}`;
  return new JournalError('journal-directory', message, { path, cause });
}

/** The error for a failed read, which leaves the journal as it is. A {@link JournalError} passes through. */
export function readFailure(path: string, cause: unknown): JournalError {
  if (cause instanceof JournalError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new JournalError('journal-read', `Reading ${path} failed (${reason}): look at the disk, then read again`, {
    path,
    cause,
  });
}
