/**
 * A `Journal` in a directory of a local disk. Needs Node and a POSIX system.
 *
 * @module storage/file
 */
export { backupFileJournal, openJournalBackup } from './file/backup.js';
export type { JournalBackup } from './file/backup.js';
export { JournalError } from './file/errors.js';
export type { JournalErrorCode, JournalErrorOptions } from './file/errors.js';
export type { FileJournal, FileJournalStatus } from './file/file-journal.js';
export type { FileLayer, OpenFile, OpenMode, SyncPurpose } from './file/file-layer.js';
export { inspectFileJournal } from './file/inspect.js';
export type { JournalGroupReport, JournalReport } from './file/inspect.js';
export { openFileJournal } from './file/open.js';
export type { FileJournalOptions } from './file/options.js';
