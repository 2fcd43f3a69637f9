import { checkNumber, InvalidOptionError, isQuorateError, TimeoutError } from '../core/index.js';
import type { Cancel, NodeId } from '../core/index.js';
import type { Gathered, GatherOptions, MemberRequest } from './gather.js';
import { QuorumNotReachedError } from './not-reached.js';
import { reached } from './reached.js';
import type { QuorumSystem } from './system.js';

/** How long to wait unless the caller says otherwise, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 5000;

// What is known of a member, such that what a quorum has reached says how it stands: won at YES, possible with those who
// were asked at PENDING, only with others at NOT_ASKED, and not at all at NOT_YES.
const YES = 1;
const PENDING = 0;
const NOT_ASKED = -1;
const NOT_YES = -2;

/** Runs `gather`, and tells the caller by `resolve` and `reject`; see there for what it throws. */
export function startGathering<Answer>(
  request: MemberRequest<Answer>,
  system: QuorumSystem,
  options: GatherOptions<Answer>,
  resolve: (gathered: Gathered<Answer>) => void,
  reject: (reason: unknown) => void,
): void {
  const { members } = system;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  const first = check(options, timeoutMs, members);
  const [yes, no, unknown] = [new Map<NodeId, Answer>(), new Map<NodeId, unknown>(), new Map<NodeId, unknown>()];
  const pending = new Set<NodeId>();
  const states = members.map(() => NOT_ASKED);
  const stopping = new AbortController();
  let decided = false;
  let settle: (gathered: Gathered<Answer>) => void;
  const settled = new Promise<Gathered<Answer>>((resolve) => (settle = resolve));
  const gathered = (): Gathered<Answer> => {
    return { yes: new Map(yes), no: new Map(no), unknown: new Map(unknown), pending: [...pending], settled };
  };
  const notReached = (cause?: unknown): unknown => new QuorumNotReachedError(system, gathered(), cause);

  // Asks a member if it may. Says whether to ask others later; nothing is answered before it returned.
  const ask = (place: number): boolean => {
    const member = members[place]!;
    if (decided || states[place] !== NOT_ASKED) return false;
    states[place] = options.mayAsk?.(member) === false ? NOT_YES : PENDING;
    if (states[place] !== PENDING) return false;
    pending.add(member);
    const take = (result: Map<NodeId, unknown>, answer: unknown): void => {
      if (!pending.delete(member)) return; // too late
      result.set(member, answer);
      states[place] = result === yes ? YES : NOT_YES;
      advance();
    };
    new Promise<Answer>((answer) => answer(request(member, stopping.signal)))
      .then((answer) => take(options.accepts?.(answer, member) === false ? no : yes, answer))
      .catch((error: unknown) => take(isQuorateError(error) && error.outcome === 'failed' ? no : unknown, error));
    return !decided;
  };
  const advance = (): void => {
    for (let state; !decided && (state = reached(system, states)) !== PENDING;) {
      if (state === NOT_ASKED) needed(system, states).forEach(ask);
      else {
        decided = true;
        if (state > PENDING) resolve(gathered());
        else reject(notReached());
        if (options.stopRest) stopping.abort();
      }
    }
    if (pending.size > 0) return;
    cancelTimers();
    signal?.removeEventListener('abort', abort);
    settle(gathered());
  };
  const giveUp = (reason: unknown, toError = (): unknown => reason): void => {
    decided = true;
    for (const member of pending) unknown.set(member, reason);
    pending.clear();
    advance();
    reject(toError());
    stopping.abort(reason);
  };
  const abort = (): void => giveUp(signal!.reason);
  const timeOut = (error: TimeoutError): void => giveUp(error, () => notReached(error));
  const cancelTimers = arm(options, timeoutMs, timeOut, () => states.some((_, place) => ask(place)));
  signal?.addEventListener('abort', abort);
  first.forEach(ask);
  advance();
}

/** Whom to ask at once, as places. Throws what is wrong with the options. */
function check(
  { hedgeAfterMs = 1, first, signal }: GatherOptions<never>,
  timeoutMs: number,
  members: readonly NodeId[],
): readonly number[] {
  const range = { min: 1, max: 0x7fff_ffff, integer: false }; // what clocks can wait
  checkNumber('timeoutMs', timeoutMs, range);
  checkNumber('hedgeAfterMs', hedgeAfterMs, range);
  const places = (first ?? members).map((member) => members.indexOf(member));
  if (places.includes(-1)) throw new InvalidOptionError('first', first!.join(), 'members of the system');
  signal?.throwIfAborted();
  return places;
}

/** Calls `timeOut` once, and `hedge` again and again while it says `true`. */
function arm(
  { clock, hedgeAfterMs }: GatherOptions<never>,
  timeoutMs: number,
  timeOut: (error: TimeoutError) => void,
  hedge: () => boolean,
): Cancel {
  const cancelTimeout = clock.after(timeoutMs, () => timeOut(new TimeoutError('a quorum', timeoutMs)));
  let cancelHedge: Cancel | undefined;
  const again = (): void => {
    if (hedgeAfterMs !== undefined) cancelHedge = clock.after(hedgeAfterMs, () => hedge() && again());
  };
  again();
  return () => {
    cancelTimeout();
    cancelHedge?.();
  };
}

/** Those who must be asked for a quorum to be possible: the first who suffice, without whoever can be left out. */
function needed(system: QuorumSystem, states: readonly number[]): number[] {
  const asked = states.slice();
  for (let place = asked.length; place-- > 0;) {
    if (asked[place] !== NOT_ASKED) continue;
    asked[place] = NOT_YES;
    if (reached(system, asked) === NOT_YES) asked[place] = NOT_ASKED;
  }
  return [...asked.keys()].filter((place) => asked[place] === NOT_ASKED);
}
