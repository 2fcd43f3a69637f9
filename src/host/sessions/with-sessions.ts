import { messagePackCodec } from '../../codec/index.js';
import { QuorateError, type Codec } from '../../core/index.js';
import type { CommittedCommand, StateMachine } from '../state-machine.js';
import type { SessionAnswer, SessionRefusal } from './answer.js';
import { parseSessionCommand, type OrderedCommand } from './session-command.js';
import type { SessionLimits } from './limits.js';
import { SnapshotReader } from './snapshot-reader.js';
import { encodeTable, readTable } from './table-codec.js';
import { acknowledge, NO_RESULT, SessionTable, type SessionState } from './table.js';

/** Options of {@link withSessions}. */
export interface WithSessionsOptions {
  /**
   * Turns results into bytes and back, so that they can be remembered. The same on all members, and not to be changed while
   * results are remembered.
   *
   * @defaultValue MessagePack: numbers, strings, bytes, arrays and plain objects, without a schema
   */
  readonly resultCodec?: Codec;
}

/** What a {@link SessionMachine} remembers, as of now. */
export interface SessionMachineStatus {
  /** Open sessions. */
  readonly sessions: number;
  /** Results that are remembered, of all sessions. */
  readonly results: number;
  /** The greatest wall-clock stamp that the log has seen, in leaps of limited length: milliseconds since the Unix epoch. */
  readonly logTimeMs: number;
  /** What holds at this point of the log. */
  readonly limits: SessionLimits;
}

/** A state machine that applies the commands of sessions once. Made by {@link withSessions}. */
export interface SessionMachine<Result = unknown> extends StateMachine<SessionAnswer<Result>> {
  /** What is remembered, as of now. O(sessions). */
  status(): SessionMachineStatus;
}

/**
 * Wraps a state machine so that each command of a session is applied at most once, however often it is in the log: the first
 * time it is applied, and later answered with the result that is remembered. With clients that repeat until they have
 * an answer ({@link openSession}) that makes exactly once, as long as the session lives. From Ongaro, "Consensus: Bridging
 * Theory and Practice", section 6.3, and section 8 of the Raft paper.
 *
 * The state machine sees its own commands only, as they were proposed, at their index, and in the same batches. The
 * sessions are part of the state: they stand before its own bytes in snapshots. All that comes from outside is checked: what
 * is no command of sessions, or none that can be applied, is answered with `refused`.
 *
 * Not for a log that holds commands without sessions already, and not needed where all commands may be applied
 * twice. All members wrap, or none.
 *
 * A command costs O(1) besides that of the state machine, and its result is encoded once. Memory: the results of commands
 * whose client has not yet said that it has the answer; see {@link SessionLimits}.
 */
export function withSessions<Result>(
  stateMachine: StateMachine<Result>,
  options: WithSessionsOptions = {},
): SessionMachine<Result> {
  return new WrappedMachine(stateMachine, options.resultCodec ?? messagePackCodec());
}

/** Who remembers the result of a command of a session, under the limit that held when its turn came. */
interface Applying {
  readonly session: SessionState;
  readonly sequence: number;
  readonly maxResultBytes: number;
}

/** What was decided of a batch before it is applied. Nothing here may depend on where a batch begins and ends. */
interface Batch<Result> {
  /** For each command of the log its answer, or the place among those that are applied whose answer it shares. */
  readonly decisions: (SessionAnswer<Result> | number)[];
  readonly commands: CommittedCommand[];
  /** For each of them who remembers its result; `null` for plain ones. */
  readonly applying: (Applying | null)[];
}

const DONE: SessionAnswer<never> = { type: 'done' };

class WrappedMachine<Result> implements SessionMachine<Result> {
  readonly #machine: StateMachine<Result>;
  readonly #codec: Codec;
  #table = new SessionTable();

  constructor(machine: StateMachine<Result>, codec: Codec) {
    this.#machine = machine;
    this.#codec = codec;
  }

  apply(
    commands: readonly CommittedCommand[],
  ): readonly SessionAnswer<Result>[] | Promise<readonly SessionAnswer<Result>[]> {
    const batch: Batch<Result> = { decisions: [], commands: [], applying: [] };
    for (const command of commands) batch.decisions.push(this.#decide(batch, command));
    if (batch.commands.length === 0) return this.#answers(batch, []);
    const results = this.#machine.apply(batch.commands);
    if (results instanceof Promise) return results.then((settled) => this.#answers(batch, settled));
    return this.#answers(batch, results);
  }

  snapshot(): AsyncIterable<Uint8Array> {
    return chain(encodeTable(this.#table), this.#machine.snapshot());
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const reader = new SnapshotReader(chunks);
    const table = await readTable(reader);
    await this.#machine.restore(reader.rest());
    this.#table = table;
  }

  status(): SessionMachineStatus {
    const { size, logTimeMs, limits } = this.#table;
    let results = 0;
    for (const session of this.#table.sessions()) results += session.results.size;
    return { sessions: size, results, logTimeMs, limits };
  }

  #decide(batch: Batch<Result>, { index, data }: CommittedCommand): SessionAnswer<Result> | number {
    const table = this.#table;
    const command = parseSessionCommand(data);
    switch (command?.type) {
      case 'command':
        return this.#decideOnce(batch, index, command);
      case 'plain':
        return add(batch, { index, data: command.payload }, null);
      case 'open': {
        const { number, lowest, results } = table.open(command.stampMs, command.id, index);
        return { type: 'opened', session: number, used: lowest > 1 || results.size > 0, limits: table.limits };
      }
      case 'keepAlive': {
        const session = table.touch(command.stampMs, command.session);
        if (session === undefined) return refused('session-expired');
        acknowledge(session, command.lowest);
        return DONE;
      }
      case 'close':
        table.close(command.stampMs, command.session);
        return DONE;
      case 'limits':
        table.limit(command.limits);
        return DONE;
      case undefined:
        return refused('malformed');
    }
  }

  /** Decides whether a command of a session is applied: the heart of it all. */
  #decideOnce(batch: Batch<Result>, index: number, command: OrderedCommand): SessionAnswer<Result> | number {
    const { sequence } = command;
    const session = this.#table.touch(command.stampMs, command.session);
    if (session === undefined) return refused('session-expired');
    acknowledge(session, command.lowest);
    if (sequence < session.lowest) return refused('already-answered');
    const remembered = session.results.get(sequence);
    if (typeof remembered === 'number') return remembered; // it is in this batch twice
    if (remembered !== undefined) return this.#recall(remembered);
    const { maxOutstanding, maxResultBytes } = this.#table.limits;
    if (sequence - session.lowest >= maxOutstanding) return refused('overloaded');
    const place = add(batch, { index, data: command.payload }, { session, sequence, maxResultBytes });
    session.results.set(sequence, place);
    return place;
  }

  #answers({ decisions, commands, applying }: Batch<Result>, results: readonly Result[]): SessionAnswer<Result>[] {
    if (results.length !== commands.length) {
      const message = `apply returned ${results.length} results for ${commands.length} commands`;
      throw new QuorateError('state-machine', message);
    }
    const answers = results.map((result, place) => this.#remember(applying[place] ?? null, result));
    return decisions.map((decision) => (typeof decision === 'number' ? answers[decision]! : decision));
  }

  /** Remembers a result, unless its session has forgotten it by now, and makes the answer of it. */
  #remember(applying: Applying | null, result: Result): SessionAnswer<Result> {
    if (applying === null) return { type: 'result', result };
    const { session, sequence, maxResultBytes } = applying;
    const bytes = this.#encode(result, maxResultBytes);
    if (session.results.has(sequence)) session.results.set(sequence, bytes);
    return bytes === null ? refused('result-not-kept') : { type: 'result', result };
  }

  /** `null` for what cannot be kept: a result may depend on what a client sent, and must not end the node. */
  #encode(result: Result, maxResultBytes: number): Uint8Array | null {
    if (result === undefined) return NO_RESULT;
    try {
      const bytes = this.#codec.encode(result);
      return bytes.length > maxResultBytes ? null : bytes;
    } catch {
      return null;
    }
  }

  /** The answer to a command that was applied before. */
  #recall(bytes: Uint8Array | null): SessionAnswer<Result> {
    if (bytes === null) return refused('result-not-kept');
    if (bytes === NO_RESULT) return { type: 'result', result: undefined as Result };
    try {
      return { type: 'result', result: this.#codec.decode(bytes.slice()) as Result };
    } catch {
      return refused('result-not-kept'); // another codec wrote it
    }
  }
}

function add<Result>(batch: Batch<Result>, command: CommittedCommand, applying: Applying | null): number {
  batch.applying.push(applying);
  return batch.commands.push(command) - 1;
}

function refused(code: SessionRefusal): SessionAnswer<never> {
  return { type: 'refused', code };
}

async function* chain(
  first: readonly Uint8Array[],
  rest: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* rest;
}
