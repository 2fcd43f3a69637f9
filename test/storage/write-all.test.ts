import { expect, it } from 'vitest';
import { writeAll, type WriteSome } from '../../src/storage/file/write-all.js';
import { systemError } from './faulty-layer.js';

/** A file that takes at most so many bytes a call. */
function slowFile(...portions: readonly number[]): { write: WriteSome; content: Buffer } {
  const content = Buffer.alloc(10);
  let call = 0;
  const write: WriteSome = async (source, offset, length, position) => {
    const portion = portions[call++];
    if (portion === undefined) throw systemError('ENOSPC');
    const bytesWritten = Math.min(portion, length);
    content.set(source.subarray(offset, offset + bytesWritten), position);
    return { bytesWritten };
  };
  return { write, content };
}

const source = Uint8Array.of(1, 2, 3, 4, 5, 6, 7);

it('goes on behind what a short write wrote', async () => {
  const { write, content } = slowFile(3, 1, 99);
  await writeAll(write, source, 2);
  expect([...content]).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 0]);
});

it('fails when the retry of a short write fails, and passes on why', async () => {
  const { write, content } = slowFile(3);
  await expect(writeAll(write, source, 0)).rejects.toMatchObject({ code: 'ENOSPC' });
  expect([...content.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
});

it('fails when a write writes nothing and does not say why, and does not try for ever', async () => {
  const { write } = slowFile(3, 0, 99);
  await expect(writeAll(write, source, 5)).rejects.toMatchObject({
    code: 'EIO',
    message: 'EIO: a write of 4 bytes at 8 wrote none',
  });
});
