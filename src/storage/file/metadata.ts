import { join } from 'node:path';
import { systemSeed } from '../../core/index.js';
import { corruption, JournalError } from './errors.js';
import type { FileLayer } from './file-layer.js';

const FORMAT = 1;

/** The name of the file that says whose journal it is. */
export const METADATA_NAME = 'journal.json';

/** Files with this ending are unfinished; a crash may leave them, and opening removes them. */
export const TEMPORARY_SUFFIX = '.temporary';

/** To whom a journal belongs. */
export interface JournalIdentity {
  readonly cluster: string;
  readonly node: string;
}

interface Metadata extends JournalIdentity {
  readonly format: number;
  /** Begins every checksum, so that data cannot be taken for frames. */
  readonly salt: number;
}

/**
 * Stores to whom a new journal belongs; returns the salt of its checksums. The name of the file becomes durable by the
 * sync of the directory with which recovery begins.
 */
export async function createMetadata(layer: FileLayer, directory: string, identity: JournalIdentity): Promise<number> {
  const metadata: Metadata = { format: FORMAT, cluster: identity.cluster, node: identity.node, salt: systemSeed() };
  const path = join(directory, METADATA_NAME);
  const file = await layer.open(path + TEMPORARY_SUFFIX, 'create');
  try {
    await file.write(Buffer.from(`${JSON.stringify(metadata, null, 2)}\n`), 0);
    await file.sync('metadata-file');
  } finally {
    await file.close();
  }
  await layer.rename(path + TEMPORARY_SUFFIX, path);
  return metadata.salt;
}

/**
 * Compares who opens a journal with whose it is; returns the salt of its checksums.
 *
 * @throws JournalError `journal-mismatch` or `journal-corrupt`
 */
export async function checkMetadata(layer: FileLayer, directory: string, identity: JournalIdentity): Promise<number> {
  const path = join(directory, METADATA_NAME);
  const metadata = await readMetadata(layer, path);
  if (metadata.format !== FORMAT) throw mismatch(path, 'format', metadata.format, FORMAT);
  if (metadata.cluster !== identity.cluster) throw mismatch(path, 'cluster', metadata.cluster, identity.cluster);
  if (metadata.node !== identity.node) throw mismatch(path, 'node', metadata.node, identity.node);
  return metadata.salt;
}

async function readMetadata(layer: FileLayer, path: string): Promise<Metadata> {
  const file = await layer.open(path, 'read');
  try {
    const bytes = Buffer.alloc(await file.size());
    await file.read(bytes, 0);
    const metadata: unknown = JSON.parse(bytes.toString());
    if (isMetadata(metadata)) return metadata;
    throw corruption(path, 0, 'it does not say whose journal this is');
  } catch (error) {
    throw error instanceof SyntaxError ? corruption(path, 0, 'it is not JSON', error) : error;
  } finally {
    await file.close();
  }
}

function isMetadata(value: unknown): value is Metadata {
  if (typeof value !== 'object' || value === null) return false;
  const { format, salt } = value as Partial<Metadata>;
  return typeof format === 'number' && typeof salt === 'number';
}

function mismatch(path: string, what: string, stored: unknown, given: unknown): JournalError {
  const message =
    `The journal belongs to ${what} ${JSON.stringify(stored)}, but was opened for ${JSON.stringify(given)} (${path}). ` +
    'Open it with what it was made for, or use another directory';
  return new JournalError('journal-mismatch', message, { path });
}
