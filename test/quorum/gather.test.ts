import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, TimeoutError, type NodeId } from '../../src/core/index.js';
import {
  and,
  gather,
  grid,
  majority,
  or,
  QuorumNotReachedError,
  tally,
  type Gathered,
  type GatherOptions,
  type QuorumSystem,
} from '../../src/quorum/index.js';
import { anySystem, holds, subsets } from './naive.js';
import { broken, failed, Members, script, settled, watch, type Behaviour, type Watched } from './scripted.js';

const three = majority(['a', 'b', 'c']);
const five = majority(['a', 'b', 'c', 'd', 'e']);

type Options = Omit<GatherOptions<string>, 'clock'>;

interface Run extends Watched<Gathered<string>> {
  readonly members: Members;
  readonly notReached: QuorumNotReachedError;
}

/** Gathers from members that behave as scripted, for so long. */
async function run(text: string, system: QuorumSystem, options: Options = {}, ms = 10_000): Promise<Run> {
  const members = new Members(script(text));
  const { clock, request, accepts } = members;
  const watched = watch(gather(request, system, { clock, accepts, ...options }), clock);
  await clock.run(ms);
  return Object.assign(watched, { members, notReached: watched.error as QuorumNotReachedError });
}

describe('gather', () => {
  it('resolves with the answers of a quorum as soon as it has one', async () => {
    const { value, at, members } = await run('a:y30 b:y10 c:y20', three);
    expect(at).toBe(20);
    expect([...value!.yes]).toEqual([
      ['b', 'b yes'],
      ['c', 'c yes'],
    ]);
    expect([value!.no.size, value!.unknown.size, value!.pending]).toEqual([0, 0, ['a']]);
    expect(members.asked).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ]);
  });

  it('shows what comes later in `settled`, and changes nothing that it gave before', async () => {
    const { value, members } = await run('a:f30 b:y10 c:y20', three, {}, 25);
    expect([value!.no.size, value!.pending]).toEqual([0, ['a']]);
    const later = watch(value!.settled, members.clock);
    await members.clock.run(10);
    expect([value!.no.size, value!.pending]).toEqual([0, ['a']]);
    expect(later.at).toBe(30);
    expect([...later.value!.no]).toEqual([['a', failed]]);
    expect(later.value!.pending).toEqual([]);
    expect(await later.value!.settled).toBe(later.value);
    expect(members.clock.armed).toBe(0);
  });

  it('rejects as soon as no quorum is possible, and tells the three results apart', async () => {
    const { notReached, at } = await run('a:n10 b:f20 c:b15 d:y5 e:-', five);
    expect(at).toBe(20);
    expect(notReached).toBeInstanceOf(QuorumNotReachedError);
    expect(notReached.code).toBe('quorum-not-reached');
    expect(notReached.message).toBe('no quorum of choose(3, a, b, c, d, e): 1 said yes, 2 no, 1 unknown');
    expect([...notReached.yes]).toEqual([['d', 'd yes']]);
    expect([...notReached.no]).toEqual([
      ['a', 'no'],
      ['b', failed],
    ]);
    expect([...notReached.unknown]).toEqual([['c', broken]]);
    expect(notReached.pending).toEqual(['e']);
    expect([notReached.outcome, notReached.cause]).toEqual(['unknown', undefined]);
  });

  it.each([
    ['a:n1 b:f1 c:n2', 'failed', 'nobody did it'],
    ['a:n1 b:f1 c:n9', 'unknown', 'c is pending'],
    ['a:n1 b:y1 c:f2', 'unknown', 'b did it'],
    ['a:b1 b:f2 c:f2', 'unknown', 'of a nobody knows'],
  ])('says of %s that the outcome is %s: %s', async (text, outcome) => {
    const system = text.endsWith('n2') ? or('a', 'b', 'c') : three;
    expect((await run(text, system)).notReached.outcome).toBe(outcome);
  });

  it('takes an error that is none of this library for an unknown result', async () => {
    const { clock } = new Members({});
    const request = (): never => {
      throw new TypeError('a bug');
    };
    const watched = watch(gather(request, three, { clock }), clock);
    await settled();
    expect(watched.error).toMatchObject({
      outcome: 'unknown',
      unknown: new Map([
        ['a', new TypeError('a bug')],
        ['b', new TypeError('a bug')],
      ]),
    });
  });

  it('takes what a request or `accepts` throws for the error of that member', async () => {
    const { value } = await run('a:t b:y1 c:y1', three);
    expect([...value!.no]).toEqual([['a', failed]]);
    const accepts = (_: string, member: NodeId): boolean => {
      if (member === 'b') throw broken;
      return true;
    };
    expect([...(await run('a:y1 b:y1 c:y2', three, { accepts })).value!.unknown]).toEqual([['b', broken]]);
  });

  it('asks all that are to be asked at once, whatever the first of them throws', async () => {
    const { members } = await run('a:t b:t c:y1 d:y1 e:y1', five, { first: ['a', 'b', 'c'] });
    expect(members.asked.map(([member]) => member)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('works with anything that can be awaited, also when it answers at once', async () => {
    const { clock } = new Members({});
    const request = (member: NodeId): PromiseLike<string> =>
      ({ then: (answer: (text: string) => unknown) => answer(member) }) as unknown as PromiseLike<string>;
    const watched = watch(gather(request, three, { clock }), clock);
    await settled();
    expect([...watched.value!.yes.keys()]).toEqual(['a', 'b']);
  });

  it('asks nobody where everything is a quorum', async () => {
    const { value, at, members } = await run('', and());
    expect([at, value!.yes.size, members.asked.length, members.clock.armed]).toEqual([0, 0, 0, 0]);
    await expect(value!.settled).resolves.toMatchObject({ pending: [] });
  });
});

describe('the time limit of gather', () => {
  it('makes those who have not answered unknown', async () => {
    const { notReached, at, members } = await run('a:y10 b:- c:-', three, { timeoutMs: 700 });
    expect(at).toBe(700);
    expect(notReached.cause).toBeInstanceOf(TimeoutError);
    expect([...notReached.unknown]).toEqual([
      ['b', notReached.cause],
      ['c', notReached.cause],
    ]);
    expect([notReached.outcome, notReached.pending]).toEqual(['unknown', []]);
    expect(members.aborted).toEqual([
      ['b', 700],
      ['c', 700],
    ]);
    expect(members.clock.armed).toBe(0);
    await expect(notReached.settled).resolves.toMatchObject({ yes: notReached.yes, unknown: notReached.unknown });
  });

  it('is 5 seconds by default', async () => {
    expect((await run('a:- b:- c:-', three)).at).toBe(5000);
  });

  it('ends `settled` after the decision', async () => {
    const { value, members } = await run('a:y1 b:y2 c:-', three, { timeoutMs: 50 }, 10);
    const later = watch(value!.settled, members.clock);
    await members.clock.run(100);
    expect([later.at, later.value!.unknown.get('c')]).toEqual([50, expect.any(TimeoutError)]);
    expect(members.aborted).toEqual([['c', 50]]);
  });

  it('ignores what comes later still', async () => {
    const clock = new Members({}).clock;
    const deaf = (): Promise<string> => new Promise((resolve) => clock.after(100, () => resolve('late')));
    const watched = watch(gather(deaf, three, { clock, timeoutMs: 50 }), clock);
    await clock.run(200);
    expect([(watched.error as QuorumNotReachedError).yes.size, watched.at]).toEqual([0, 50]);
  });
});

describe('whom gather asks', () => {
  it('asks `first`, and one more each time that the delay passes', async () => {
    const { members, at } = await run('a:- b:- c:- d:y5 e:y5', majority(['a', 'b', 'c', 'd', 'e']), {
      first: ['b', 'c', 'd'],
      hedgeAfterMs: 100,
      timeoutMs: 1000,
    });
    expect(members.asked).toEqual([
      ['b', 0],
      ['c', 0],
      ['d', 0],
      ['a', 100],
      ['e', 200],
    ]);
    expect(at).toBe(1000);
    expect(members.clock.armed).toBe(0);
  });

  it('asks nobody more once it is decided', async () => {
    const { members, at } = await run('a:y99 b:y10 c:y1', three, { first: ['a', 'b'], hedgeAfterMs: 100 });
    expect([at, members.asked.length, members.clock.armed]).toEqual([99, 2, 0]);
  });

  it('asks the next at once when those who were asked can make no quorum', async () => {
    const { members, at } = await run('a:y50 b:f10 c:b20 d:y5 e:y7', five, {
      first: ['a', 'b', 'c'],
      hedgeAfterMs: 400,
    });
    expect(members.asked.slice(3)).toEqual([
      ['d', 10],
      ['e', 20],
    ]);
    expect(at).toBe(50);
  });

  it('begins with as few as make a quorum possible when nobody is to be first', async () => {
    const { members } = await run('a:f10 b:y5 c:y5 d:y5 e:y5', five, { first: [] });
    expect(members.asked.map(([member]) => member)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leaves out who would not help', async () => {
    const square = grid([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
      ['g', 'h', 'i'],
    ]);
    const { members, value } = await run('a:y9 b:f1 c:y9 d:y9 e:y9 f:y9 g:y9 h:y9 i:y9', square, { first: [] });
    expect(members.asked).toEqual([
      ...['a', 'b', 'c', 'd', 'g'].map((member) => [member, 0]),
      ...['e', 'f'].map((member) => [member, 1]), // a row without b; the column is there
    ]);
    expect(value!.yes.size).toBe(6);
  });

  it('does not ask those who may not be asked', async () => {
    const mayAsk = (member: NodeId): boolean => member !== 'b';
    const { members, at } = await run('a:y1 b:y1 c:y2', three, { first: ['a', 'b'], mayAsk });
    expect([members.asked.map(([member]) => member), at]).toEqual([['a', 'c'], 2]);
    const { notReached } = await run('a:f1 b:y1 c:y2', three, { mayAsk });
    expect([notReached.outcome, notReached.pending]).toEqual(['unknown', ['c']]);
    expect((await run('a:y1', or('a'), { mayAsk: () => false })).notReached.outcome).toBe('failed');
  });
});

describe('the signals of gather', () => {
  it('rejects with the reason, and aborts the members', async () => {
    const controller = new AbortController();
    const members = new Members(script('a:y5 b:- c:-'));
    const { clock, request } = members;
    const watched = watch(gather(request, three, { clock, signal: controller.signal, hedgeAfterMs: 50 }), clock);
    await clock.run(20);
    controller.abort('enough');
    await clock.run(0);
    expect([watched.error, watched.at, clock.armed]).toEqual(['enough', 20, 0]);
    expect(members.signals.get('b')!.reason).toBe('enough');
    expect(members.aborted.map(([member]) => member)).toEqual(['b', 'c']);
  });

  it('asks nobody when it is aborted before', async () => {
    const { error, members } = await run('a:y1 b:y1 c:y1', three, { signal: AbortSignal.abort('no') });
    expect([error, members.asked, members.clock.armed]).toEqual(['no', [], 0]);
  });

  it.each([
    ['at once', {}, ['a', 'b']],
    ['in place of another', { first: ['a'], mayAsk: (member: NodeId) => member !== 'a' }, ['b']],
    ['after the delay', { first: ['a', 'c'], hedgeAfterMs: 5 }, ['a', 'c', 'b']],
  ])('asks nobody more when a request that is made %s aborts it', async (_, options, expected) => {
    const controller = new AbortController();
    const { clock } = new Members({});
    const asked: NodeId[] = [];
    const request = (member: NodeId): Promise<never> => {
      asked.push(member);
      if (member === 'b') controller.abort('stop');
      return new Promise(() => {});
    };
    const watched = watch(
      gather(request, or('a', 'b', 'c', 'd'), { clock, signal: controller.signal, ...options }),
      clock,
    );
    await clock.run(1000);
    expect([watched.error, asked, clock.armed]).toEqual(['stop', expected, 0]);
  });

  it('ends `settled` too when it is aborted after the decision', async () => {
    const controller = new AbortController();
    const { value, members } = await run('a:y1 b:y2 c:-', three, { signal: controller.signal }, 10);
    controller.abort('enough');
    const late = await value!.settled;
    expect([...late.unknown]).toEqual([['c', 'enough']]);
    expect([members.aborted.length, members.clock.armed]).toEqual([1, 0]);
  });

  it('stops the rest only when told to', async () => {
    expect((await run('a:y1 b:y2 c:y9', three)).members.aborted).toEqual([]);
    const { members, value } = await run('a:y1 b:y2 c:y9', three, { stopRest: true });
    expect(members.aborted).toEqual([['c', 2]]);
    expect([...(await value!.settled).unknown.keys()]).toEqual(['c']);
    const no = await run('a:n1 b:n2 c:y9', three, { stopRest: true });
    expect(no.members.aborted).toEqual([['c', 2]]);
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (type: string, listener: EventListener) => (listeners.add(listener), add(type, listener));
    const remove = signal.removeEventListener.bind(signal);
    signal.removeEventListener = (type: string, listener: EventListener) => (
      listeners.delete(listener),
      remove(type, listener)
    );
    const { value, members } = await run('a:y1 b:y2 c:y9', three, { signal }, 5);
    expect(listeners.size).toBe(1);
    await run('', and(), { signal });
    await run('a:n1 b:n2 c:-', three, { signal });
    expect(listeners.size).toBe(1);
    await members.clock.run(5);
    await value!.settled;
    expect(listeners.size).toBe(0);
  });
});

describe('the options of gather', () => {
  it.each([
    [{ timeoutMs: 0 }, 'timeoutMs is 0; it must be a number from 1 to 2147483647'],
    [{ timeoutMs: Infinity }, 'timeoutMs is Infinity; it must be a number from 1 to 2147483647'],
    [{ hedgeAfterMs: 0 }, 'hedgeAfterMs is 0; it must be a number from 1 to 2147483647'],
    [{ first: ['a', 'x'] }, 'first is "a,x"; it must be members of the system'],
  ])('refuses %o', async (options, message) => {
    const { error, members } = await run('a:y1 b:y1 c:y1', three, options);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toBe(message);
    expect([members.asked, members.clock.armed]).toEqual([[], 0]);
  });
});

/** What the naive twin says: how it ends, when, and who was asked when. */
interface Expected {
  readonly result: 'won' | 'lost' | 'late';
  readonly at: number;
  readonly asked: readonly (readonly [NodeId, number])[];
}

/**
 * The twin: from event to event, and after each it looks at every set of members. Delays are chosen so that no two events
 * fall on the same time.
 */
function naive(
  system: QuorumSystem,
  script: Readonly<Record<NodeId, Behaviour>>,
  first: readonly NodeId[],
  hedge: number,
): Expected {
  const { members } = system;
  const yes = new Set<NodeId>();
  const no = new Set<NodeId>();
  const asked = new Map<NodeId, number>();
  const open = (): NodeId[] => members.filter((member) => !asked.has(member));
  const possible = (of: Iterable<NodeId>): boolean =>
    holds(system, new Set([...of].filter((member) => !no.has(member))));
  const askMore = (now: number): void => {
    if (possible(asked.keys())) return;
    // Of the sets that suffice without a spare one the first, by who is not in it from behind.
    const enough = [...subsets(open())].filter((set) => possible([...asked.keys(), ...set]));
    const best = enough.reduce((a, b) => (rank(members, b) < rank(members, a) ? b : a));
    for (const member of open()) if (best.has(member)) asked.set(member, now);
  };
  const end = (result: Expected['result'], at: number): Expected => ({ result, at, asked: [...asked] });
  for (const member of first) asked.set(member, 0);
  askMore(0);
  for (let now = 0, hedgeAt = hedge; ;) {
    const answers = [...asked].filter(
      ([member]) => !yes.has(member) && !no.has(member) && script[member]!.says !== 'never',
    );
    const [member, at] = answers
      .map(([id, since]): [NodeId, number] => [id, since + script[id]!.ms])
      .reduce((a, b) => (b[1] < a[1] ? b : a), ['', Infinity]);
    now = Math.min(at, hedgeAt, LIMIT_MS);
    if (now === LIMIT_MS) return end('late', now);
    if (now === hedgeAt) {
      const [next] = open();
      if (next === undefined) hedgeAt = Infinity;
      else [hedgeAt] = [hedgeAt + hedge, asked.set(next, now)];
      continue;
    }
    (script[member]!.says === 'yes' ? yes : no).add(member);
    if (holds(system, yes)) return end('won', now);
    if (!possible(members)) return end('lost', now);
    askMore(now);
  }
}

const LIMIT_MS = 900.0005;

/** A set as a number that is smaller when members from the end are missing. */
function rank(members: readonly NodeId[], set: ReadonlySet<NodeId>): number {
  return members.reduce((sum, member, i) => sum + (set.has(member) ? 2 ** i : 0), 0);
}

const behaviour = fc.record({
  ms: fc.integer({ min: 1, max: 400 }),
  says: fc.constantFrom<Behaviour['says']>('yes', 'yes', 'refuses', 'fails', 'breaks', 'never'),
});

describe('a gathering in any system', () => {
  it('ends as, when and after asking whom the naive twin says', async () => {
    const cases = fc.record({
      system: anySystem(6),
      behaviours: fc.array(behaviour, { minLength: 6, maxLength: 6 }),
      first: fc.option(fc.array(fc.nat(5)), { nil: undefined }),
      hedge: fc.option(fc.integer({ min: 20, max: 300 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ system, behaviours, first, hedge }) => {
        const { members: ids } = system;
        // Fractions keep events apart: each member has its own, which also tells apart when it was asked.
        const entries = ids.map((id, i): [NodeId, Behaviour] => [
          id,
          { ...behaviours[i]!, ms: behaviours[i]!.ms + 2 ** -(i + 2) },
        ]);
        const byMember = Object.fromEntries(entries);
        const chosen = first && [...new Set(first.map((i) => ids[i % ids.length]!))];
        const hedgeAfterMs = hedge === undefined ? undefined : hedge + 2 ** -20;
        const expected = naive(system, byMember, chosen ?? ids, hedgeAfterMs ?? Infinity);

        const members = new Members(byMember);
        const { clock, request, accepts } = members;
        const options = {
          clock,
          accepts,
          timeoutMs: LIMIT_MS,
          ...(chosen && { first: chosen }),
          ...(hedgeAfterMs && { hedgeAfterMs }),
        };
        const watched = watch(gather(request, system, options), clock);
        await clock.run(LIMIT_MS + 1);
        const { cause } = (watched.error ?? {}) as Error;
        const result = watched.value ? 'won' : cause instanceof TimeoutError ? 'late' : 'lost';
        expect({ result, at: watched.at, asked: members.asked }).toEqual(expected);
        const said = (watched.value ?? watched.error) as Gathered<string>;
        const votes = [...said.yes.keys()].map((id) => [id, true]);
        if (result === 'won') expect(tally(system, Object.fromEntries(votes))).toBe('won');
        await said.settled;
        expect(clock.armed).toBe(0);
      }),
      { numRuns: 600 },
    );
  });
});
