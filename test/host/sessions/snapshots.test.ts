import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionLimits, withSessions } from '../../../src/host/sessions.js';
import { bytes, collect, cut, Ledger, Log, refused, result } from './ledger.js';

/** A log with sessions that remember something of each kind. */
async function used(): Promise<Log> {
  const log = new Log();
  await log.append(sessionLimits({ maxSessions: 5, maxResultBytes: 300, sessionTimeoutMs: 5000, maxOutstanding: 9 }));
  const [a, b] = [await log.open('a'), await log.open('10.0.0.7:4100:1700000000000000:4242/1')];
  const answers: unknown[] = ['text', undefined, Uint8Array.of(1, 2), 'x'.repeat(400), { deep: [1, null] }];
  log.ledger.answer = () => answers.shift();
  for (let sequence = 3; sequence <= 7; sequence++) await log.append(log.command(a, sequence, `line ${sequence}`, 3));
  await log.append(log.keepAlive(b));
  return log;
}

/** A log that goes on from a snapshot. */
async function restored(from: Log, snapshot: Uint8Array, pieces = 1000): Promise<Log> {
  const log = new Log();
  await log.machine.restore(cut(snapshot, pieces));
  log.index = from.index;
  return log;
}

describe('a snapshot', () => {
  it.each([1, 2, 3, 10, 1000])('brings everything back, in pieces of %d bytes', async (pieces) => {
    const log = await used();
    const snapshot = await log.snapshot();
    const again = await restored(log, snapshot, pieces);
    expect(await again.snapshot()).toEqual(snapshot);
    expect(again.machine.status()).toEqual(log.machine.status());
    expect(again.ledger.lines).toEqual(log.ledger.lines);
  });

  it('remembers the results', async () => {
    const log = await used();
    const again = await restored(log, await log.snapshot());
    const answers = await again.append(...[3, 4, 5, 6, 7].map((sequence) => again.command(2, sequence, 'again', 3)));
    expect(answers).toEqual([
      result('text'),
      result(undefined),
      result(Uint8Array.of(1, 2)),
      refused('result-not-kept'),
      result({ deep: [1, null] }),
    ]);
    expect(again.ledger.batches).toEqual([]);
  });

  it('keeps the order in which sessions were used', async () => {
    const log = new Log();
    const [a, b] = [await log.open('a'), await log.open('b')];
    await log.append(log.keepAlive(a));
    const again = await restored(log, await log.snapshot());
    await again.append(sessionLimits({ maxSessions: 1 }));
    expect(await again.one(again.keepAlive(b))).toEqual(refused('session-expired'));
    expect(await again.one(again.keepAlive(a))).toEqual({ type: 'done' });
  });

  it('is that of the call, though commands are applied while it is being taken', async () => {
    const log = await used();
    const expected = await log.snapshot();
    const taking = log.machine.snapshot();
    await log.append(log.command(2, 8, 'later', 8), log.close(3));
    expect(await collect(taking)).toEqual(expected);
  });

  it('replaces all sessions that were there', async () => {
    const log = await used();
    const snapshot = await log.snapshot();
    await log.open('c');
    await log.machine.restore(cut(snapshot, 10));
    expect(await log.snapshot()).toEqual(snapshot);
  });

  it('gives the state machine its own bytes, and nothing when there are none', async () => {
    const pieces: Uint8Array[] = [];
    const machine = withSessions({
      apply: () => [],
      snapshot: () => [],
      async restore(chunks) {
        for await (const chunk of chunks) pieces.push(chunk);
      },
    });
    await machine.restore(cut(await collect(machine.snapshot()), 5));
    expect(pieces).toEqual([]);
  });
});

describe('bytes that are no snapshot of sessions', () => {
  it('are refused: those of the state machine alone', async () => {
    const machine = withSessions(new Ledger());
    await expect(machine.restore(cut(bytes('["a","b"]'), 10))).rejects.toMatchObject({ code: 'malformed' });
  });

  it('are refused: those of another version', async () => {
    const log = await used();
    const snapshot = await log.snapshot();
    snapshot[4]!++;
    await expect(restored(log, snapshot)).rejects.toThrow('its version is 2');
  });

  it('are refused: those that end too early, wherever that is', async () => {
    const log = await used();
    const [snapshot, own] = [await log.snapshot(), await collect(log.ledger.snapshot())];
    for (let length = 0; length < snapshot.length - own.length; length++) {
      await expect(restored(log, snapshot.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: 'malformed',
      });
    }
  });

  it.each<[string, number[]]>([
    ['sessions', []],
    ['bytes of an id', [1, 1, 1, 1, 0]],
    ['results', [1, 1, 1, 1]],
    ['bytes of a result', [1, 1, 1, 1, 1, 1, 0x61, 0]],
  ])('are refused before anything is read when they claim too many %s', async (_, before) => {
    const head = [0x51, 0x53, 0x45, 0x53, 1, 0, 0xe8, 7, 1, 1, 0x80, 0x80, 0x80, 8];
    const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(...head, ...before, ...huge);
      while (read++ < 40) yield new Uint8Array(1 << 20);
    }
    await expect(withSessions(new Ledger()).restore(endless())).rejects.toMatchObject({ code: 'malformed' });
    expect(read).toBeLessThanOrEqual(1);
  });

  it('never lead to anything but an error of type malformed, or a state that can be used', async () => {
    const log = await used();
    const [snapshot, own] = [await log.snapshot(), await collect(log.ledger.snapshot())];
    const at = fc.nat(snapshot.length - own.length - 1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(at, fc.nat(255)), { maxLength: 4 }), async (changes) => {
        const changed = snapshot.slice();
        for (const [place, byte] of changes) changed[place] = byte;
        const machine = withSessions({ apply: (commands) => commands, snapshot: () => [], restore: async () => {} });
        const error = await Promise.resolve(machine.restore(cut(changed, 50))).catch((reason: unknown) => reason);
        if (error !== undefined) expect(error).toMatchObject({ code: 'malformed' });
        else await machine.apply([{ index: 1, data: sessionLimits({ maxSessions: 1 }) }]);
      }),
      { numRuns: 500 },
    );
  });
});
