import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFileJournal } from '../../src/storage/file.js';
import type { FileJournal } from '../../src/storage/file.js';
import { journalOptions, temporaryDirectory } from '../storage/temporary-place.js';

const WRITER = fileURLToPath(new URL('./file-journal-writer.ts', import.meta.url));

/** A process that appends to a journal. */
class Writer {
  readonly #process: ChildProcess;
  /** The last entry that was acknowledged. */
  acknowledged = 0;
  readonly lines: string[] = [];
  readonly ended: Promise<unknown>;
  #wake: () => void = () => undefined;

  /** @param shell - commands that a shell runs before it becomes the writer */
  constructor(directory: string, shell = '') {
    const command = `${shell} exec "$0" --import tsx "$1" "$2"`;
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
    this.#process = spawn('sh', ['-c', command, process.execPath, WRITER, directory], { stdio });
    this.ended = new Promise((resolve) => this.#process.once('close', resolve));
    const lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      this.lines.push(line);
      this.acknowledged = Number(line) || this.acknowledged;
      this.#wake();
    });
    void this.ended.then(() => this.#wake());
    onTestFinished(() => this.kill());
  }

  /** Resolves when the writer has printed so many lines. */
  async printed(count: number): Promise<void> {
    while (this.lines.length < count) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#process.exitCode !== null && this.lines.length < count) throw new Error('the writer ended early');
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Kills the process and resolves when all that it printed has been read. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }
}

/** Opens the journal, checks that it holds everything acknowledged and nothing wrong, and returns the last index. */
async function checkJournal(directory: string, acknowledged: number): Promise<number> {
  await using journal: FileJournal = await openFileJournal(journalOptions(directory));
  let last = 0;
  for await (const item of journal.replay()) {
    if (item.type === 'checkpoint') continue;
    const { index, data } = item.record;
    if (last > 0) expect(index).toBe(last + 1);
    expect(new TextDecoder().decode(data)).toBe(`${index} `.repeat(50));
    last = index;
  }
  expect(last).toBeGreaterThanOrEqual(acknowledged);
  return last;
}

describe('a file journal in a process of its own', () => {
  it('keeps everything acknowledged when the process is killed, again and again', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    let last = 0;
    for (const lines of [100, 1200, 333]) {
      const writer = new Writer(directory);
      await writer.printed(lines);
      await writer.kill();
      const found = await checkJournal(directory, writer.acknowledged);
      expect(found).toBeGreaterThan(last);
      last = found;
    }
  });

  it('is locked while the process lives, also when it is stopped, and free when it is dead', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    const writer = new Writer(directory);
    await writer.printed(1);
    const open = openFileJournal(journalOptions(directory));
    await expect(open).rejects.toMatchObject({ code: 'journal-locked' });
    writer.signal('SIGSTOP');
    const again = openFileJournal(journalOptions(directory));
    await expect(again).rejects.toMatchObject({ code: 'journal-locked' });
    await writer.kill();
    await checkJournal(directory, writer.acknowledged);
  });

  it('fails for good when a write does, and opens again with everything acknowledged', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    // Files end at 32 blocks of 512 or 1024 bytes, which is before the first segment is full.
    const writer = new Writer(directory, "trap '' XFSZ; ulimit -f 32;");
    await writer.ended;
    expect(writer.lines.at(-1)).toBe('journal-failed');
    const last = await checkJournal(directory, writer.acknowledged);
    const next = new Writer(directory);
    await next.printed(10);
    await next.kill();
    expect(await checkJournal(directory, next.acknowledged)).toBeGreaterThan(last);
  });
});
