import type { CommittedCommand, StateMachine } from '../../src/host/index.js';

/** A state machine that keeps each command as a line, and answers with how many there are. */
export class Lines implements StateMachine<number> {
  lines: string[] = [];

  apply(commands: readonly CommittedCommand[]): number[] {
    return commands.map(({ data }) => this.lines.push(new TextDecoder().decode(data)));
  }

  snapshot(): Iterable<Uint8Array> {
    return [new TextEncoder().encode(this.lines.join('\n'))];
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let text = '';
    for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
    this.lines = text.split('\n');
  }
}
