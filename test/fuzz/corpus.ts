import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Inputs that once found something, as hexadecimal text: `test/fuzz/kept/DECODER/HASH.hex`. */
export class Corpus {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Keeps an input of a decoder, and returns the path of its file. */
  keep(decoder: string, input: Uint8Array): string {
    const directory = join(this.#directory, decoder);
    mkdirSync(directory, { recursive: true });
    const path = join(directory, `${createHash('sha256').update(input).digest('hex').slice(0, 16)}.hex`);
    writeFileSync(
      path,
      `${Buffer.from(input)
        .toString('hex')
        .replace(/.{100}/g, '$&\n')}\n`,
    );
    return path;
  }

  /** The paths of all inputs of a decoder, in the order of their names. */
  paths(decoder: string): string[] {
    const directory = join(this.#directory, decoder);
    if (!existsSync(directory)) return [];
    return readdirSync(directory)
      .filter((name) => name.endsWith('.hex'))
      .sort()
      .map((name) => join(directory, name));
  }
}

/** Reads a file of a {@link Corpus}. */
export function readInput(path: string): Uint8Array {
  return new Uint8Array(Buffer.from(readFileSync(path, 'utf8').replace(/\s/g, ''), 'hex'));
}
