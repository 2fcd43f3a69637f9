import { Resolver } from 'node:dns/promises';
import { TimeoutError, type Cancel, type Clock } from '../../core/index.js';
import { askDns, type DnsAnswer, type DnsQuestion, type DnsResolver } from './dns-records.js';

/** What came of a question, by the time that there was. */
export type DnsOutcome = DnsAnswer | { readonly error: unknown };

/** How questions are asked. */
export interface DnsRoundOptions {
  /** @defaultValue one of the round's own, so that it knows the servers that the system has by now, and can be cancelled */
  readonly resolver: DnsResolver | undefined;
  /** @defaultValue those of the system */
  readonly servers: readonly string[] | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Asks all questions at the same time, and says what came of each, in their order, when the last is answered or the time is
 * up. Returns what ends it without that. Leaves no timer or socket behind.
 */
export function askRound(
  questions: readonly DnsQuestion[],
  options: DnsRoundOptions,
  done: (outcomes: readonly DnsOutcome[]) => void,
): Cancel {
  const { timeoutMs, clock } = options;
  const own = options.resolver === undefined ? ownResolver(options) : undefined;
  const outcomes = new Map<DnsQuestion, DnsOutcome>();
  let over = false;
  const cancel = (): void => {
    over = true;
    stopTimer();
    own?.cancel();
  };
  const end = (): void => {
    if (over) return;
    cancel();
    done(questions.map((question) => outcomes.get(question) ?? { error: timedOut(question, timeoutMs) }));
  };
  const stopTimer = clock.after(timeoutMs, end);
  for (const question of questions) {
    void askDns(options.resolver ?? own!, question)
      .catch((error: unknown) => ({ error }))
      .then((outcome) => {
        outcomes.set(question, outcome);
        if (outcomes.size === questions.length) end();
      });
  }
  return cancel;
}

function timedOut({ name, type }: DnsQuestion, timeoutMs: number): TimeoutError {
  return new TimeoutError(`the question for ${type} records of ${name}`, timeoutMs, { outcome: 'failed' });
}

/** Asks a second time when a packet may be lost, within the time that there is. @throws TypeError for wrong servers */
export function ownResolver({ servers, timeoutMs }: Pick<DnsRoundOptions, 'servers' | 'timeoutMs'>): Resolver {
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 3), tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  return resolver;
}
