import { describe, expect, it } from 'vitest';
import { MAX_METADATA_CHARACTERS, MAX_METADATA_ENTRIES, type Heartbeat } from '../../../src/detector/heartbeats.js';
import { runOf } from './any-message.js';
import { MachineRun } from './machine-run.js';

const RUN = runOf(1, 1);

function beatingTo(...peers: readonly string[]): MachineRun {
  const run = new MachineRun({}, 500);
  run.command(...peers.map((peer) => ({ type: 'beatTo', peer }) as const));
  return run;
}

const sequences = (run: MachineRun): number[] => run.sent.map(({ message }) => (message as Heartbeat).sequence);

describe('a process that beats', () => {
  it('does so at the start and whole intervals after it, with the number of each', () => {
    const run = beatingTo('b');
    run.run(3000);
    expect(run.sent).toEqual(
      [1, 2, 3].map((sequence) => ({
        at: 500 + 1000 * sequence,
        to: 'b',
        message: { type: 'beat', run: RUN, sequence, sentAt: 500 + 1000 * sequence, intervalMs: 1000 },
      })),
    );
  });

  it('wakes up once for all peers, and shares one message among them', () => {
    const run = beatingTo('b', 'c', 'd', 'b');
    run.run(2999);
    expect(run.wakes).toBe(2);
    expect(run.sent.map(({ to }) => to)).toEqual(['b', 'c', 'd', 'b', 'c', 'd']);
    const [one, two, three] = run.sent.map(({ message }) => message);
    expect([two, three].every((message) => message === one)).toBe(true);
    expect(run.machine.counters().sent).toBe(6);
  });

  it('keeps to its times when it wakes up late, and sends only the last of those that were due', () => {
    const run = beatingTo('b');
    run.run(900);
    run.freeze(350);
    run.run(1000);
    run.freeze(3100);
    run.run(2000);
    expect(sequences(run)).toEqual([1, 2, 5, 6, 7]);
    expect(run.sent.map(({ at }) => at)).toEqual([1750, 2500, 5850, 6500, 7500]);
  });

  it('counts intervals that are no whole number of milliseconds without ever losing one', () => {
    const run = new MachineRun({ intervalMs: 1000 / 3 }, 0.1);
    run.command({ type: 'beatTo', peer: 'b' });
    run.run(100_000);
    const { length } = run.sent;
    expect(length).toBeGreaterThanOrEqual(299);
    expect(sequences(run)).toEqual(Array.from({ length }, (_, i) => i + 1));
  });

  it('goes on counting while it beats to nobody, and costs nothing then', () => {
    const run = beatingTo('b');
    run.run(1500);
    run.command({ type: 'stopBeatingTo', peer: 'b' }, { type: 'stopBeatingTo', peer: 'x' });
    expect(run.machine.wakeAt).toBe(Infinity);
    run.run(1e6);
    run.command({ type: 'beatTo', peer: 'c' });
    run.run(1000);
    expect(sequences(run)).toEqual([1, 1002]);
    expect(run.outputs).toEqual([]);
  });

  it('says its load and metadata, as they are then, until told otherwise', () => {
    const run = beatingTo('b');
    const metadata: Record<string, string> = { zone: 'x' };
    run.command({ type: 'report', load: 0.5, metadata });
    metadata['zone'] = 'y';
    run.run(1000);
    run.command({ type: 'report', load: 2 });
    run.run(1000);
    run.command({ type: 'report', metadata: null });
    run.run(1000);
    run.command({ type: 'report', load: null });
    run.run(1000);
    expect(run.sent.map(({ message }) => message)).toMatchObject([
      { load: 0.5, metadata: { zone: 'x' } },
      { load: 2, metadata: { zone: 'x' } },
      { load: 2 },
      {},
    ]);
    expect(Object.keys(run.sent[2]!.message)).not.toContain('metadata');
    expect(Object.keys(run.sent[3]!.message)).not.toContain('load');
  });

  it('refuses to say what no message may hold', () => {
    const run = beatingTo('b');
    const report = (value: object): (() => void) => {
      return () => run.machine.step({ type: 'command', command: { type: 'report', ...value } }, run.now);
    };
    const many = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, '']));
    expect(report({ load: NaN })).toThrow('load is NaN; it must be a finite number');
    expect(report({ load: '1' })).toThrow('load is "1"');
    for (const metadata of [{ a: 1 }, ['a'], new Map(), 'a', JSON.parse('{"__proto__":"a"}')])
      expect(report({ metadata })).toThrow('it must be a plain object of strings');
    expect(report({ metadata: { a: 'x'.repeat(MAX_METADATA_CHARACTERS) } })).toThrow('metadata');
    expect(report({ metadata: many(MAX_METADATA_ENTRIES + 1) })).toThrow('32 entries');
    expect(report({ metadata: { a: 'x'.repeat(MAX_METADATA_CHARACTERS - 1) } })).not.toThrow();
    expect(report({ metadata: many(MAX_METADATA_ENTRIES) })).not.toThrow();
  });

  it('is held back while the work does not get on', () => {
    const run = new MachineRun({ progressTimeoutMs: 2500 });
    run.command({ type: 'beatTo', peer: 'b' });
    run.run(5000);
    expect(sequences(run)).toEqual([1, 2]); // counted from the start
    run.command({ type: 'progress' });
    run.run(4500);
    expect(sequences(run)).toEqual([1, 2, 6, 7]);
    expect(run.machine.counters()).toMatchObject({ sent: 4, withheld: 5 });
  });

  it('says to all that it stops, and is silent then', () => {
    const run = beatingTo('b', 'c');
    run.watch('d');
    run.run(999);
    run.freeze(1);
    run.step({ type: 'wake' }, { type: 'command', command: { type: 'stop' } });
    expect(run.sent).toEqual(['b', 'c'].map((to) => ({ at: 1500, to, message: { type: 'stopping', run: RUN } })));
    expect(run.said()).toEqual(['left']);
    run.command({ type: 'stop' }, { type: 'beatTo', peer: 'e' });
    run.beat('d');
    run.run(100_000);
    expect(run.sent).toHaveLength(2);
    expect(run.said()).toEqual(['left', 'trusted d', 'suspected d']);
  });

  it('beats to no more peers than the limit, and says so', () => {
    const run = new MachineRun({ maxPeers: 2 });
    run.command(...['b', 'c', 'd', 'b'].map((peer) => ({ type: 'beatTo', peer }) as const));
    expect(run.heard()).toEqual([[0, { type: 'refused', peer: 'd', limit: 2 }]]);
    run.run(1000);
    expect(run.sent.map(({ to }) => to)).toEqual(['b', 'c']);
  });
});

describe('options of heartbeats', () => {
  it.each([
    [{ gpid: null }, 'gpid is null'],
    [{ gpid: { ip: 'x', port: 1, startTimeUs: 1, pid: 1 } }, 'ip is "x"'],
    [{ intervalMs: 0.5 }, 'intervalMs is 0.5; it must be a number from 1 to 86400000'],
    [{ intervalMs: 86_400_001 }, 'intervalMs is 86400001'],
    [{ progressTimeoutMs: 0 }, 'progressTimeoutMs is 0'],
    [{ firstHeartbeatMs: -1 }, 'firstHeartbeatMs is -1'],
    [{ pauseToleranceMs: 0 }, 'pauseToleranceMs is 0'],
    [{ maxPeers: 0 }, 'maxPeers is 0'],
    [{ watchAll: 1 }, 'watchAll is 1; it must be true or false'],
    [{ suspectOnDisconnect: 'no' }, 'suspectOnDisconnect is "no"'],
    [{ detector: 'phi' }, 'detector is "phi"'],
  ])('%j are refused', (options, message) => {
    expect(() => new MachineRun(options as object)).toThrow(message);
  });
});
