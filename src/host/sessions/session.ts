import {
  checkNumber,
  ClosedError,
  InvalidOptionError,
  OverloadedError,
  QuorateError,
  systemClock,
  systemRandom,
  type Cancel,
  type Clock,
} from '../../core/index.js';
import type { CallOptions } from '../replicated-log.js';
import { parseAnswer, SessionExpiredError, type SessionAnswer } from './answer.js';
import { Attempts, isWorthRepeating, type Proposer, type RepeatOptions, type RepeatRules } from './attempts.js';
import type { SessionLimits } from './limits.js';
import { encodeSessionCommand, isSessionId, type SessionCommand } from './session-command.js';

/** Options of {@link openSession}. */
export interface SessionOptions extends RepeatOptions {
  /** Gives up opening. The session may be open all the same, and then expires. @defaultValue none */
  readonly signal?: AbortSignal;
  /**
   * What the session is called: 1 to 128 printable ASCII characters. It must never be used again, not even by the same
   * process after a restart; a message id of `quorate/id` is such a name, and says in a snapshot whose session it is.
   *
   * @defaultValue 128 random bits
   */
  readonly id?: string;
  /**
   * How far commands may run ahead of the oldest one without an answer. The limit of the log counts when it is lower.
   *
   * @defaultValue that of the log. 1 makes the log apply the commands of this session in the order of the calls
   */
  readonly maxOutstanding?: number;
  /**
   * How many commands may wait for their turn; more are refused.
   *
   * @defaultValue 4096: they hold memory only, and whoever awaits what it proposes never comes near
   */
  readonly maxWaiting?: number;
  /**
   * Whether an idle session is kept alive, by a command each quarter of its timeout.
   *
   * @defaultValue `false`: an idle client costs the log nothing, and finds its session expired after an hour
   */
  readonly keepAlive?: boolean;
}

/** How busy a {@link Session} is. */
export interface SessionStatus {
  /** Commands that are under way. */
  readonly outstanding: number;
  /** Commands that wait for their turn. */
  readonly waiting: number;
  /** Whether the log has forgotten the session, as far as is known here: open another one. */
  readonly expired: boolean;
}

/** A client's session with a replicated log. Made by {@link openSession}. */
export interface Session<Result = unknown> extends AsyncDisposable {
  /** What it is called. */
  readonly id: string;
  /** The log index at which it was opened: its number in the log. */
  readonly number: number;
  /**
   * Has a command applied exactly once, and resolves with its result. It is repeated until there is an answer; commands that
   * are too far ahead wait for their turn. Several that are under way may be applied in any order; see `maxOutstanding`.
   *
   * @throws SessionExpiredError when the log has forgotten the session; with outcome `unknown` when an earlier attempt at
   * this command may have been applied
   * @throws QuorateError with code `result-not-kept` when it was applied, but its result is too large or cannot be encoded
   * @throws OverloadedError (failed) when `maxWaiting` commands wait
   * @throws ClosedError (failed when closed before it was proposed, else unknown)
   * @throws the reason of the signal; the command is applied once or not at all
   * @throws whatever the log rejects with and is not worth repeating: `too-large`, `closed`
   */
  propose(payload: Uint8Array, options?: CallOptions): Promise<Result>;
  /** How busy it is, as of now. */
  status(): SessionStatus;
  /**
   * Closes the session: rejects what is under way, and tells the log to forget it. That is tried once; if it does not
   * arrive, the session expires. Closing twice is harmless.
   */
  close(): Promise<void>;
}

/** How many keep-alives fit into the timeout of a session: three may be lost. */
const KEEP_ALIVES = 4;

/**
 * Opens a session with a log whose state machine is wrapped by {@link withSessions}. Opening is repeated until the log has
 * answered, as commands are.
 *
 * Not needed for commands that may be applied twice; see {@link plainCommand}. Not a lock, and no sign that the client lives.
 *
 * @throws InvalidOptionError
 * @throws QuorateError with code `session-in-use` when another client has used the id
 * @throws the reason of the signal; the session may be open all the same, and expires
 */
export async function openSession<Result>(
  proposer: Proposer<Result>,
  options: SessionOptions = {},
): Promise<Session<Result>> {
  const resolved = resolveOptions(options);
  const { id, rules, signal } = resolved;
  const command = (): Uint8Array => encodeSessionCommand({ type: 'open', stampMs: stampMs(rules.clock), id });
  const answer = await untilAnswered(proposer, rules, command, signal);
  if (answer.type !== 'opened') throw strange(answer);
  if (answer.used) {
    throw new QuorateError(
      'session-in-use',
      `commands of session ${id} were applied before; every session needs its own id`,
    );
  }
  return new ClientSession(proposer, resolved, answer.session, answer.limits);
}

interface ResolvedOptions {
  readonly id: string;
  readonly rules: RepeatRules;
  readonly signal: AbortSignal | undefined;
  readonly maxOutstanding: number;
  readonly maxWaiting: number;
  readonly keepAlive: boolean;
}

function resolveOptions(options: SessionOptions): ResolvedOptions {
  const { clock = systemClock, random = systemRandom, repeat = isWorthRepeating, keepAlive = false, signal } = options;
  const { id = randomId(random) } = options;
  if (!isSessionId(id)) throw new InvalidOptionError('id', id, '1 to 128 printable ASCII characters without spaces');
  const minPauseMs = checkNumber('minPauseMs', options.minPauseMs ?? 20, { min: 1, integer: false });
  const maxPauseMs = checkNumber('maxPauseMs', options.maxPauseMs ?? 1000, { min: 1, integer: false });
  const maxOutstanding = checkNumber('maxOutstanding', options.maxOutstanding ?? Number.MAX_SAFE_INTEGER, { min: 1 });
  const maxWaiting = checkNumber('maxWaiting', options.maxWaiting ?? 4096, { min: 0 });
  const rules = { clock, random, repeat, minPauseMs, maxPauseMs };
  return { id, rules, signal, maxOutstanding, maxWaiting, keepAlive };
}

function randomId(random: () => number): string {
  const words = Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32));
  return words.map((word) => word.toString(16).padStart(8, '0')).join('');
}

function stampMs(clock: Clock): number {
  return Math.min(Math.max(Math.floor(clock.wall()), 0), Number.MAX_SAFE_INTEGER);
}

function untilAnswered<Result>(
  proposer: Proposer<Result>,
  rules: RepeatRules,
  command: () => Uint8Array,
  signal: AbortSignal | undefined,
): Promise<SessionAnswer<Result>> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const attempts = new Attempts(proposer, rules, command, signal && { signal }, {
      answered: (answer) => (unwatch(), resolve(answer)),
      failed: (error) => (unwatch(), reject(error)),
    });
    const abort = (): void => {
      attempts.cancel();
      reject(signal!.reason);
    };
    const unwatch = (): void => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    attempts.start();
  });
}

function strange({ type }: SessionAnswer): QuorateError {
  return new QuorateError('malformed', `the state machine answered with ${type}`, { outcome: 'unknown' });
}

/** A command that was proposed here, until its promise is settled. */
interface Call<Result> {
  readonly payload: Uint8Array;
  readonly options: CallOptions | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
  /** No longer listens to the signal. */
  unwatch(): void;
  /** 0 while it waits for its turn. */
  sequence: number;
  attempts: Attempts<Result> | null;
}

class ClientSession<Result> implements Session<Result> {
  readonly id: string;
  readonly number: number;
  readonly #proposer: Proposer<Result>;
  readonly #rules: RepeatRules;
  readonly #maxOutstanding: number;
  readonly #maxWaiting: number;
  readonly #keepAliveMs: number;
  /** Commands under way, by sequence number, ascending: the first one is the lowest without an answer. */
  readonly #outstanding = new Map<number, Call<Result>>();
  /** Commands that wait for their turn, in the order of the calls. */
  readonly #waiting = new Set<Call<Result>>();
  #nextSequence = 1;
  #idleSince: number;
  #expired = false;
  #closing: Promise<void> | null = null;
  #cancelKeepAlive: Cancel | null = null;

  constructor(proposer: Proposer<Result>, options: ResolvedOptions, number: number, limits: SessionLimits) {
    this.id = options.id;
    this.number = number;
    this.#proposer = proposer;
    this.#rules = options.rules;
    this.#maxOutstanding = Math.min(options.maxOutstanding, limits.maxOutstanding);
    this.#maxWaiting = options.maxWaiting;
    this.#idleSince = this.#rules.clock.now();
    this.#keepAliveMs = limits.sessionTimeoutMs / KEEP_ALIVES;
    if (options.keepAlive) this.#armKeepAlive();
  }

  async propose(payload: Uint8Array, options?: CallOptions): Promise<Result> {
    if (!(payload instanceof Uint8Array)) throw new InvalidOptionError('payload', payload, 'a Uint8Array');
    if (this.#closing !== null) throw new ClosedError('the session');
    if (this.#expired) throw new SessionExpiredError('failed');
    options?.signal?.throwIfAborted();
    if (this.#isAhead() && this.#waiting.size >= this.#maxWaiting) {
      throw new OverloadedError('commands that wait in the session', this.#maxWaiting);
    }
    return new Promise((resolve, reject) => {
      const call: Call<Result> = { payload, options, resolve, reject, unwatch() {}, sequence: 0, attempts: null };
      this.#watch(call, options?.signal);
      this.#waiting.add(call);
      this.#admit();
    });
  }

  status(): SessionStatus {
    return { outstanding: this.#outstanding.size, waiting: this.#waiting.size, expired: this.#expired };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The lowest sequence number whose answer is not here yet. */
  get #lowest(): number {
    const [lowest = this.#nextSequence] = this.#outstanding.keys();
    return lowest;
  }

  /** Whether the next command must wait. */
  #isAhead(): boolean {
    return this.#nextSequence - this.#lowest >= this.#maxOutstanding;
  }

  #watch(call: Call<Result>, signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const abort = (): void => this.#settle(call, () => call.reject(signal.reason));
    signal.addEventListener('abort', abort, { once: true });
    call.unwatch = () => signal.removeEventListener('abort', abort);
  }

  /** Lets those go whose turn it is. */
  #admit(): void {
    for (const call of this.#waiting) {
      if (this.#isAhead()) return;
      this.#waiting.delete(call);
      this.#begin(call);
    }
  }

  #begin(call: Call<Result>): void {
    const sequence = this.#nextSequence++;
    call.sequence = sequence;
    this.#outstanding.set(sequence, call);
    call.attempts = new Attempts(this.#proposer, this.#rules, () => this.#encode(call), call.options, {
      answered: (answer) => this.#answered(call, answer),
      failed: (error) => this.#failed(call, error),
    });
    call.attempts.start();
  }

  #encode({ sequence, payload }: Call<Result>): Uint8Array {
    const { clock } = this.#rules;
    const [session, lowest] = [this.number, this.#lowest];
    return encodeSessionCommand({ type: 'command', stampMs: stampMs(clock), session, sequence, lowest, payload });
  }

  #answered(call: Call<Result>, answer: SessionAnswer<Result>): void {
    this.#idleSince = this.#rules.clock.now();
    this.#settle(call, () => {
      if (answer.type === 'result') call.resolve(answer.result);
      else call.reject(strange(answer));
    });
  }

  #failed(call: Call<Result>, error: unknown): void {
    if (error instanceof SessionExpiredError) this.#expire();
    this.#settle(call, () => call.reject(error));
  }

  /** Ends a call. From here on its sequence number counts as answered: the log applies it no more. */
  #settle(call: Call<Result>, settle: () => void): void {
    call.unwatch();
    call.attempts?.cancel();
    this.#waiting.delete(call);
    this.#outstanding.delete(call.sequence);
    settle();
    this.#admit();
  }

  /** What is under way learns it from the log, since it may have been applied before. */
  #expire(): void {
    this.#expired = true;
    this.#cancelKeepAlive?.();
    this.#rejectWaiting(new SessionExpiredError('failed'));
  }

  #rejectWaiting(reason: unknown): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear(); // so that none of them gets its turn when another one ends
    for (const call of waiting) this.#settle(call, () => call.reject(reason));
  }

  async #close(): Promise<void> {
    this.#cancelKeepAlive?.();
    this.#rejectWaiting(new ClosedError('the session'));
    for (const call of this.#outstanding.values()) {
      this.#settle(call, () => call.reject(new ClosedError('the session', { outcome: 'unknown' })));
    }
    if (this.#expired) return;
    await this.#tryOnce({ type: 'close', stampMs: stampMs(this.#rules.clock), session: this.number });
  }

  #armKeepAlive(): void {
    const dueIn = this.#idleSince + this.#keepAliveMs - this.#rules.clock.now();
    this.#cancelKeepAlive = this.#rules.clock.after(Math.max(dueIn, 0), () => void this.#keepAlive());
  }

  /** One attempt each time: the next one is the repetition. */
  async #keepAlive(): Promise<void> {
    const { clock } = this.#rules;
    if (clock.now() - this.#idleSince < this.#keepAliveMs) return this.#armKeepAlive();
    this.#idleSince = clock.now();
    this.#armKeepAlive();
    const [session, lowest] = [this.number, this.#lowest];
    const answer = await this.#tryOnce({ type: 'keepAlive', stampMs: stampMs(clock), session, lowest });
    if (this.#closing === null && answer?.type === 'refused' && answer.code === 'session-expired') this.#expire();
  }

  /** `null` when there was no answer: sessions do without, and expire or not. */
  async #tryOnce(command: SessionCommand): Promise<SessionAnswer | null> {
    try {
      return parseAnswer(await this.#proposer.propose(encodeSessionCommand(command)));
    } catch {
      return null;
    }
  }
}
