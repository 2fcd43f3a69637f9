import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkNodeId, InvalidOptionError } from '../core/index.js';
import { type SeededGroup, seedNewCluster } from '../raft/index.js';
import {
  backupFileJournal,
  inspectFileJournal,
  type JournalBackup,
  type JournalReport,
  openFileJournal,
  openJournalBackup,
} from '../storage/file.js';
import type { RestoreCommand } from './arguments.js';
import { reportText, restoreText } from './text.js';

/** The commands that begin with `quorate journal`. Each prints what it did, and throws when it could not. */
export class JournalCommands {
  readonly #print: (text: string) => void;
  readonly #json: boolean;

  constructor(print: (text: string) => void, json: boolean) {
    this.#print = print;
    this.#json = json;
  }

  /** Verifies a journal or a backup and tells what is in it. */
  async check(directory: string): Promise<void> {
    const report = await inspectFileJournal(directory);
    this.#tell({ ...report }, reportText(report));
  }

  /** Copies a journal, and tells what is in the copy. */
  async backup(directory: string, target: string): Promise<void> {
    const report = await backupFileJournal(directory, target);
    this.#tell({ ...report }, reportText(report));
  }

  /** Makes the journals of a new cluster from a backup. */
  async restore(command: RestoreCommand): Promise<void> {
    await using backup = await openJournalBackup(command.backup);
    checkRestore(command, backup);
    const target = resolve(command.target);
    await makeEmpty(target);
    let groups: readonly SeededGroup[] = [];
    const directories: string[] = [];
    try {
      for (const node of Object.keys(command.members)) {
        const directory = join(target, directoryOf(node));
        groups = await seed(backup, `${directory}.unfinished`, node, command);
        directories.push(directory);
      }
      // All or none: members from two runs must not be mixed.
      for (const directory of directories) await rename(`${directory}.unfinished`, directory);
      for (const directory of [target, dirname(target)]) await syncDirectory(directory);
    } catch (error) {
      for (const name of await readdir(target)) await rm(join(target, name), { recursive: true, force: true });
      throw error;
    }
    const { cluster, node, takenAt } = backup;
    const from = { cluster, node, takenAt };
    this.#tell(
      { cluster: command.cluster, directories, groups, from },
      restoreText(command, directories, groups, from),
    );
  }

  #tell(data: object, text: string): void {
    this.#print(this.#json ? `${JSON.stringify({ ok: true, ...data })}\n` : text);
  }
}

/** What a restored cluster came from. */
export type Origin = Pick<JournalReport, 'cluster' | 'node' | 'takenAt'>;

function checkRestore({ cluster, members }: RestoreCommand, backup: JournalBackup): void {
  checkNodeId('--as-new-cluster', cluster);
  for (const id of Object.keys(members)) checkNodeId('--member', id);
  if (cluster !== backup.cluster) return;
  const allowed = 'another name than that of the old cluster, whose members must not take it for one of theirs';
  throw new InvalidOptionError('--as-new-cluster', cluster, allowed);
}

async function seed(backup: JournalBackup, directory: string, node: string, command: RestoreCommand) {
  const { cluster, members } = command;
  await using journal = await openFileJournal({ directory, cluster, node });
  return await seedNewCluster(backup, journal, { node, members });
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

/** A node id as one name of a path. */
function directoryOf(node: string): string {
  return encodeURIComponent(node).replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length));
}

async function makeEmpty(directory: string): Promise<void> {
  await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST')
      throw new InvalidOptionError('TARGET', directory, `one that can be made (${error.message})`);
  });
  const names = await readdir(directory).catch(() => ['']);
  if (names.length > 0) throw new InvalidOptionError('TARGET', directory, 'a new or empty directory');
}
