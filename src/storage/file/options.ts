import {
  checkNodeId,
  checkNumber,
  type Clock,
  InvalidOptionError,
  type NodeId,
  systemClock,
} from '../../core/index.js';
import type { FileLayer } from './file-layer.js';
import { nodeFileLayer } from './node-file-layer.js';
import { MAX_DATA_BYTES } from './record-format.js';

/** Options of `openFileJournal`. */
export interface FileJournalOptions {
  /** The directory of this journal alone. Created when missing; its parent must exist. */
  readonly directory: string;
  /** The name of the cluster, 1 to 128 printable ASCII characters. Stored, and compared at each opening. */
  readonly cluster: string;
  /** The node whose journal it is. Stored, and compared at each opening. */
  readonly node: NodeId;
  /**
   * A segment that reached this many bytes is followed by a new one. Space is freed by whole segments: smaller ones free
   * it sooner, larger ones need fewer open files.
   *
   * @defaultValue 16 MiB: a hundred open files for 1.6 GB, and creating one costs little beside filling it
   */
  readonly segmentBytes?: number;
  /**
   * How many bytes of records may wait for the disk; an append beyond is refused with `overloaded`. Up to as much is
   * written at once, and the memory for it may be needed twice.
   *
   * @defaultValue 32 MiB: a tenth of a second of a fast disk; who waits behind more than that should hear of it
   */
  readonly maxQueuedBytes?: number;
  /**
   * How long `close` waits for a disk that does not answer, in milliseconds.
   *
   * @defaultValue 10,000: longer than a disk that is only slow takes, shorter than a supervisor waits before it kills
   */
  readonly closeTimeoutMs?: number;
  /** For `closeTimeoutMs`; for tests. @defaultValue that of the system */
  readonly clock?: Clock;
  /** Where the files are; for tests. @defaultValue the file system of the machine */
  readonly fileLayer?: FileLayer;
}

/** Options with all defaults filled in. */
export type CheckedFileJournalOptions = Required<FileJournalOptions>;

/** Checks the options and fills in the defaults. @throws InvalidOptionError */
export function checkFileJournalOptions(options: FileJournalOptions): CheckedFileJournalOptions {
  const { directory, segmentBytes = 16 * 1024 * 1024, maxQueuedBytes = 32 * 1024 * 1024 } = options;
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw new InvalidOptionError('directory', directory, 'the path of a directory');
  }
  return {
    directory,
    cluster: checkNodeId('cluster', options.cluster),
    node: checkNodeId('node', options.node),
    segmentBytes: checkNumber('segmentBytes', segmentBytes, { min: 4096, max: 0x1_0000_0000 }),
    maxQueuedBytes: checkNumber('maxQueuedBytes', maxQueuedBytes, { min: 4096, max: MAX_DATA_BYTES }),
    closeTimeoutMs: checkNumber('closeTimeoutMs', options.closeTimeoutMs ?? 10_000, { min: 1, max: 0x7fff_ffff }),
    clock: options.clock ?? systemClock,
    fileLayer: options.fileLayer ?? nodeFileLayer,
  };
}
