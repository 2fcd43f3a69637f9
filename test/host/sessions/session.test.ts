import fc from 'fast-check';
import { onTestFinished, describe, expect, it } from 'vitest';
import { ClosedError, QuorateError, TimeoutError } from '../../../src/core/index.js';
import { RequestError, type CallOptions } from '../../../src/host/index.js';
import {
  isWorthRepeating,
  openSession,
  sessionLimits,
  type Proposer,
  type SessionAnswer,
  type SessionOptions,
} from '../../../src/host/sessions.js';
import { NotLeaderError } from '../../../src/raft/index.js';
import { parseSessionCommand, type SessionCommand } from '../../../src/host/sessions/session-command.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { CountingClock } from '../counting-clock.js';
import { bytes, Log } from './ledger.js';

/** What becomes of an attempt: applied and answered; applied, but no answer; lost; refused by a follower; neither yet. */
type Fate = 'answered' | 'unanswered' | 'lost' | 'not the leader' | 'pending';

/** A client's way to a log, with a fate for each attempt; when there are none left, they are answered. */
class Way implements Proposer {
  readonly clock = new VirtualClock(0, 1_700_000_000_000);
  readonly timers = new CountingClock(this.clock);
  readonly log = new Log();
  fates: Fate[] = [];
  /** The attempts, and when they were made. */
  readonly attempts: (SessionCommand & { readonly at: number })[] = [];
  /** Lets the attempts go that are pending. */
  readonly pending: (() => void)[] = [];

  async propose(command: Uint8Array, _?: CallOptions): Promise<SessionAnswer> {
    this.attempts.push({ ...parseSessionCommand(command)!, at: this.clock.now() });
    const fate = this.fates.shift() ?? 'answered';
    if (fate === 'lost') throw new TimeoutError('the proposal', 10);
    if (fate === 'not the leader') throw new NotLeaderError('b');
    if (fate === 'pending') await new Promise<void>((resolve) => this.pending.push(resolve));
    const answer = await this.log.one(command);
    if (fate === 'unanswered') throw new TimeoutError('the proposal', 10);
    return answer;
  }

  /** The lines that were applied. */
  get lines(): readonly string[] {
    return this.log.ledger.lines;
  }

  /** A session that is open. When the test ends no timer may be left. */
  async open(options: SessionOptions = {}): ReturnType<typeof openSession> {
    const session = await openSession(this, { clock: this.timers, random: () => 0, ...options });
    onTestFinished(async () => {
      await session.close();
      if (this.timers.armed > 0) throw new Error(`${this.timers.armed} timers are left armed`);
    });
    this.attempts.length = 0;
    return session;
  }
}

/** What a promise was rejected with. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => `no error but ${String(value)}`,
    (error: unknown) => error,
  );

describe('a command', () => {
  it.each<Fate>(['lost', 'unanswered', 'not the leader'])(
    'whose first attempt was %s is applied once',
    async (fate) => {
      const way = new Way();
      const session = await way.open();
      way.fates = [fate, fate];
      const proposal = session.propose(bytes('x'));
      await way.clock.run(1000);
      expect(await proposal).toBe('1: x');
      expect(way.lines).toEqual(['x']);
      expect(way.attempts.map((attempt) => attempt.type === 'command' && attempt.sequence)).toEqual([1, 1, 1]);
    },
  );

  it('is stamped anew and says anew what is answered, each time', async () => {
    const way = new Way();
    const session = await way.open();
    way.fates = ['answered', 'lost'];
    const proposals = [session.propose(bytes('x')), session.propose(bytes('y'))];
    await way.clock.run(1000);
    await Promise.all(proposals);
    const start = 1_700_000_000_000;
    expect(way.attempts).toMatchObject([
      { sequence: 1, lowest: 1, stampMs: start },
      { sequence: 2, lowest: 1, stampMs: start },
      { sequence: 2, lowest: 2, stampMs: start + 20 },
    ]);
  });

  it('is repeated after pauses that double, up to the longest', async () => {
    const way = new Way();
    const session = await way.open({ minPauseMs: 10, maxPauseMs: 50 });
    way.fates = new Array<Fate>(5).fill('lost');
    const proposal = session.propose(bytes('x'));
    await way.clock.run(1000);
    await proposal;
    expect(way.attempts.map(({ at }) => at)).toEqual([0, 10, 30, 70, 120, 170]);
  });

  it('is repeated after pauses that chance shortens by a half at most', async () => {
    const way = new Way();
    const session = await way.open({ minPauseMs: 10, maxPauseMs: 50, random: () => 0.999_999 });
    way.fates = ['lost', 'lost'];
    const proposal = session.propose(bytes('x'));
    await way.clock.run(1000);
    await proposal;
    expect(way.attempts.map(({ at }) => Math.round(at))).toEqual([0, 5, 15]);
  });

  it('that is refused for being ahead of a window that was shortened is applied later', async () => {
    const way = new Way();
    const session = await way.open();
    await way.log.append(sessionLimits({ maxOutstanding: 1 }));
    way.fates = ['pending'];
    const proposals = [session.propose(bytes('x')), session.propose(bytes('y'))];
    await way.clock.run(100);
    expect(way.lines).toEqual([]);
    way.pending[0]!();
    await way.clock.run(1000);
    expect(await Promise.all(proposals)).toEqual(['1: x', '2: y']);
  });

  it.each([
    ['the log says that it never will', new QuorateError('too-large', 'too large'), 'failed'],
    ['an error comes from elsewhere', new TypeError('no such function'), undefined],
  ])('is not repeated when %s', async (_, error, outcome) => {
    const way = new Way();
    const session = await way.open();
    way.propose = () => Promise.reject(error);
    const caught = (await failure(session.propose(bytes('x')))) as QuorateError;
    expect(caught).toBe(error);
    expect(caught.outcome).toBe(outcome);
  });

  it('is repeated after what the options say, and after nothing else', async () => {
    const way = new Way();
    const session = await way.open({ repeat: (error) => error instanceof TypeError });
    const errors = [new TypeError('fetch failed'), new QuorateError('too-large', 'too large')];
    way.propose = () => Promise.reject(errors.shift()!);
    const caught = failure(session.propose(bytes('x')));
    await way.clock.run(1000);
    expect(await caught).toMatchObject({ code: 'too-large', outcome: 'unknown' });
  });

  it('that failed after an attempt with an unknown outcome has an unknown outcome', async () => {
    const way = new Way();
    const session = await way.open();
    const errors = [new TimeoutError('the proposal', 10), new QuorateError('closed', 'the node is closed')];
    way.propose = () => Promise.reject(errors.shift()!);
    const caught = failure(session.propose(bytes('x')));
    await way.clock.run(1000);
    expect(await caught).toMatchObject({ code: 'closed', outcome: 'unknown', cause: { outcome: 'failed' } });
  });

  it('goes to a state machine without sessions once only', async () => {
    const way = new Way();
    const session = await way.open();
    let applied = 0;
    way.propose = async () => `applied ${++applied}` as never;
    expect(await failure(session.propose(bytes('x')))).toMatchObject({ code: 'malformed', outcome: 'unknown' });
    expect(applied).toBe(1);
  });

  it('that is answered with something else than a result is rejected', async () => {
    const way = new Way();
    const session = await way.open();
    way.propose = async () => ({ type: 'done' });
    expect(await failure(session.propose(bytes('x')))).toMatchObject({ code: 'malformed', outcome: 'unknown' });
  });

  it('of another type than bytes is refused', async () => {
    const session = await new Way().open();
    await expect(session.propose('x' as never)).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('whose result is not kept is rejected, though it was applied', async () => {
    const way = new Way();
    way.log.ledger.answer = () => Number.NaN;
    const session = await way.open();
    expect(await failure(session.propose(bytes('x')))).toMatchObject({ code: 'result-not-kept', outcome: 'unknown' });
    expect(way.lines).toEqual(['x']);
  });
});

describe('any way to the log', () => {
  const fate = fc.constantFrom<Fate>('answered', 'unanswered', 'lost', 'not the leader');

  it('leads to each command being applied once, and answered with its own result, though all copies come again', async () => {
    const window = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 60 }), window, fc.nat(20), async (fates, maxOutstanding, count) => {
        const way = new Way();
        const opening = openSession<unknown>(way, { clock: way.clock, random: () => 0, maxOutstanding });
        way.fates = [...fates];
        await way.clock.run(60_000);
        const session = await opening;
        const texts = Array.from({ length: count }, (_, i) => `line ${i}`);
        const proposals = texts.map((text) => session.propose(bytes(text)));
        await way.clock.run(120_000);
        const results = await Promise.all(proposals);
        for (const attempt of way.attempts) await way.log.one(attempt);
        expect([...way.lines].sort()).toEqual([...texts].sort());
        expect(results).toEqual(texts.map((text) => `${way.lines.indexOf(text) + 1}: ${text}`));
      }),
    );
  });
});

describe('commands under way', () => {
  it('are as many as the window allows; others wait for their turn, in order', async () => {
    const way = new Way();
    const session = await way.open({ maxOutstanding: 2 });
    way.fates = ['pending', 'pending', 'pending'];
    const proposals = ['a', 'b', 'c', 'd'].map((text) => session.propose(bytes(text)));
    await way.clock.run(0);
    expect(session.status()).toMatchObject({ outstanding: 2, waiting: 2 });
    way.pending[1]!();
    await way.clock.run(0);
    expect(session.status(), 'the oldest one holds up the window').toMatchObject({ outstanding: 1, waiting: 2 });
    way.pending[0]!();
    await way.clock.run(0);
    way.pending[2]!();
    await way.clock.run(0);
    expect(await Promise.all(proposals)).toEqual(['2: a', '1: b', '4: c', '3: d']);
  });

  it('keep to the limit of the log when it is lower', async () => {
    const way = new Way();
    await way.log.append(sessionLimits({ maxOutstanding: 2 }));
    const session = await way.open({ maxOutstanding: 5 });
    way.fates = ['pending', 'pending'];
    const proposals = ['a', 'b', 'c'].map((text) => session.propose(bytes(text)));
    await way.clock.run(0);
    expect(session.status()).toMatchObject({ outstanding: 2, waiting: 1 });
    way.pending.forEach((go) => go());
    await Promise.all(proposals);
  });

  it('are refused when too many wait', async () => {
    const way = new Way();
    const session = await way.open({ maxOutstanding: 1, maxWaiting: 2 });
    way.fates = ['pending'];
    const proposals = ['a', 'b', 'c'].map((text) => session.propose(bytes(text)));
    expect(await failure(session.propose(bytes('d')))).toMatchObject({ code: 'overloaded', outcome: 'failed' });
    way.pending[0]!();
    await Promise.all(proposals);
    expect(way.lines).toEqual(['a', 'b', 'c']);
  });
});

describe('a signal', () => {
  it('ends the wait for a turn: the command is not proposed', async () => {
    const way = new Way();
    const session = await way.open({ maxOutstanding: 1 });
    way.fates = ['pending'];
    const first = session.propose(bytes('a'));
    const controller = new AbortController();
    const second = failure(session.propose(bytes('b'), { signal: controller.signal }));
    controller.abort(new Error('enough'));
    expect(await second).toMatchObject({ message: 'enough' });
    way.pending[0]!();
    await first;
    expect(way.attempts).toHaveLength(1);
  });

  it('ends the wait for an answer; the command can be applied no more once the next one was', async () => {
    const way = new Way();
    const session = await way.open();
    way.fates = ['pending'];
    const controller = new AbortController();
    const first = failure(session.propose(bytes('a'), { signal: controller.signal }));
    await way.clock.run(0);
    controller.abort(new Error('enough'));
    expect(await first).toMatchObject({ message: 'enough' });
    await session.propose(bytes('b'));
    way.pending[0]!();
    await way.clock.run(0);
    expect(way.lines).toEqual(['b']);
  });

  it('ends a pause, and leaves no timer', async () => {
    const way = new Way();
    const session = await way.open();
    way.fates = ['lost'];
    const controller = new AbortController();
    const proposal = failure(session.propose(bytes('a'), { signal: controller.signal }));
    await way.clock.run(1);
    controller.abort(new Error('enough'));
    expect(await proposal).toMatchObject({ message: 'enough' });
    expect(way.timers.armed).toBe(0);
  });

  it('that has aborted before refuses at once', async () => {
    const way = new Way();
    const session = await way.open();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(session.propose(bytes('a'), { signal })).rejects.toThrow('enough');
    await expect(openSession(way, { signal })).rejects.toThrow('enough');
    expect(way.attempts).toEqual([]);
  });

  it('is listened to no longer when the command is answered', async () => {
    const way = new Way();
    const session = await way.open();
    let listeners = 0;
    const { signal } = new AbortController();
    signal.addEventListener = () => void listeners++;
    signal.removeEventListener = () => void listeners--;
    await session.propose(bytes('a'), { signal });
    expect(listeners).toBe(0);
  });
});

describe('opening', () => {
  it.each<Fate>(['lost', 'unanswered', 'not the leader'])(
    'whose first attempt was %s opens one session',
    async (fate) => {
      const way = new Way();
      way.fates = [fate];
      const opening = way.open({ id: 'me' });
      await way.clock.run(1000);
      const session = await opening;
      expect(session.id).toBe('me');
      expect(session.number).toBe(1);
      expect(way.log.machine.status().sessions).toBe(1);
    },
  );

  it('with an id that another client has used is refused', async () => {
    const way = new Way();
    const session = await way.open({ id: 'me' });
    await session.propose(bytes('x'));
    await expect(way.open({ id: 'me' })).rejects.toMatchObject({ code: 'session-in-use', outcome: 'failed' });
  });

  it('draws an id of 128 random bits by default', async () => {
    const way = new Way();
    const draws = [0, 0.25, 0.5, 0.999_999_999_9];
    const session = await way.open({ random: () => draws.shift() ?? 0 });
    expect(session.id).toBe('000000004000000080000000ffffffff');
  });

  it('ends when its signal aborts, also in a pause', async () => {
    const way = new Way();
    way.fates = ['lost'];
    const controller = new AbortController();
    const opening = failure(openSession(way, { clock: way.timers, signal: controller.signal }));
    await way.clock.run(1);
    controller.abort(new Error('enough'));
    expect(await opening).toMatchObject({ message: 'enough' });
    expect(way.timers.armed).toBe(0);
  });

  it.each([
    ['id', 'with space'],
    ['id', ''],
    ['maxOutstanding', 0],
    ['maxWaiting', -1],
    ['minPauseMs', 0],
    ['maxPauseMs', 0],
  ])('refuses a wrong %s: %j', async (name, value) => {
    const options = { [name]: value } as SessionOptions;
    await expect(openSession(new Way(), options)).rejects.toMatchObject({ code: 'invalid-option', option: name });
  });
});

describe('a session that the log has forgotten', () => {
  it('rejects the command: nothing of it happened', async () => {
    const way = new Way();
    const session = await way.open();
    await way.log.append(way.log.close(session.number));
    const error = await failure(session.propose(bytes('x')));
    expect(error).toMatchObject({ name: 'SessionExpiredError', code: 'session-expired', outcome: 'failed' });
    expect(session.status().expired).toBe(true);
  });

  it('rejects a command with an unknown outcome when an earlier attempt may have been applied', async () => {
    const way = new Way();
    const session = await way.open();
    way.fates = ['unanswered'];
    const proposal = failure(session.propose(bytes('x')));
    await way.clock.run(1);
    await way.log.append(way.log.close(session.number));
    await way.clock.run(1000);
    expect(await proposal).toMatchObject({ code: 'session-expired', outcome: 'unknown' });
    expect(way.lines).toEqual(['x']);
  });

  it('rejects with a certain outcome when all earlier attempts failed', async () => {
    const way = new Way();
    const session = await way.open();
    way.fates = ['not the leader'];
    await way.log.append(way.log.close(session.number));
    const proposal = failure(session.propose(bytes('x')));
    await way.clock.run(1000);
    expect(await proposal).toMatchObject({ code: 'session-expired', outcome: 'failed' });
  });

  it('rejects what waits, and what comes later, without asking', async () => {
    const way = new Way();
    const session = await way.open({ maxOutstanding: 1 });
    await way.log.append(way.log.close(session.number));
    const proposals = ['a', 'b', 'c'].map((text) => failure(session.propose(bytes(text))));
    for (const error of await Promise.all(proposals)) expect(error).toMatchObject({ code: 'session-expired' });
    await expect(session.propose(bytes('d'))).rejects.toMatchObject({ code: 'session-expired', outcome: 'failed' });
    expect(way.attempts).toHaveLength(1);
  });
});

describe('keep-alive', () => {
  const HOUR = 3_600_000;

  it('sends a command each quarter of the timeout while the session is idle', async () => {
    const way = new Way();
    await way.open({ keepAlive: true });
    await way.clock.run(HOUR);
    expect(way.attempts).toMatchObject(
      [1, 2, 3, 4].map((quarter) => ({ type: 'keepAlive', at: (quarter * HOUR) / 4 })),
    );
  });

  it('sends none while commands are answered', async () => {
    const way = new Way();
    const session = await way.open({ keepAlive: true });
    await way.clock.run(HOUR / 8);
    await session.propose(bytes('x'));
    await way.clock.run(HOUR / 4 - 1);
    expect(way.attempts).toHaveLength(1);
    await way.clock.run(1);
    expect(way.attempts).toMatchObject([{ type: 'command' }, { type: 'keepAlive', lowest: 2 }]);
  });

  it('that is lost is followed by the next', async () => {
    const way = new Way();
    const session = await way.open({ keepAlive: true });
    way.fates = ['lost', 'not the leader'];
    await way.clock.run(HOUR);
    expect(way.attempts).toHaveLength(4);
    expect(session.status().expired).toBe(false);
  });

  it('learns that the session is gone, and stops', async () => {
    const way = new Way();
    const session = await way.open({ keepAlive: true });
    await way.log.append(way.log.close(session.number));
    await way.clock.run(HOUR);
    expect(session.status().expired).toBe(true);
    expect(way.attempts).toHaveLength(1);
  });

  it('is not done unless it is asked for', async () => {
    const way = new Way();
    await way.open();
    expect(way.timers.total).toBe(0);
  });
});

describe('closing', () => {
  it('tells the log, and twice is harmless', async () => {
    const way = new Way();
    const session = await way.open();
    await Promise.all([session.close(), session.close()]);
    await session[Symbol.asyncDispose]();
    expect(way.attempts).toMatchObject([{ type: 'close', session: 1 }]);
    expect(way.log.machine.status().sessions).toBe(0);
  });

  it('rejects what is under way with an unknown outcome, and what waits as failed', async () => {
    const way = new Way();
    const session = await way.open({ maxOutstanding: 1 });
    way.fates = ['lost'];
    const proposals = ['a', 'b'].map((text) => failure(session.propose(bytes(text))));
    await way.clock.run(1);
    await session.close();
    const errors = await Promise.all(proposals);
    expect(errors).toMatchObject([
      { code: 'closed', outcome: 'unknown' },
      { code: 'closed', outcome: 'failed' },
    ]);
    expect(way.attempts).toMatchObject([{ type: 'command' }, { type: 'close' }]);
    expect(way.timers.armed).toBe(0);
  });

  it('refuses what comes later', async () => {
    const session = await new Way().open();
    await session.close();
    await expect(session.propose(bytes('x'))).rejects.toMatchObject({ code: 'closed', outcome: 'failed' });
  });

  it('ends well though the log does not answer with success, or throws at once', async () => {
    const way = new Way();
    const session = await way.open();
    way.propose = () => {
      throw new Error('no log');
    };
    await session.close();
  });

  it('stops the keep-alive', async () => {
    const way = new Way();
    const session = await way.open({ keepAlive: true });
    await session.close();
    expect(way.timers.armed).toBe(0);
  });
});

describe('what is worth repeating', () => {
  it.each([
    [true, 'an unknown outcome', new TimeoutError('it', 1)],
    [true, 'no leader', new NotLeaderError(null)],
    [true, 'a leader that hands over', new QuorateError('transferring', '')],
    [true, 'a limit', new QuorateError('overloaded', '')],
    [true, 'an entry that was replaced', new QuorateError('replaced', '')],
    [true, 'a server out of reach', new QuorateError('unreachable', '')],
    [true, 'a peer whose node is closed', new RequestError('closed', '')],
    [false, 'a closed node', new ClosedError('the node')],
    [false, 'a command that is too large', new QuorateError('too-large', '')],
    [false, 'an answer that is none', new QuorateError('malformed', '', { outcome: 'unknown' })],
    [false, 'an error of other origin', new Error()],
  ])('is %s for %s', (expected, _, error) => {
    expect(isWorthRepeating(error)).toBe(expected);
  });
});
