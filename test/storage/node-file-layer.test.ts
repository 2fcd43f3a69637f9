import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
