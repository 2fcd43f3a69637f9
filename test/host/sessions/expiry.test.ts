import { describe, expect, it } from 'vitest';
import { sessionLimits } from '../../../src/host/sessions.js';
import { Log, refused, result } from './ledger.js';

const TIMEOUT = 16_000;
/** What one stamp may move the log time by. */
const LEAP = TIMEOUT / 16;

/** A log whose sessions last 16 s. */
async function shortSessions(): Promise<Log> {
  const log = new Log();
  await log.append(sessionLimits({ sessionTimeoutMs: TIMEOUT }));
  return log;
}

/** Lets log time pass, by the keep-alives of a session. */
async function pass(log: Log, session: number, ms: number): Promise<void> {
  for (const end = log.nowMs + ms; log.nowMs < end;) {
    log.nowMs = Math.min(log.nowMs + LEAP, end);
    await log.append(log.keepAlive(session));
  }
}

describe('an idle session', () => {
  it('is open until its timeout is over, and not after it', async () => {
    const log = await shortSessions();
    const [idle, busy] = [await log.open('idle'), await log.open('busy')];
    await pass(log, busy, TIMEOUT);
    expect(log.machine.status().sessions).toBe(2);
    await pass(log, busy, 1);
    expect(log.machine.status().sessions).toBe(1);
    expect(await log.one(log.command(idle, 1))).toEqual(refused('session-expired'));
    expect(log.ledger.lines).toEqual([]);
  });

  it.each([
    ['a command', (log: Log, session: number) => log.command(session, 1)],
    ['a keep-alive', (log: Log, session: number) => log.keepAlive(session)],
    ['being opened again', (log: Log) => ({ type: 'open', stampMs: log.nowMs, id: 'idle' }) as const],
  ])('lasts anew from %s on', async (_, use) => {
    const log = await shortSessions();
    const [idle, busy] = [await log.open('idle'), await log.open('busy')];
    await pass(log, busy, TIMEOUT);
    await log.append(use(log, idle));
    await pass(log, busy, TIMEOUT);
    expect(log.machine.status().sessions).toBe(2);
    await pass(log, busy, 1);
    expect(log.machine.status().sessions).toBe(1);
  });

  it('that is used by its own late command goes on: nobody was told that it is gone', async () => {
    const log = await shortSessions();
    const [idle, busy] = [await log.open('idle'), await log.open('busy')];
    await pass(log, busy, TIMEOUT);
    log.nowMs += 500;
    expect(await log.one(log.command(idle, 1, 'x'))).toEqual(result('1: x'));
  });
});

describe('the log time', () => {
  it('never goes back', async () => {
    const log = await shortSessions();
    const session = await log.open('a');
    const { logTimeMs } = log.machine.status();
    log.nowMs -= 100_000;
    await log.append(log.keepAlive(session), log.keepAlive(99));
    expect(log.machine.status().logTimeMs).toBe(logTimeMs);
  });

  it('is moved by a sixteenth of the timeout at most, so that one wrong clock ends no session', async () => {
    const log = await shortSessions();
    const idle = await log.open('a');
    const { logTimeMs } = log.machine.status();
    log.nowMs += 10 ** 12;
    await log.open('b');
    expect(log.machine.status()).toMatchObject({ sessions: 2, logTimeMs: logTimeMs + LEAP });
    for (let i = 0; i < 15; i++) await log.open('b');
    expect(log.machine.status().sessions).toBe(2);
    await log.open('b');
    expect(log.machine.status().sessions).toBe(1);
    expect(await log.one(log.command(idle, 1))).toEqual(refused('session-expired'));
  });

  it('is taken as it comes while no session is open, which nobody can lose', async () => {
    const log = await shortSessions();
    await log.open('a');
    expect(log.machine.status().logTimeMs).toBe(log.nowMs);
  });
});

describe('one session more than there may be', () => {
  it('ends the one that was idle for longest, also when all are as old', async () => {
    const log = new Log();
    await log.append(sessionLimits({ maxSessions: 3 }));
    const [a, b, c] = [await log.open('a'), await log.open('b'), await log.open('c')];
    await log.append(log.command(a, 1));
    const d = await log.open('d');
    const answers = await log.append(...[b, a, c, d].map((session) => log.keepAlive(session)));
    expect(answers.map(({ type }) => type)).toEqual(['refused', 'done', 'done', 'done']);
  });

  it('with a limit of one leaves the new one', async () => {
    const log = new Log();
    await log.append(sessionLimits({ maxSessions: 1 }));
    await log.open('a');
    const b = await log.open('b');
    expect(await log.one(log.keepAlive(b))).toEqual({ type: 'done' });
  });
});
