import { constants, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { nodeFileLayer } from '../../src/storage/file/node-file-layer.js';
import { temporaryDirectory } from './temporary-place.js';

/** The flags with which this process has a file open, as Linux tells them. */
function flagsOf(path: string): number {
  const descriptor = readdirSync('/proc/self/fd').find((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // the one that listed the folder is closed again
    }
  });
  return parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))![1]!, 8);
}

describe('a file whose writes sync', () => {
  it.runIf(process.platform === 'linux').each(['create', 'update'] as const)(
    'is opened so that Linux makes them durable: %s',
    async (mode) => {
      const path = join(await temporaryDirectory(), 'file');
      await (await nodeFileLayer.open(path, 'create')).close();
      const file = await nodeFileLayer.open(path, mode, true);
      expect(flagsOf(path) & constants.O_DSYNC).toBe(constants.O_DSYNC);
      await file.close();
    },
  );

  it('has what was written, and cut, after a sync', async () => {
    const path = join(await temporaryDirectory(), 'file');
    const file = await nodeFileLayer.open(path, 'create', true);
    await file.write(Uint8Array.of(1, 2, 3, 4), 0);
    await file.sync('segment-data');
    await file.truncate(2);
    await file.sync('recovered-tail');
    await file.close();
    expect([...readFileSync(path)]).toEqual([1, 2]);
  });
});

it.runIf(process.platform === 'linux')('another file is not', async () => {
  const path = join(await temporaryDirectory(), 'file');
  const file = await nodeFileLayer.open(path, 'create');
  expect(flagsOf(path) & constants.O_DSYNC).toBe(0);
  await file.close();
});

describe('a sync', () => {
  /** Counts the syncs of the system from here on. */
  async function countSyncs(): Promise<() => number> {
    const any = await open('/dev/null');
    const spy = vi.spyOn(Object.getPrototypeOf(any) as typeof any, 'datasync');
    await any.close();
    onTestFinished(() => spy.mockRestore());
    return () => spy.mock.calls.length;
  }

  it('makes durable what an earlier process wrote and did not sync', async () => {
    const path = join(await temporaryDirectory(), 'file');
    await (await nodeFileLayer.open(path, 'create')).close();
    const syncs = await countSyncs();
    const file = await nodeFileLayer.open(path, 'update', true);
    await file.sync('recovered-tail');
    expect(syncs()).toBe(1);
    await file.close();
  });

  it('is made after a cut, also where writes sync', async () => {
    const syncs = await countSyncs();
    const file = await nodeFileLayer.open(join(await temporaryDirectory(), 'file'), 'create', true);
    await file.sync('segment-data');
    await file.truncate(0);
    await file.sync('segment-data');
    expect(syncs()).toBe(2);
    await file.close();
  });

  it('is made after each write where writes do not sync', async () => {
    const syncs = await countSyncs();
    const file = await nodeFileLayer.open(join(await temporaryDirectory(), 'file'), 'create');
    for (let i = 1; i <= 3; i++) {
      await file.write(Uint8Array.of(i), i);
      await file.sync('checkpoint-file');
      expect(syncs()).toBe(i);
    }
    await file.close();
  });
});
