import { crc32 } from 'node:zlib';
import { systemSeed } from '../../core/index.js';
import { corruption, JournalError } from './errors.js';
import type { FileLayer } from './file-layer.js';

const FORMAT = 1;

/** The name of the file that says whose journal it is. */
export const METADATA_NAME = 'journal.json';

/** In the place of {@link METADATA_NAME} in a backup, so that no journal can be opened on it. */
export const BACKUP_NAME = 'backup.json';

/** Files with this ending are unfinished; a crash may leave them, and opening removes them. */
export const TEMPORARY_SUFFIX = '.temporary';

/** To whom a journal belongs. */
export interface JournalIdentity {
  readonly cluster: string;
  readonly node: string;
}

/** What the metadata file of a journal says. */
export interface Metadata extends JournalIdentity {
  readonly format: number;
  /** Begins every checksum, so that data cannot be taken for frames. */
  readonly salt: number;
  /**
   * The checkpoint that each group has at least, by its sequence. What a checkpoint stands for is gone, so one that was
   * removed by hand must be missed.
   */
  readonly checkpoints: Readonly<Record<string, number>>;
  /** In a backup: when it was taken, by the clock of that machine. */
  readonly takenAt?: string;
}

/** What a new journal begins with. */
export function newMetadata({ cluster, node }: JournalIdentity): Metadata {
  return { format: FORMAT, cluster, node, salt: systemSeed(), checkpoints: {} };
}

/**
 * Puts the metadata in place as a whole. The name becomes durable with the next sync of the directory: recovery begins
 * with one, and until then a loss of power brings the older metadata back, which know less but nothing wrong.
 */
export async function writeMetadata(layer: FileLayer, path: string, metadata: Metadata): Promise<void> {
  const file = await layer.open(path + TEMPORARY_SUFFIX, 'create');
  try {
    const content = { ...metadata, checksum: checksumOf(metadata) };
    await file.write(Buffer.from(`${JSON.stringify(content, null, 2)}\n`), 0);
    await file.sync('metadata-file');
  } finally {
    await file.close();
  }
  await layer.rename(path + TEMPORARY_SUFFIX, path);
}

/**
 * The metadata at a path.
 *
 * @throws JournalError `journal-corrupt`, or `journal-mismatch` when a newer version wrote them
 */
export async function readMetadata(layer: FileLayer, path: string): Promise<Metadata> {
  const metadata = await parseMetadata(layer, path);
  if (metadata.format !== FORMAT) throw mismatch(path, 'format', metadata.format, FORMAT);
  return metadata;
}

/** Compares who opens a journal with whose it is. @throws JournalError `journal-mismatch` */
export function checkOwner(path: string, { cluster, node }: Metadata, given: JournalIdentity): void {
  if (cluster !== given.cluster) throw mismatch(path, 'cluster', cluster, given.cluster);
  if (node !== given.node) throw mismatch(path, 'node', node, given.node);
}

async function parseMetadata(layer: FileLayer, path: string): Promise<Metadata> {
  const file = await layer.open(path, 'read');
  try {
    const bytes = Buffer.alloc(await file.size());
    await file.read(bytes, 0);
    const content: unknown = JSON.parse(bytes.toString());
    if (!isMetadata(content)) throw corruption(path, 0, 'it does not say whose journal this is');
    const { checksum, ...metadata } = content;
    if (metadata.format === FORMAT && checksum !== checksumOf(metadata)) {
      throw corruption(path, 0, 'its checksum does not fit');
    }
    return metadata;
  } catch (error) {
    throw error instanceof SyntaxError ? corruption(path, 0, 'it is not JSON', error) : error;
  } finally {
    await file.close();
  }
}

/** With another salt all records would look like the rest of a torn write, and be cut off. */
function checksumOf(metadata: Metadata): number {
  return crc32(JSON.stringify(metadata));
}

function isMetadata(value: unknown): value is Metadata & { readonly checksum?: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  const { format, salt, checkpoints } = value as Partial<Metadata>;
  // Of another format nothing else is known.
  if (typeof format !== 'number' || format !== FORMAT) return typeof format === 'number';
  return typeof salt === 'number' && typeof checkpoints === 'object' && checkpoints !== null;
}

function mismatch(path: string, what: string, stored: unknown, given: unknown): JournalError {
  const message =
    `The journal belongs to ${what} ${JSON.stringify(stored)}, but was opened for ${JSON.stringify(given)} (${path}). ` +
    'Look at the mounts and the configuration: open it with what it was made for, or use the directory of this member';
  return new JournalError('journal-mismatch', message, { path });
}
