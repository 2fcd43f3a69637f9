/** Writes a part of `source` at a position of a file, and resolves to how many bytes it wrote: perhaps fewer. */
export type WriteSome = (
  source: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ readonly bytesWritten: number }>;

/**
 * Writes all of `source` at `position`. A system may write fewer bytes than it was asked to, at a limit or when the disk
 * is nearly full; the next call then goes on or says why it cannot.
 *
 * @throws what `write` throws; an error with code `EIO` when it writes nothing and does not say why
 */
export async function writeAll(write: WriteSome, source: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < source.length) {
    const { bytesWritten } = await write(source, done, source.length - done, position + done);
    if (bytesWritten <= 0) {
      const found = `EIO: a write of ${source.length - done} bytes at ${position + done} wrote none`;
      throw Object.assign(new Error(found), { code: 'EIO' });
    }
    done += bytesWritten;
  }
}
