import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FileLayer } from '../../src/storage/file.js';
import { nodeFileLayer } from '../../src/storage/file/node-file-layer.js';
import { faultyLayer } from './faulty-layer.js';
import { temporaryDirectory } from './temporary-place.js';

const DISK_BYTES = 1024 * 1024;
/** What a test can give back to make room. */
const BALLAST_BYTES = 256 * 1024;

/** A disk that is soon full. */
export interface SmallDisk {
  /** An existing directory on it. */
  readonly directory: string;
  readonly fileLayer: FileLayer;
  /** Makes room for 256 KiB more. */
  free(): Promise<void>;
}

const mount = (at: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'quorate-test', at]).status === 0;
const unmount = (at: string): void => void spawnSync('umount', ['--lazy', at]);

function mayMount(): boolean {
  const at = mkdtempSync(join(tmpdir(), 'quorate-mount-'));
  const mounted = mount(at);
  if (mounted) unmount(at);
  rmSync(at, { recursive: true });
  return mounted;
}

/** Whether the disk is a real one, on which other processes can write too. */
export const MAY_MOUNT = mayMount();

/** Which of both it is, for the name of a test. */
export const SMALL_DISK = MAY_MOUNT
  ? 'a real tmpfs of 1 MiB'
  : 'an injected disk of 1 MiB, since mounting is not allowed';

/** A file system of 1 MiB, a quarter of it taken; unmounted when the test ends, however it does. */
export async function smallDisk(): Promise<SmallDisk> {
  const directory = await temporaryDirectory();
  if (!MAY_MOUNT) return injectedDisk(directory);
  if (!mount(directory)) throw new Error(`cannot mount ${directory}`);
  onTestFinished(() => unmount(directory));
  const ballast = join(directory, 'ballast');
  await writeFile(ballast, new Uint8Array(BALLAST_BYTES));
  return { directory, fileLayer: nodeFileLayer, free: () => rm(ballast) };
}

/** Counts by how much files grow, and fails as a full disk does: the write that does not fit is cut short. */
function injectedDisk(directory: string): SmallDisk {
  let room = DISK_BYTES - BALLAST_BYTES;
  const fileLayer = faultyLayer(nodeFileLayer, {
    write: async (source, put, growth) => {
      const fits = Math.min(room, growth);
      room -= fits;
      await put(source.subarray(0, source.length - growth + fits));
      if (fits < growth) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    },
  });
  return { directory, fileLayer, free: async () => void (room += BALLAST_BYTES) };
}
