import { readFailure } from './errors.js';
import type { OpenFile } from './file-layer.js';

/**
 * An open file that is closed when its last user released it. A reader that began before a file was removed so goes on
 * reading it: POSIX keeps the content of a removed file while it is open.
 */
export class SharedFile {
  readonly file: OpenFile;
  #users = 1;

  readonly #path: string;

  constructor(path: string, file: OpenFile) {
    this.#path = path;
    this.file = file;
  }

  /** Reads like {@link OpenFile.read}; a failure becomes a JournalError `journal-read`. */
  async read(target: Uint8Array, position: number): Promise<number> {
    try {
      return await this.file.read(target, position);
    } catch (error) {
      throw readFailure(this.#path, error);
    }
  }

  /** Announces one more user. Whoever made the object is the first. */
  retain(): void {
    this.#users += 1;
  }

  /** One user less. Each user releases once. */
  async release(): Promise<void> {
    this.#users -= 1;
    if (this.#users === 0) await this.file.close();
  }
}
