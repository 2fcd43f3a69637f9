import type { CommittedCommand, StateMachine } from '../../../src/host/index.js';
import type { SessionAnswer, SessionMachine } from '../../../src/host/sessions.js';
import { withSessions } from '../../../src/host/sessions.js';
import { encodeSessionCommand, type SessionCommand } from '../../../src/host/sessions/session-command.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a text. */
export const bytes = (text: string): Uint8Array => encoder.encode(text);

/** A state machine that keeps every line, and answers each with its number and the line. */
export class Ledger implements StateMachine<unknown> {
  lines: string[] = [];
  /** The log index and the line of each command, by call. */
  readonly batches: [number, string][][] = [];
  /** What a line is answered with. */
  answer = (line: string): unknown => `${this.lines.length}: ${line}`;

  apply(commands: readonly CommittedCommand[]): readonly unknown[] | Promise<readonly unknown[]> {
    this.batches.push(commands.map(({ index, data }) => [index, decoder.decode(data)]));
    return commands.map(({ data }) => {
      const line = decoder.decode(data);
      this.lines.push(line);
      return this.answer(line);
    });
  }

  snapshot(): Iterable<Uint8Array> {
    return [bytes(JSON.stringify(this.lines))];
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.lines = JSON.parse(decoder.decode(await collect(chunks))) as string[];
  }
}

/** Pieces as one. */
export async function collect(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: number[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return Uint8Array.from(all);
}

/** Bytes in pieces of a given size. */
export async function* cut(all: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

/** A log of one member in memory: what is appended is applied at once, in one batch. */
export class Log {
  readonly ledger = new Ledger();
  readonly machine: SessionMachine = withSessions(this.ledger);
  index = 0;
  /** The time that commands are stamped with. */
  nowMs = 1_700_000_000_000;

  /** Applies commands in one batch. */
  async append(...commands: readonly (SessionCommand | Uint8Array)[]): Promise<readonly SessionAnswer[]> {
    const batch = commands.map((command) => ({
      index: ++this.index,
      data: command instanceof Uint8Array ? command : encodeSessionCommand(command),
    }));
    return this.machine.apply(batch);
  }

  /** Applies one command. */
  async one(command: SessionCommand | Uint8Array): Promise<SessionAnswer> {
    return (await this.append(command))[0]!;
  }

  /** Opens a session and returns its number. */
  async open(id: string): Promise<number> {
    const answer = await this.one({ type: 'open', stampMs: this.nowMs, id });
    if (answer.type !== 'opened') throw new Error(`not opened, but ${answer.type}`);
    return answer.session;
  }

  /** A command of a session. */
  command(session: number, sequence: number, text = `line ${sequence}`, lowest = 1): SessionCommand {
    return { type: 'command', stampMs: this.nowMs, session, sequence, lowest, payload: bytes(text) };
  }

  keepAlive(session: number, lowest = 1): SessionCommand {
    return { type: 'keepAlive', stampMs: this.nowMs, session, lowest };
  }

  close(session: number): SessionCommand {
    return { type: 'close', stampMs: this.nowMs, session };
  }

  /** All bytes of a snapshot. */
  snapshot(): Promise<Uint8Array> {
    return collect(this.machine.snapshot());
  }
}

/** The answer with a result. */
export const result = (value: unknown): SessionAnswer => ({ type: 'result', result: value });

/** The answer that refuses. */
export const refused = (code: string): unknown => ({ type: 'refused', code });
