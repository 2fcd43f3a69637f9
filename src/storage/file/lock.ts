import { randomBytes } from 'node:crypto';
import { constants, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { join, relative } from 'node:path';
import { JournalError, unusableDirectory } from './errors.js';
import { openFailure } from './system-failure.js';

/** Names that the lock uses in the directory of a journal. */
const LOCK_NAME = /^(?:lock|claim)-\d+-[0-9a-f]+$/;

/** The longest address of a Unix socket that all POSIX systems accept, in bytes. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Takes a directory for this process alone; resolves to the function that gives it back.
 *
 * The lock is a Unix socket in the directory on which its holder listens. The kernel closes it when the holder ends,
 * also by `kill -9`: connecting then fails and the name is known to be stale. Unlike a process id in a file this also
 * works across containers that share a volume (a process id means nothing in another namespace) and for a worker thread
 * that ended while its process lives on. It does not work between machines: a network file system needs a lock of its
 * own.
 *
 * Each claimant first shows its own name, then looks for others, so of two at least one sees the other. Two that start
 * at the same moment may both be refused; never are both admitted. The socket gets its visible name by a rename when it
 * already listens: a name that does not answer is therefore stale for ever, and removing it cannot hit a live one.
 *
 * @throws JournalError `journal-locked` when held, `journal-directory` when no socket can be created there
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  if (process.platform === 'win32') throw unusableDirectory(directory, 'file journals need a POSIX system');
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  const name = `${process.pid}-${randomBytes(6).toString('hex')}`;
  const server = createServer((socket) => socket.destroy());
  const release = async () => {
    await rm(join(directory, `lock-${name}`), { force: true });
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  try {
    await listen(server, socketPath(directory, handle, `claim-${name}`), directory);
    await rename(join(directory, `claim-${name}`), join(directory, `lock-${name}`));
    await refuseWhenHeld(directory, handle, `lock-${name}`);
    return release;
  } catch (error) {
    await release();
    throw error;
  } finally {
    await handle.close();
  }
}

/** Throws when another name answers; removes those that do not. */
async function refuseWhenHeld(directory: string, handle: FileHandle, own: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name === own || !LOCK_NAME.test(name)) continue;
    if (name.startsWith('lock-') && (await answers(socketPath(directory, handle, name)))) {
      const message =
        `The journal in ${directory} is open already, in process ${name.split('-')[1]}. Close that one first; ` +
        'a lock that a dead process left behind is removed by itself';
      throw new JournalError('journal-locked', message, { path: directory });
    }
    await rm(join(directory, name), { force: true });
  }
}

function listen(server: Server, path: string, directory: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(openFailure(directory, error)));
    // `exclusive` keeps a worker of node:cluster from letting its primary process listen in its place.
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolve();
    });
  });
}

/** Whether somebody listens. What cannot be told (no permission, a full backlog) counts as yes. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}

/** An address of the socket that is short enough: socket addresses are limited to about a hundred bytes. */
function socketPath(directory: string, handle: FileHandle, name: string): string {
  const path = join(directory, name);
  const candidates = [path, relative(process.cwd(), path)];
  if (process.platform === 'linux') candidates.push(`/proc/self/fd/${handle.fd}/${name}`);
  const short = candidates.find((candidate) => Buffer.byteLength(candidate) <= MAX_SOCKET_PATH_BYTES);
  if (short === undefined) throw unusableDirectory(directory, 'its path is too long for a lock socket');
  return short;
}
