import { checkNumber, InvalidOptionError, QuorateError, systemClock, systemRandom } from '../../core/index.js';
import type { Cancel, Clock } from '../../core/index.js';
import type { Endpoint } from '../endpoint.js';
import { checkHostName, mergeEndpoints, type DnsQuestion, type DnsResolver } from './dns-records.js';
import { askRound, ownResolver, type DnsOutcome, type DnsRoundOptions } from './dns-round.js';
import { checkWaits, waitAfterAnswer, waitAfterFailure, type DnsWaits } from './dns-waits.js';

/** Options of {@link dnsEndpoints}. */
export interface DnsEndpointsOptions {
  /**
   * The whole host name, such as `api.default.svc.cluster.local`, in ASCII; for SRV with service and protocol, such as
   * `_http._tcp.example.com`. Neither search domains nor `/etc/hosts` are looked at.
   */
  readonly name: string;
  /**
   * What is asked for. `both` are A and AAAA records: a server that has an address of each is two nodes then.
   * @defaultValue `A`
   */
  readonly type?: 'A' | 'AAAA' | 'both' | 'SRV';
  /** The port of all nodes, from 1 to 65535. Not for SRV, whose records say it. */
  readonly port?: number;
  /**
   * The shortest time from an answer to the next question, however short its time to live, and however often one asks to
   * refresh. @defaultValue 30000, as in gRPC: without it a fleet of clients whose servers fail is a storm on the DNS
   */
  readonly minIntervalMs?: number;
  /**
   * The longest time, however long the time to live of an answer, and however often it failed.
   * @defaultValue 300000: nobody waits for more than five minutes for a new node
   */
  readonly maxIntervalMs?: number;
  /**
   * The first wait after a failure for as long as there was no answer at all; each further one is twice as long, up to
   * `maxIntervalMs`. When there is an answer to live on the first wait is `minIntervalMs`. @defaultValue 1000, as in gRPC
   */
  readonly retryMs?: number;
  /**
   * After how long a question has failed that has no answer. A packet that may be lost is sent again after a third of it. The
   * resolver of Node gives up by itself after some 15 s. @defaultValue 5000
   */
  readonly timeoutMs?: number;
  /** The most records of an answer; one that has more has failed. @defaultValue 4096: a message of DNS holds no more */
  readonly maxNodes?: number;
  /** Hears of each question that failed. The last good answer stays. What it throws is ignored. @defaultValue nobody */
  readonly onError?: (error: DnsError) => void;
  /** Ends it; who waits for a list then gets the reason. @defaultValue none */
  readonly signal?: AbortSignal;
  /** Addresses of DNS servers, such as `10.0.0.2` or `10.0.0.2:5353`. @defaultValue those of the system, looked up each time */
  readonly servers?: readonly string[];
  /** Who is asked, in place of `servers`. It is not cancelled when its time is up. @defaultValue that of Node */
  readonly resolver?: DnsResolver;
  /** Uniform in [0, 1). @defaultValue that of the platform */
  readonly random?: () => number;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
}

/** A question to DNS has failed: it had no answer in time, no records, or none that can be right. Code `dns-failed`. */
export class DnsError extends QuorateError {
  constructor(name: string, causes: readonly unknown[]) {
    const why = causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join('; ');
    super('dns-failed', `nodes of ${name}: ${why || 'there are no such records'}`, { cause: causes[0] });
  }
}

/**
 * Nodes from DNS, again and again: see {@link dnsEndpoints}. One consumer; calls of `next` while one waits share its answer.
 */
export class DnsEndpoints implements AsyncIterable<readonly Endpoint[]>, AsyncDisposable {
  readonly #name: string;
  readonly #questions: readonly DnsQuestion[];
  readonly #round: DnsRoundOptions;
  readonly #waits: DnsWaits;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onError: ((error: DnsError) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => this.#end(true);

  #state: 'new' | 'waiting' | 'asking' | 'closed' | 'aborted' = 'new';
  /** Ends what the state says is under way. */
  #cancel: Cancel = () => {};
  #wakeAt = Infinity;
  /** Before that nothing is asked, whoever wants to. */
  #notBefore = -Infinity;
  /** In a row. */
  #failures = 0;
  /** The last good answer to each question. */
  readonly #answers = new Map<DnsQuestion, readonly Endpoint[]>();
  #newest: readonly Endpoint[] = [];
  /** As text, since answers are compared by what is in them. */
  #given = '[]';
  #asked: Asked | undefined;

  /** @throws InvalidOptionError */
  constructor(options: DnsEndpointsOptions) {
    const { servers, resolver, timeoutMs = 5000, clock = systemClock, signal } = options;
    this.#name = checkHostName('name', options.name);
    this.#questions = questionsOf(options, this.#name);
    this.#waits = checkWaits(options);
    checkNumber('timeoutMs', timeoutMs, { min: 1, max: 0x7fff_ffff });
    this.#round = { servers, resolver, timeoutMs, clock };
    checkServers(this.#round);
    this.#clock = clock;
    this.#random = options.random ?? systemRandom;
    this.#onError = options.onError;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (signal?.aborted) this.#end(true);
  }

  /**
   * The newest list that differs from the one before; the first time the first answer. The first call asks the first question.
   *
   * @throws the reason of the signal
   */
  next(): Promise<IteratorResult<readonly Endpoint[], undefined>> {
    if (this.#state === 'aborted') return Promise.reject(this.#signal?.reason);
    if (this.#state === 'closed') return Promise.resolve({ done: true, value: undefined });
    if (this.#state === 'new') this.#ask();
    const { promise } = (this.#asked ??= newAsked());
    this.#give();
    return promise;
  }

  /** Closes it: what `break` in a `for await` does. */
  return(): Promise<IteratorResult<readonly Endpoint[], undefined>> {
    this.#end(false);
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Asks as soon as it may: `minIntervalMs` after the last answer, and after a failure when it would anyway. To be called when
   * nodes cannot be reached any more, as often as one likes.
   */
  refresh(): void {
    if (this.#state === 'new') return this.#ask();
    const at = Math.max(this.#notBefore, this.#clock.now());
    if (this.#state === 'waiting' && at < this.#wakeAt) this.#askAt(at);
  }

  /** Ends all questions and timers; who waits for a list hears that there is none. Twice is harmless. */
  close(): Promise<void> {
    this.#end(false);
    return Promise.resolve();
  }

  /** The same as {@link DnsEndpoints.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #askAt(at: number): void {
    this.#cancel();
    this.#state = 'waiting';
    this.#wakeAt = at;
    this.#cancel = this.#clock.after(at - this.#clock.now(), () => this.#ask());
  }

  #ask(): void {
    this.#state = 'asking';
    this.#cancel = askRound(this.#questions, this.#round, (outcomes) => this.#answered(outcomes));
  }

  /**
   * What is there of one kind counts even if there is none of the other. When the other has failed, which says nothing of its
   * records, those that were known of it stay.
   */
  #answered(outcomes: readonly DnsOutcome[]): void {
    const now = this.#clock.now();
    const answers = outcomes.flatMap((outcome) =>
      'error' in outcome ? [] : outcome.endpoints.length > 0 ? [outcome] : [],
    );
    if (answers.length > 0) {
      this.#failures = 0;
      this.#notBefore = now + this.#waits.minIntervalMs;
      const ttlMs = Math.min(...answers.map((answer) => answer.ttlMs));
      this.#askAt(now + waitAfterAnswer(ttlMs, this.#waits, this.#random));
      this.#keep(outcomes);
    } else {
      this.#failures++;
      const hasAnswer = this.#newest.length > 0;
      this.#notBefore = now + waitAfterFailure(this.#failures, hasAnswer, this.#waits, this.#random);
      this.#askAt(this.#notBefore);
    }
    const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
    if (errors.length > 0 || answers.length === 0) this.#report(new DnsError(this.#name, errors));
  }

  #keep(outcomes: readonly DnsOutcome[]): void {
    outcomes.forEach((outcome, i) => {
      if (!('error' in outcome)) this.#answers.set(this.#questions[i]!, outcome.endpoints);
    });
    this.#newest = mergeEndpoints(this.#answers.values());
    this.#give();
  }

  /** Gives the newest list to who waits for one, if it is another than the last. */
  #give(): void {
    const text = JSON.stringify(this.#newest);
    if (this.#asked === undefined || text === this.#given) return;
    this.#given = text;
    this.#asked.resolve({ done: false, value: this.#newest });
    this.#asked = undefined;
  }

  #report(error: DnsError): void {
    try {
      this.#onError?.(error);
    } catch {
      // as its docs say
    }
  }

  #end(aborted: boolean): void {
    if (this.#state === 'closed' || this.#state === 'aborted') return;
    this.#state = aborted ? 'aborted' : 'closed';
    this.#cancel();
    this.#signal?.removeEventListener('abort', this.#abort);
    if (aborted) this.#asked?.reject(this.#signal?.reason);
    else this.#asked?.resolve({ done: true, value: undefined });
    this.#asked = undefined;
  }
}

/**
 * Nodes from DNS as a source for `followEndpoints` of `quorate/balancer/layers`: asks at the first `next`, and again after the
 * time to live of the answer, but never sooner than `minIntervalMs` nor later than `maxIntervalMs`. So nodes that come are
 * seen although no connection breaks, and no number of broken ones is a storm.
 *
 * Gives a list when it differs from the last one; the order of records does not count. A consumer that is slow gets the newest
 * only. When a question fails, or its answer is empty, the last good answer stays, and waits grow exponentially, with jitter.
 *
 * Nodes are `address:port`, IPv6 in brackets. Of SRV records they are `target:port`, whose address is looked up when one
 * connects, with their priorities, lower ones first, and their weights; one of 0 is 0.01 beside others, since RFC 2782 wants it
 * to have a very small chance, and 1 where all of its priority are 0. SRV is asked each `minIntervalMs`: Node does not tell
 * its time to live.
 *
 * Timers do not keep a process alive. Not for names of which each answer shows a few nodes of many at random: they would come
 * and go with each answer. Not for service registries that tell of changes: any async iterable is a source.
 *
 * O(n log n) an answer.
 *
 * @throws InvalidOptionError
 */
export function dnsEndpoints(options: DnsEndpointsOptions): DnsEndpoints {
  return new DnsEndpoints(options);
}

interface Asked {
  readonly promise: Promise<IteratorResult<readonly Endpoint[], undefined>>;
  readonly resolve: (result: IteratorResult<readonly Endpoint[], undefined>) => void;
  readonly reject: (reason: unknown) => void;
}

function newAsked(): Asked {
  let resolve!: Asked['resolve'];
  let reject!: Asked['reject'];
  const promise: Asked['promise'] = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

const TYPES = { A: ['A'], AAAA: ['AAAA'], both: ['A', 'AAAA'], SRV: ['SRV'] } as const;

function questionsOf(options: DnsEndpointsOptions, name: string): readonly DnsQuestion[] {
  const { type = 'A', port } = options;
  if (!Object.hasOwn(TYPES, type)) throw new InvalidOptionError('type', type, "'A', 'AAAA', 'both' or 'SRV'");
  if (type !== 'SRV') checkNumber('port', port, { min: 1, max: 65_535 });
  else if (port !== undefined) throw new InvalidOptionError('port', port, 'left out for SRV, whose records have it');
  const maxNodes = checkNumber('maxNodes', options.maxNodes ?? 4096, { min: 1 });
  return TYPES[type].map((one) => ({ type: one, name, port: port ?? 0, maxNodes }));
}

function checkServers(options: DnsRoundOptions): void {
  const { servers, resolver } = options;
  if (servers === undefined) return;
  if (resolver !== undefined) throw new InvalidOptionError('servers', servers, 'left out where there is a resolver');
  try {
    ownResolver(options);
  } catch {
    throw new InvalidOptionError('servers', servers, 'addresses of DNS servers, each with or without a port');
  }
}
