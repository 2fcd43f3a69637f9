import { lstatSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { NodeId } from 'quorate/core';
import { ControlServer, isAlive, type ControlRequest } from './control.js';
import { reasonOf } from './errors.js';
import { UsageError } from '../errors.js';

/** What programs in other terminals need to know of a cluster that stays. */
export interface Running {
  /** The process that started the servers. */
  readonly pid: number;
  /** Where its journals are. */
  readonly directory: string;
  /** Whether clients need a certificate. */
  readonly secure: boolean;
  /** The servers; `null` until its run is over and it can be used. */
  readonly servers: Readonly<Record<NodeId, ServerPlace>> | null;
}

/** Where one server is. */
export interface ServerPlace {
  readonly pid: number;
  readonly address: string;
}

/** What was found of a cluster that stays. */
export type Found =
  | { readonly state: 'none' }
  /** Its process died and left this behind. */
  | { readonly state: 'stale'; readonly running: Running | null }
  | { readonly state: 'alive'; readonly running: Running };

const JOURNALS = 'quorate-kv-';

/** A socket's path has about a hundred bytes on some systems. */
const MAX_SOCKET_PATH = 100;

/** One for each user: the folder for temporary files is shared by all. */
function placeFolder(): string {
  return join(tmpdir(), `quorate-demo-${ownUser()}`);
}

/** The socket at which a cluster that stays can be asked. */
export function controlPath(): string {
  return join(placeFolder(), 'control');
}

/** A new folder for journals, which only this user can enter. @throws UsageError */
export function makeJournalFolder(): string {
  return makeFolder(join(tmpdir(), JOURNALS), 'the journals');
}

/**
 * The place where other terminals find the cluster: a folder that only this user can enter, with a file that says where
 * the servers are and a socket that is alive as long as the cluster is. There is one for each user, so there is one
 * cluster that stays.
 */
export class Place {
  readonly #folder: string;
  readonly #control: ControlServer;

  private constructor(folder: string, control: ControlServer) {
    this.#folder = folder;
    this.#control = control;
  }

  /**
   * Takes the place. Everything is made elsewhere and moved there in one step, so that nobody finds half of it, and only
   * one of several programs that try succeeds.
   *
   * @throws UsageError when another cluster has it, or has left something there
   */
  static async take(running: Running, answer: (request: ControlRequest) => Promise<unknown>): Promise<Place> {
    const folder = placeFolder();
    if (Buffer.byteLength(folder) > MAX_SOCKET_PATH - 16)
      throw new UsageError(`the path ${tmpdir()} is too long for a socket; set TMPDIR to a shorter one`);
    const made = makeFolder(`${folder}-`, 'the running cluster');
    writeRunning(made, running);
    const control = await ControlServer.listen(join(made, 'control'), answer);
    try {
      renameSync(made, folder);
      return new Place(folder, control);
    } catch (error) {
      await control.close();
      rmSync(made, { recursive: true, force: true });
      if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw error;
      throw new UsageError(takenBy(await findRunning()));
    }
  }

  /** Tells where the servers are now. */
  update(running: Running): void {
    writeRunning(this.#folder, running);
  }

  /** Gives the place up. What was asked is answered behind that, so that the place is free for whoever is answered. */
  async leave(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    await this.#control.close();
  }
}

/** Looks for a cluster that stays. @throws UsageError when somebody else's files are in its place */
export async function findRunning(): Promise<Found> {
  const folder = placeFolder();
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return { state: 'none' };
  if (!stat.isDirectory() || stat.uid !== ownUser() || (stat.mode & 0o077) !== 0)
    throw new UsageError(`${folder} is no folder of yours alone; remove it, or set TMPDIR to a folder of your own`);
  const running = readRunning(folder);
  if (running !== null && (await isAlive(join(folder, 'control')))) return { state: 'alive', running };
  return { state: 'stale', running };
}

/** Removes what a cluster left whose process died. */
export function removeStale(running: Running | null): void {
  rmSync(placeFolder(), { recursive: true, force: true });
  if (running === null || dirname(running.directory) !== tmpdir() || !basename(running.directory).startsWith(JOURNALS))
    return;
  rmSync(running.directory, { recursive: true, force: true, maxRetries: 5 });
}

/** What to tell of a cluster whose process died. */
export function staleMessage(running: Running | null): string {
  const who = running === null ? 'a cluster' : `the cluster of process ${running.pid}`;
  return `${who} died and left ${placeFolder()} behind; npm run demo -- stop removes it`;
}

function takenBy(found: Found): string {
  if (found.state === 'stale') return staleMessage(found.running);
  const who = found.state === 'alive' ? `, that of process ${found.running.pid}` : '';
  return `a cluster stays already${who}; use it, or end it by npm run demo -- stop`;
}

/** The number of the user; 0 where the system has none. */
function ownUser(): number {
  return process.getuid?.() ?? 0;
}

function makeFolder(prefix: string, what: string): string {
  try {
    return mkdtempSync(prefix); // for its owner only
  } catch (error) {
    const remedy = 'set TMPDIR to a folder that can be written';
    throw new UsageError(`cannot create a folder for ${what} in ${tmpdir()}: ${reasonOf(error)}; ${remedy}`);
  }
}

/** In one step, so that nobody reads half of it. */
function writeRunning(folder: string, running: Running): void {
  const file = join(folder, 'cluster.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(running)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readRunning(folder: string): Running | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'cluster.json'), 'utf8')) as Running;
  } catch {
    return null;
  }
}
