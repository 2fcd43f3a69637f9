import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Bertier,
  ChenNfdE,
  ExponentialPhi,
  FixedTimeout,
  LogisticPhi,
  MissedChecks,
  NormalPhi,
  TwoWindow,
} from '../../../src/detector/index.js';
import { MAX_METADATA_CHARACTERS, MAX_METADATA_ENTRIES, parseMessage } from '../../../src/detector/heartbeats.js';
import { nearMessage, runOf } from './any-message.js';
import { MachineRun } from './machine-run.js';

const RUN = runOf(2, 1);
const BEAT = { type: 'beat', run: RUN, sequence: 3, sentAt: 4.5, intervalMs: 1000 } as const;

describe('a message from outside', () => {
  it('may be anything: it is refused, or is a message within all limits', () => {
    const check = (value: unknown): void => {
      const message = parseMessage(value);
      if (message === undefined) return;
      expect(parseMessage(structuredClone(message))).toEqual(message);
      expect(message.run.length).toBeLessThan(100);
      if (message.type === 'stopping') return;
      expect(message.sequence * message.intervalMs).toBeLessThan(2 ** 46);
      expect(message.intervalMs).toBeGreaterThanOrEqual(1);
      const entries = Object.entries(message.metadata ?? {});
      expect(entries.length).toBeLessThanOrEqual(MAX_METADATA_ENTRIES);
      expect(entries.flat().join('').length).toBeLessThanOrEqual(MAX_METADATA_CHARACTERS);
    };
    fc.assert(fc.property(fc.oneof(nearMessage, fc.anything()), check), { numRuns: 3000 });
  });

  it.each([
    ['a number of no interval', { sequence: 0.5 }],
    ['a number below 0', { sequence: -1 }],
    ['a number that no run reaches', { sequence: 2 ** 53 - 1 }],
    ['a time that is none', { sentAt: NaN }],
    ['an interval that is too short', { intervalMs: 0.5 }],
    ['an interval that is too long', { intervalMs: 1e9 }],
    ['no run', { run: '' }],
    ['a run without an end', { run: '1'.repeat(1000) }],
    ['a load that is no number', { load: '1' }],
    ['an infinite load', { load: Infinity }],
    ['metadata that is a list', { metadata: ['a'] }],
    ['metadata of numbers', { metadata: { a: 1 } }],
    ['metadata with too many entries', { metadata: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [i, ''])) }],
    ['metadata that is too long', { metadata: { a: 'x'.repeat(512) } }],
    ['metadata that is a class', { metadata: new (class Metadata {})() }],
  ])('is refused with %s', (_what, fields) => {
    expect(parseMessage({ ...BEAT, ...fields })).toBeUndefined();
  });

  it('is taken at the limits', () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 32 }, (_, i) => [`k${String(i).padStart(2, '0')}`, 'x'.repeat(13)]),
    );
    const most = { ...BEAT, load: -1.5, metadata, intervalMs: 86_400_000, sequence: 407_226 };
    expect(parseMessage(most)).toEqual(most);
    expect(parseMessage({ ...most, intervalMs: 1, sequence: 2 ** 45 })).toBeDefined();
    expect(parseMessage({ ...most, sequence: 407_227 })).toBeUndefined();
  });
});

const detectors = {
  FixedTimeout: (intervalMs: number) => new FixedTimeout({ timeoutMs: 5 * intervalMs }),
  MissedChecks: (intervalMs: number) => new MissedChecks({ intervalMs }),
  ChenNfdE: (intervalMs: number) => new ChenNfdE({ intervalMs }),
  Bertier: (intervalMs: number) => new Bertier({ intervalMs }),
  TwoWindow: (intervalMs: number) => new TwoWindow({ intervalMs }),
  LogisticPhi: (intervalMs: number) => new LogisticPhi({ intervalMs }),
  NormalPhi: (intervalMs: number) => new NormalPhi({ intervalMs }),
  ExponentialPhi: (intervalMs: number) => new ExponentialPhi({ intervalMs }),
};

describe.each(Object.keys(detectors) as (keyof typeof detectors)[])(
  'with %s, a peer that says a wrong number',
  (name) => {
    const watching = (): MachineRun => {
      const run = new MachineRun({ detector: (_peer, intervalMs) => detectors[name](intervalMs) });
      run.watch('b');
      return run;
    };

    it('is believed as before, and not that number', () => {
      const run = watching();
      run.runWith(['b'], 30_000);
      for (const sequence of [2 ** 35, 200, 2 ** 30]) run.beat('b', { sequence });
      for (let sequence = 30; sequence < 60; sequence++) {
        run.run(1000);
        run.beat('b', { sequence });
      }
      expect(run.said()).toEqual(['trusted b']);
      expect(run.machine.counters()).toMatchObject({ early: 3, received: 60 });
      run.run(60_000);
      expect(run.said()).toEqual(['suspected b']);
    });

    it('is suspected when it falls silent all the same, and believed again soon, if it said it first', () => {
      const run = watching();
      run.beat('b', { sequence: 2 ** 35 });
      for (let sequence = 0; sequence < 60; sequence++) {
        run.run(1000);
        run.beat('b', { sequence });
      }
      expect(run.said()).toEqual(['trusted b', 'suspected b', 'trusted b']);
      expect(run.peer('b').lastSequence).toBe(59);
      run.run(60_000);
      expect(run.said()).toEqual(['suspected b']);
    });

    it('loses a minute at most by a number that could be', () => {
      const run = watching();
      run.runWith(['b'], 30_000);
      run.beat('b', { sequence: 85 });
      for (let sequence = 30; sequence < 120; sequence++) {
        run.run(1000);
        run.beat('b', { sequence });
        if (sequence === 89) expect(run.peer('b').condition).toBe('trusted');
      }
      expect(run.peer('b').lastSequence).toBe(119);
      run.run(120_000);
      expect(run.said().at(-1)).toBe('suspected b');
    });

    it('is suspected when it says the largest number of all, and falls silent', () => {
      const run = watching();
      run.runWith(['b'], 30_000);
      run.run(60_000);
      run.beat('b', { sequence: Math.floor(2 ** 45 / 1000) });
      expect(run.said()).toEqual(['trusted b', 'suspected b', 'trusted b']);
      run.run(60_000);
      expect(run.said()).toEqual(['suspected b']);
    });
  },
);

describe('a hostile peer', () => {
  it('that floods with runs is remembered by its last ones only', () => {
    const run = new MachineRun();
    run.watch('b');
    for (let number = 0; number < 10_000; number++) run.beat('b', { run: runOf(2, number), sequence: 0 });
    for (let number = 0; number < 1000; number++) run.beat('b', { run: `no gpid ${number}`, sequence: 0 });
    expect(run.said().filter((what) => what === 'restarted b')).toHaveLength(9999);
    expect(run.machine.counters().badRuns).toBe(1000);
    expect(JSON.stringify(run.machine.state()).length).toBeLessThan(2000);
  });

  it('that claims to beat once a day has not a week to be silent in', () => {
    const run = new MachineRun();
    run.watch('b', 'c');
    run.beat('b', { intervalMs: 86_400_000 });
    run.beat('c', { intervalMs: 10_000 });
    run.run(49_900);
    expect(run.said()).toEqual(['trusted b', 'trusted c']);
    run.run(200);
    expect(run.said()).toEqual(['suspected b', 'suspected c']);
  });

  it('that claims to have started at the end of time is a restart, and then ordinary ones are believed soon', () => {
    const run = new MachineRun();
    run.watch('b');
    run.beat('b');
    run.beat('b', { run: `10.0.0.2:4100:${Number.MAX_SAFE_INTEGER}:1`, sequence: 0 });
    run.beat('b', { run: runOf(2, 3) });
    expect(run.said()).toEqual(['trusted b', 'restarted b']);
    run.run(6000);
    run.beat('b', { run: runOf(2, 3) });
    expect(run.said()).toEqual(['suspected b', 'restarted b']);
  });

  it('whose own clock goes back and forth is known by numbers only', () => {
    const run = new MachineRun();
    run.watch('b');
    for (const sentAt of [1e6, 5, -1e300, 1e300, 0, 7]) {
      run.run(1000);
      run.beat('b', { sentAt });
    }
    expect(run.said()).toEqual(['trusted b']);
    expect(run.peer('b')).toMatchObject({ lastSentAt: 7, lost: 0 });
  });

  it('has no part in what is known of others', () => {
    const actions = fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), nearMessage), { maxLength: 50 });
    const check = (hostile: readonly (readonly [number, unknown])[]): void => {
      const run = new MachineRun({ watchAll: true });
      run.watch('b');
      for (const [waitMs, value] of hostile) {
        run.run(waitMs);
        const message = parseMessage(value);
        if (message !== undefined) run.step({ type: 'message', from: 'x', message });
        run.run(1000 - waitMs);
        run.beat('b');
      }
      run.run(6000);
      const ofB = run.said().filter((what) => what.endsWith(' b'));
      expect(ofB).toEqual(hostile.length === 0 ? [] : ['trusted b', 'suspected b']);
    };
    fc.assert(fc.property(actions, check), { numRuns: 100 });
  });
});
