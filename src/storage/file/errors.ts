import { QuorateError } from '../../core/index.js';

/**
 * What a {@link JournalError} says went wrong. These names are stable:
 *
 * - `journal-corrupt`: stored bytes are damaged, or a file is missing
 * - `journal-locked`: another open journal holds the directory
 * - `journal-mismatch`: the directory belongs to another cluster or node, or to a newer version of this library
 * - `journal-directory`: the directory cannot be used (missing parent, permissions, not a directory)
 * - `journal-failed`: a write or fsync failed; the journal refuses everything until it is opened anew
 * - `journal-read`: a read failed; the journal goes on
 */
export type JournalErrorCode =
  'journal-corrupt' | 'journal-locked' | 'journal-mismatch' | 'journal-directory' | 'journal-failed' | 'journal-read';

/** Where a {@link JournalError} happened and what led to it. */
export interface JournalErrorOptions {
  /** The file or directory concerned. */
  readonly path: string;
  /** The byte in that file where the damage begins. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/** A file journal cannot be opened, read or written. The message names the path and the remedy. */
export class JournalError extends QuorateError {
  declare readonly code: JournalErrorCode;
  /** The file or directory concerned. */
  readonly path: string;
  /** The byte in that file where the damage begins; absent when no single place is to blame. */
  readonly offset: number | undefined;

  constructor(code: JournalErrorCode, message: string, options: JournalErrorOptions) {
    super(code, message, { cause: options.cause, outcome: code === 'journal-failed' ? 'unknown' : 'failed' });
    this.path = options.path;
    this.offset = options.offset;
  }
}

/** The error for damaged bytes. It never offers to throw data away: only an operator knows whether others have it. */
export function corruption(path: string, offset: number, what: string, cause?: unknown): JournalError {
  const message =
    `${path} is corrupt at byte ${offset}: ${what}. Nothing was changed. Restore the directory from a backup, or, ` +
    'when other members of the cluster hold the data, remove this member, empty the directory and add it as a new one';
  return new JournalError('journal-corrupt', message, { path, offset, cause });
}

/** The error for a directory that cannot be used at all. */
export function unusableDirectory(path: string, reason: string, cause?: unknown): JournalError {
  return new JournalError('journal-directory', `The journal directory ${path} cannot be used: ${reason}`, {
    path,
    cause,
  });
}

/** The error that poisons a journal. */
export function writeFailure(path: string, cause: unknown): JournalError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message =
    `Writing to the journal in ${path} failed (${reason}). What reached the disk is unknown: close it, remove the ` +
    'cause (space, permissions, hardware) and open it again';
  return new JournalError('journal-failed', message, { path, cause });
}

/** The error for a failed read, which leaves the journal as it is. A {@link JournalError} passes through. */
export function readFailure(path: string, cause: unknown): JournalError {
  if (cause instanceof JournalError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new JournalError('journal-read', `Reading ${path} failed (${reason})`, { path, cause });
}
