import type { CommittedCommand, StateMachine } from 'quorate/host';

/** How many commands a piece of a snapshot has. */
const PIECE = 1000;

/** A put: the length of the key in two bytes, the key, which is ASCII, and the value. */
export function put(key: string, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + key.length + value.length);
  bytes[0] = key.length >> 8;
  bytes[1] = key.length;
  for (let i = 0; i < key.length; i++) bytes[2 + i] = key.charCodeAt(i);
  bytes.set(value, 2 + key.length);
  return bytes;
}

/** A map: the last put of each key. A snapshot is those, each after its length in four bytes. */
export class PutMachine implements StateMachine<null> {
  readonly #puts = new Map<string, Uint8Array>();
  readonly #decoder = new TextDecoder();

  apply(commands: readonly CommittedCommand[]): null[] {
    return commands.map(({ data }) => {
      this.#put(data);
      return null;
    });
  }

  snapshot(): Iterable<Uint8Array> {
    return pieces([...this.#puts.values()]);
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk.slice());
    const bytes = Buffer.concat(all);
    this.#puts.clear();
    for (let at = 0; at < bytes.length;) {
      const end = at + 4 + bytes.readUInt32BE(at);
      this.#put(bytes.subarray(at + 4, end));
      at = end;
    }
  }

  #put(data: Uint8Array): void {
    const keyEnd = 2 + data[0]! * 256 + data[1]!;
    this.#puts.set(this.#decoder.decode(data.subarray(2, keyEnd)), data);
  }
}

function* pieces(puts: readonly Uint8Array[]): Iterable<Uint8Array> {
  for (let i = 0; i < puts.length; i += PIECE) {
    const some = puts.slice(i, i + PIECE);
    const piece = Buffer.allocUnsafe(some.reduce((sum, data) => sum + 4 + data.length, 0));
    let at = 0;
    for (const data of some) {
      piece.set(data, piece.writeUInt32BE(data.length, at));
      at += 4 + data.length;
    }
    yield piece;
  }
}
