import { describe, expect, it } from 'vitest';
import { plainCommand, sessionLimits, withSessions } from '../../../src/host/sessions.js';
import { bytes, Ledger, Log, refused, result } from './ledger.js';

describe('a command of a session', () => {
  it('reaches the state machine as it was proposed, at its index', async () => {
    const log = new Log();
    const session = await log.open('a');
    expect(await log.one(log.command(session, 1, 'x'))).toEqual(result('1: x'));
    expect(log.ledger.batches).toEqual([[[2, 'x']]]);
  });

  it('that comes again is answered with the remembered result', async () => {
    const log = new Log();
    const session = await log.open('a');
    await log.append(log.command(session, 1, 'x'));
    await log.append(log.command(session, 2, 'y'));
    expect(await log.one(log.command(session, 1, 'x'))).toEqual(result('1: x'));
    expect(log.ledger.lines).toEqual(['x', 'y']);
  });

  it('that is in a batch twice is applied once, and both get the result', async () => {
    const log = new Log();
    const session = await log.open('a');
    const command = log.command(session, 1, 'x');
    expect(await log.append(command, log.command(session, 2, 'y'), command)).toEqual([
      result('1: x'),
      result('2: y'),
      result('1: x'),
    ]);
    expect(log.ledger.batches).toEqual([
      [
        [2, 'x'],
        [3, 'y'],
      ],
    ]);
  });

  it('is told apart from the same sequence number in another session', async () => {
    const log = new Log();
    const [a, b] = [await log.open('a'), await log.open('b')];
    await log.append(log.command(a, 1, 'x'), log.command(b, 1, 'x'));
    expect(log.ledger.lines).toEqual(['x', 'x']);
  });

  it('may come out of order', async () => {
    const log = new Log();
    const session = await log.open('a');
    await log.append(log.command(session, 3), log.command(session, 1), log.command(session, 2));
    await log.append(log.command(session, 1), log.command(session, 2), log.command(session, 3));
    expect(log.ledger.lines).toEqual(['line 3', 'line 1', 'line 2']);
  });

  it('whose result was undefined is answered with undefined again', async () => {
    const log = new Log();
    log.ledger.answer = () => undefined;
    const session = await log.open('a');
    expect(await log.one(log.command(session, 1))).toEqual(result(undefined));
    expect(await log.one(log.command(session, 1))).toEqual(result(undefined));
    expect(log.ledger.lines).toHaveLength(1);
  });

  it('is answered with a copy: who changes it does not change what is remembered', async () => {
    const log = new Log();
    log.ledger.answer = () => Uint8Array.of(1, 2, 3);
    const session = await log.open('a');
    await log.append(log.command(session, 1));
    const again = (await log.one(log.command(session, 1))) as { result: Uint8Array };
    again.result.fill(9);
    expect(await log.one(log.command(session, 1))).toEqual(result(Uint8Array.of(1, 2, 3)));
  });

  it('waits for a state machine that takes its time', async () => {
    const ledger = new Ledger();
    const log = new Log();
    const machine = withSessions({
      apply: async (commands) => ledger.apply(commands),
      snapshot: () => [],
      restore() {},
    });
    Object.assign(log, { machine });
    const session = await log.open('a');
    const command = log.command(session, 1, 'x');
    expect(await log.append(command, command)).toEqual([result('1: x'), result('1: x')]);
    expect(await log.one(command)).toEqual(result('1: x'));
  });
});

describe('what the client has the answers of', () => {
  it('is forgotten', async () => {
    const log = new Log();
    const session = await log.open('a');
    for (let sequence = 1; sequence <= 5; sequence++) await log.append(log.command(session, sequence));
    expect(log.machine.status().results).toBe(5);
    await log.append(log.command(session, 6, 'x', 5));
    expect(log.machine.status().results).toBe(2);
  });

  it('is forgotten on a keep-alive, too', async () => {
    const log = new Log();
    const session = await log.open('a');
    await log.append(log.command(session, 1), log.command(session, 2));
    expect(await log.one(log.keepAlive(session, 3))).toEqual({ type: 'done' });
    expect(log.machine.status().results).toBe(0);
  });

  it('is not applied again by a copy that comes late', async () => {
    const log = new Log();
    const session = await log.open('a');
    const first = log.command(session, 1, 'x');
    await log.append(first);
    await log.append(log.command(session, 2, 'y', 2));
    expect(await log.one(first)).toEqual(refused('already-answered'));
    expect(log.ledger.lines).toEqual(['x', 'y']);
  });

  it('is not applied at all when the client gave it up before it came', async () => {
    const log = new Log();
    const session = await log.open('a');
    const givenUp = log.command(session, 1, 'x');
    await log.append(log.command(session, 2, 'y', 2));
    expect(await log.one(givenUp)).toEqual(refused('already-answered'));
    expect(log.ledger.lines).toEqual(['y']);
  });

  it('is found at once however far the lowest number leaps', async () => {
    const log = new Log();
    const session = await log.open('a');
    await log.append(log.command(session, 1));
    const far = 2 ** 52;
    expect(await log.one(log.command(session, far, 'x', far))).toEqual(result('2: x'));
    expect(log.machine.status().results).toBe(1);
  });

  it('does not grow again when an older copy names a lower number', async () => {
    const log = new Log();
    const session = await log.open('a');
    await log.append(log.command(session, 3, 'x', 3), log.command(session, 4, 'y', 1));
    expect(await log.one(log.command(session, 2, 'z', 1))).toEqual(refused('already-answered'));
  });
});

describe('the window of a session', () => {
  it('refuses what is too far ahead, and applies it once there is room', async () => {
    const log = new Log();
    await log.append(sessionLimits({ maxOutstanding: 3 }));
    const session = await log.open('a');
    expect(await log.one(log.command(session, 3, 'x'))).toEqual(result('1: x'));
    expect(await log.one(log.command(session, 4, 'y'))).toEqual(refused('overloaded'));
    expect(log.ledger.lines).toEqual(['x']);
    expect(await log.one(log.command(session, 4, 'y', 2))).toEqual(result('2: y'));
  });
});

describe('a result that cannot be kept', () => {
  const nan = Number.NaN;

  it.each([
    ['it is no value of the codec', () => nan],
    ['it is too large', () => 'x'.repeat(99)],
  ])('because %s: its command is applied once, and always answered so', async (_, answer) => {
    const log = new Log();
    await log.append(sessionLimits({ maxResultBytes: 99 }));
    log.ledger.answer = answer;
    const session = await log.open('a');
    const command = log.command(session, 1);
    expect(await log.append(command, command)).toEqual([refused('result-not-kept'), refused('result-not-kept')]);
    expect(await log.one(command)).toEqual(refused('result-not-kept'));
    expect(log.ledger.lines).toHaveLength(1);
  });

  it('is judged by the limit of its own place in the log, not by one that comes later in the batch', async () => {
    const log = new Log();
    log.ledger.answer = () => 'four';
    const session = await log.open('a');
    await log.append(log.command(session, 1), sessionLimits({ maxResultBytes: 4 }), log.command(session, 2));
    expect(await log.one(log.command(session, 1))).toEqual(result('four'));
    expect(await log.one(log.command(session, 2))).toEqual(refused('result-not-kept'));
  });

  it('because another codec wrote it is answered so, too', async () => {
    const log = new Log();
    const session = await log.open('a');
    await log.append(log.command(session, 1));
    const decode = (): never => {
      throw new Error('another format');
    };
    const machine = withSessions(log.ledger, { resultCodec: { encode: bytes, decode } });
    await machine.restore(
      (async function* () {
        yield* log.machine.snapshot();
      })(),
    );
    Object.assign(log, { machine });
    expect(await log.one(log.command(session, 1))).toEqual(refused('result-not-kept'));
  });
});

describe('opening', () => {
  it('names the index and the limits', async () => {
    const log = new Log();
    await log.append(sessionLimits({ maxSessions: 5 }));
    const limits = { sessionTimeoutMs: 3_600_000, maxSessions: 5, maxOutstanding: 64, maxResultBytes: 16_384 };
    const answer = await log.one({ type: 'open', stampMs: log.nowMs, id: 'a' });
    expect(answer).toEqual({ type: 'opened', session: 2, used: false, limits });
  });

  it('again leads to the same session', async () => {
    const log = new Log();
    const session = await log.open('a');
    expect(await log.open('b')).not.toBe(session);
    expect(await log.open('a')).toBe(session);
    expect(log.machine.status().sessions).toBe(2);
  });

  it('tells when the id is in use by somebody who has proposed already', async () => {
    const log = new Log();
    const session = await log.open('a');
    await log.append(log.command(session, 1));
    const open = { type: 'open', stampMs: log.nowMs, id: 'a' } as const;
    expect(await log.one(open)).toMatchObject({ used: true });
    await log.append(log.keepAlive(session, 2));
    expect(await log.one(open)).toMatchObject({ used: true });
  });

  it('after closing leads to another session, in which old copies are not applied', async () => {
    const log = new Log();
    const old = await log.open('a');
    const copy = log.command(old, 1, 'x');
    await log.append(copy, log.close(old));
    expect(await log.open('a')).not.toBe(old);
    expect(await log.one(copy)).toEqual(refused('session-expired'));
    expect(log.ledger.lines).toEqual(['x']);
  });
});

describe('a session that is not open', () => {
  it('refuses commands and keep-alives, and may be closed', async () => {
    const log = new Log();
    expect(await log.append(log.command(7, 1), log.keepAlive(7), log.close(7))).toEqual([
      refused('session-expired'),
      refused('session-expired'),
      { type: 'done' },
    ]);
    expect(log.ledger.batches).toEqual([]);
  });

  it('because it is closed in the same batch remembers nothing', async () => {
    const log = new Log();
    const session = await log.open('a');
    const command = log.command(session, 1, 'x');
    expect(await log.append(command, log.close(session), command)).toEqual([
      result('1: x'),
      { type: 'done' },
      refused('session-expired'),
    ]);
    expect(log.machine.status()).toMatchObject({ sessions: 0, results: 0 });
  });
});

describe('plain commands', () => {
  it('are applied as often as they are in the log', async () => {
    const log = new Log();
    const plain = plainCommand(bytes('x'));
    expect(await log.append(plain, plain)).toEqual([result('1: x'), result('2: x')]);
  });

  it('without the mark are refused', async () => {
    const log = new Log();
    expect(await log.one(bytes('x'))).toEqual(refused('malformed'));
    expect(log.ledger.batches).toEqual([]);
  });

  it('of another type than bytes are refused at once', () => {
    expect(() => plainCommand('x' as never)).toThrow(/payload is "x"/);
  });
});

describe('limits', () => {
  it.each([
    ['sessionTimeoutMs', 999],
    ['sessionTimeoutMs', 2 ** 40 + 1],
    ['maxSessions', 0],
    ['maxSessions', 2 ** 20 + 1],
    ['maxOutstanding', 0],
    ['maxOutstanding', 2 ** 16 + 1],
    ['maxResultBytes', 0],
    ['maxResultBytes', 2 ** 24 + 1],
  ])('refuse %s of %d', (name, value) => {
    expect(() => sessionLimits({ [name]: value })).toThrow(new RegExp(`${name} is ${value}`));
  });

  it('that are lowered forget the sessions that were idle for longest', async () => {
    const log = new Log();
    const sessions = [await log.open('a'), await log.open('b'), await log.open('c')];
    await log.append(log.keepAlive(sessions[0]!), sessionLimits({ maxSessions: 2 }));
    const answers = await log.append(...sessions.map((session) => log.keepAlive(session)));
    expect(answers.map(({ type }) => type)).toEqual(['done', 'refused', 'done']);
  });
});

it('a state machine that returns too few results ends the node as without sessions', async () => {
  const log = new Log();
  log.ledger.apply = () => [];
  await expect(log.one(plainCommand(bytes('x')))).rejects.toMatchObject({
    code: 'state-machine',
    message: 'apply returned 0 results for 1 commands',
  });
});
