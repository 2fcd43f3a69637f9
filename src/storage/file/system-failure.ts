import { isQuorateError } from '../../core/index.js';
import { JournalError, type JournalErrorCode, unusableDirectory } from './errors.js';

/** What the code of a system's error means for a journal. */
interface Explanation {
  readonly code: JournalErrorCode;
  readonly reason: string;
  readonly remedy: string;
}

const FULL: Explanation = { code: 'journal-full', reason: 'the disk is full', remedy: 'make room' };
const DENIED: Explanation = {
  code: 'journal-permission',
  reason: 'this process may not write there',
  remedy: 'give it permission to the directory and all files in it',
};

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ENOSPC: FULL,
  EDQUOT: { ...FULL, reason: 'the disk quota is used up', remedy: 'make room or raise the quota' },
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: {
    code: 'journal-permission',
    reason: 'the file system is read-only',
    remedy: 'mount it writable; a system that did this by itself has seen the disk fail, so look at its log first',
  },
  EIO: { code: 'journal-failed', reason: 'the disk failed', remedy: 'look at the disk and replace it if need be' },
  EFBIG: {
    code: 'journal-failed',
    reason: 'a file may not grow so far',
    remedy: 'raise the limit on the size of files (ulimit -f), or lower segmentBytes',
  },
  EMFILE: {
    code: 'journal-failed',
    reason: 'this process has too many files open',
    remedy: 'raise the limit (ulimit -n), or make segmentBytes larger',
  },
};

/** What a directory that cannot even be opened is told by, besides {@link EXPLANATIONS}. */
const DIRECTORY_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the path does not exist; create the parent directory, or mount what should be there',
  ENOTDIR: 'it, or something above it, is not a directory; choose another path',
  EEXIST: 'it is not a directory; choose another path',
  EISDIR: 'a directory has the name of one of its files; move that away',
  ENAMETOOLONG: 'its path is too long; choose a shorter one',
  ENOTSUP: 'it allows no sockets, which the lock needs; choose a local file system',
  EOPNOTSUPP: 'it allows no sockets, which the lock needs; choose a local file system',
};

const NOW_GONE: Explanation = {
  code: 'journal-missing-file',
  reason: 'the file or its directory was removed while the journal was open',
  remedy: 'find out who removed it and bring it back, for a Raft member must not go on with less than it had',
};

const UNEXPLAINED: Explanation = {
  code: 'journal-failed',
  reason: 'the system reports an error',
  remedy: 'remove its cause',
};

/**
 * The error that ends an open journal: which of its writes reached the disk is unknown. A {@link JournalError} passes
 * through.
 *
 * @param path - the file or directory that was being changed
 */
export function writeFailure(path: string, cause: unknown): JournalError {
  if (cause instanceof JournalError) return cause;
  const code = codeOf(cause);
  const explained = code === 'ENOENT' ? NOW_GONE : (EXPLANATIONS[code] ?? UNEXPLAINED);
  const message =
    `Writing to the journal failed at ${path}: ${explained.reason} (${messageOf(cause)}). What was under way may be ` +
    `stored or not, and the journal takes nothing more: ${explained.remedy}, then close it and open it again`;
  return new JournalError(explained.code, message, { path, cause, outcome: 'unknown' });
}

/** The error for what the system says while a journal is being opened. A `QuorateError` passes through. */
export function openFailure(directory: string, cause: unknown): Error {
  if (isQuorateError(cause)) return cause;
  const explained = EXPLANATIONS[codeOf(cause)];
  if (explained === undefined) {
    return unusableDirectory(directory, DIRECTORY_REASONS[codeOf(cause)] ?? messageOf(cause), cause);
  }
  const { code, reason, remedy } = explained;
  const message = `The journal in ${directory} cannot be opened: ${reason} (${messageOf(cause)}); ${remedy}`;
  return new JournalError(code, message, { path: directory, cause });
}

/** The error of a `close` that the disk does not let finish. */
export function stalled(path: string, timeoutMs: number): JournalError {
  const message =
    `The disk under ${path} has not answered for ${timeoutMs} ms while the journal was closing. Whether what was under ` +
    'way is stored is unknown. The directory stays locked until the disk answers or this process ends, because a late ' +
    'write could still arrive: end the process and look at the disk';
  return new JournalError('journal-stalled', message, { path, outcome: 'unknown' });
}

function codeOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : '';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
