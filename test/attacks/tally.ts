import type { CommittedCommand, StateMachine } from '../../src/host/index.js';

/** A state machine of constant size: counts commands, and answers with how many there were. */
export class Tally implements StateMachine<number> {
  #count = 0;

  apply(commands: readonly CommittedCommand[]): number[] {
    return commands.map(() => ++this.#count);
  }

  snapshot(): Iterable<Uint8Array> {
    return [new TextEncoder().encode(String(this.#count))];
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let text = '';
    for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
    this.#count = Number(text);
  }
}
