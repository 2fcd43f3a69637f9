import { isQuorateError, QuorateError, type Cancel, type Clock } from '../../core/index.js';
import type { CallOptions } from '../replicated-log.js';
import { RequestError } from '../request.js';
import { parseAnswer, refusalError, type SessionAnswer } from './answer.js';

/**
 * Whatever takes a command to a log whose state machine is wrapped by {@link withSessions}: a `ReplicatedLog` is one, and
 * so is an object with a function that asks the leader over the network.
 */
export interface Proposer<Result = unknown> {
  /**
   * Proposes a command, once for each call, and resolves with the answer. Errors say by their `outcome` whether the command
   * may still be applied.
   */
  propose(command: Uint8Array, options?: CallOptions): Promise<SessionAnswer<Result>>;
}

/** How commands are repeated. */
export interface RepeatOptions {
  /** Times the pauses, and stamps commands. @defaultValue `systemClock` */
  readonly clock?: Clock;
  /** Spreads the pauses, uniform in [0, 1). @defaultValue `systemRandom` */
  readonly random?: () => number;
  /**
   * How long to pause before the first repetition, in milliseconds; each further pause is twice as long. Of each pause a
   * half at most is taken off by chance.
   *
   * @defaultValue 20: several round trips
   */
  readonly minPauseMs?: number;
  /** The longest pause, in milliseconds. @defaultValue 1000: a new leader is found that soon after an election */
  readonly maxPauseMs?: number;
  /**
   * Whether a command that met with this error is proposed again.
   *
   * @defaultValue {@link isWorthRepeating}
   */
  readonly repeat?: (error: unknown) => boolean;
}

/** {@link RepeatOptions} with all that is needed. */
export type RepeatRules = Required<RepeatOptions>;

/** What failed without effect for a reason that passes. */
const passing: ReadonlySet<string> = new Set([
  'not-leader',
  'transferring',
  'overloaded',
  'replaced',
  'unreachable',
  'not-served',
]);

/**
 * Whether it makes sense to repeat a command of a session after an error: its outcome is unknown, or it failed for a reason
 * that passes, `not-leader` and `overloaded` for instance, or because the peer that was asked has closed: another may lead
 * by then. Not after errors of other origin, nor after an answer that is none: a state machine that knows no sessions would
 * apply each attempt.
 */
export function isWorthRepeating(error: unknown): boolean {
  if (!isQuorateError(error) || error.code === 'malformed') return false;
  if (error.outcome === 'unknown' || passing.has(error.code)) return true;
  return error.code === 'closed' && error instanceof RequestError;
}

/** How it ended. */
export interface AttemptsEnd<Result> {
  answered(answer: SessionAnswer<Result>): void;
  failed(error: unknown): void;
}

/** Proposes one command, again and again, until it is answered or must not be repeated. */
export class Attempts<Result> {
  readonly #proposer: Proposer<Result>;
  readonly #rules: RepeatRules;
  readonly #command: () => Uint8Array;
  readonly #end: AttemptsEnd<Result>;
  readonly #options: CallOptions | undefined;
  #attempts = 0;
  /** An attempt had an unknown outcome: from then on the command may have been applied. */
  #unknown = false;
  #over = false;
  #cancelPause: Cancel | null = null;

  /** @param command - makes the bytes of each attempt: stamp and lowest sequence are those of its time */
  constructor(
    proposer: Proposer<Result>,
    rules: RepeatRules,
    command: () => Uint8Array,
    options: CallOptions | undefined,
    end: AttemptsEnd<Result>,
  ) {
    this.#proposer = proposer;
    this.#rules = rules;
    this.#command = command;
    this.#options = options;
    this.#end = end;
  }

  /** Makes the first attempt. */
  start(): void {
    void this.#attempt();
  }

  /** Gives up: neither `answered` nor `failed` is called any more. An attempt under way may still have its effect. */
  cancel(): void {
    this.#over = true;
    this.#cancelPause?.();
  }

  async #attempt(): Promise<void> {
    this.#attempts++;
    this.#cancelPause = null;
    try {
      const answer = parseAnswer<Result>(await this.#proposer.propose(this.#command(), this.#options));
      if (!this.#over) this.#answered(answer);
    } catch (error) {
      if (!this.#over) this.#failed(error);
    }
  }

  /** A refusal is an answer, too: the log has decided. Only one that passes is worth another attempt. */
  #answered(answer: SessionAnswer<Result>): void {
    if (answer.type !== 'refused') return this.#finish(() => this.#end.answered(answer));
    const error = refusalError(answer.code, this.#unknown ? 'unknown' : 'failed');
    if (answer.code === 'overloaded') this.#failed(error);
    else this.#finish(() => this.#end.failed(error));
  }

  #failed(error: unknown): void {
    const { repeat, clock } = this.#rules;
    if (!repeat(error)) return this.#finish(() => this.#end.failed(this.#unknown ? asUnknown(error) : error));
    this.#unknown ||= !isQuorateError(error) || error.outcome === 'unknown';
    this.#cancelPause = clock.after(this.#pauseMs(), () => void this.#attempt());
  }

  #finish(tell: () => void): void {
    this.#over = true;
    tell();
  }

  #pauseMs(): number {
    const { minPauseMs, maxPauseMs, random } = this.#rules;
    const full = Math.min(minPauseMs * 2 ** (this.#attempts - 1), maxPauseMs);
    return full * (1 - random() / 2);
  }
}

/** The last attempt failed, but an earlier one may have been applied. */
function asUnknown(error: unknown): unknown {
  if (!isQuorateError(error) || error.outcome === 'unknown') return error;
  const message = `${error.message}; an earlier attempt may have been applied`;
  return new QuorateError(error.code, message, { cause: error, outcome: 'unknown' });
}
