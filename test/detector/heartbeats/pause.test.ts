import { describe, expect, it } from 'vitest';
import { ChenNfdE, LogisticPhi, type FailureDetector } from '../../../src/detector/index.js';
import { runOf } from './any-message.js';
import { MachineRun } from './machine-run.js';

const PEERS = ['b', 'c', 'd'];

/** Three peers are heard for 20 s; then this process stands still, for whatever reason, and wakes up with all that came. */
function paused(
  ms: number,
  alive: readonly string[],
  detector?: (peer: string, ms: number) => FailureDetector,
): MachineRun {
  const run = new MachineRun(detector === undefined ? {} : { detector });
  run.watch(...PEERS);
  run.runWith(PEERS, 20_000);
  run.heard();
  run.freeze(ms);
  const buffered = Array.from({ length: ms / 1000 }, () => alive.map((peer) => run.arrival(peer))).flat();
  run.step({ type: 'wake' }, ...buffered);
  return run;
}

const detectors: Readonly<Record<string, ((peer: string, ms: number) => FailureDetector) | undefined>> = {
  'the default': undefined,
  phi: (_peer, intervalMs) => new LogisticPhi({ intervalMs, acceptablePauseMs: 0 }),
  "Chen's": (_peer, intervalMs) => new ChenNfdE({ intervalMs }),
};

describe.each(Object.keys(detectors))('a monitor that stood still, with %s detector', (name) => {
  const detector = detectors[name];

  it('says so, convicts nobody who lives, and convicts the dead as if they had beaten once more', () => {
    const run = paused(60_000, ['b', 'c'], detector);
    const [[resumedAt, said], ...others] = run.heard() as unknown as [[number, { ms: number }]];
    expect([resumedAt, said, others]).toEqual([80_000, { type: 'paused', ms: expect.any(Number) }, []]);
    expect(said.ms).toBeGreaterThanOrEqual(59_000); // it would have woken within a second
    expect(said.ms).toBeLessThan(60_000);
    run.runWith(['b', 'c'], 20_000);
    const [[at, output], ...more] = run.heard() as [[number, unknown]];
    expect([output, more]).toEqual([{ type: 'suspected', peer: 'd', run: runOf(2, 1), reason: 'silence' }, []]);
    expect(at).toBeGreaterThan(80_000 + 1000);
    expect(at).toBeLessThan(80_000 + 6000);
    run.runWith(['b', 'c'], 60_000);
    expect(run.heard()).toEqual([]);
    expect(run.peer('b')).toMatchObject({ condition: 'trusted', heartbeats: 160, lost: 0 });
  });

  it('convicts nobody when what came meanwhile was lost', () => {
    const run = paused(60_000, [], detector);
    for (const peer of PEERS) run.beat(peer, { sequence: 79 });
    run.runWith(PEERS, 60_000);
    expect(run.said()).toEqual(['paused']);
    expect(run.machine.counters()).toMatchObject({ pauses: 1, early: 0, stale: 0 });
  });

  it('learns nothing from the burst of heartbeats that had waited', () => {
    const deadlineAfter = (run: MachineRun): number => {
      run.runWith(['c'], 10_000);
      run.heard();
      run.run(30_000);
      return run.heard().find(([, output]) => 'peer' in output && output.peer === 'c')![0] - run.now;
    };
    const steady = new MachineRun(detector === undefined ? {} : { detector });
    steady.watch(...PEERS);
    steady.runWith(['c'], 20_000);
    steady.heard();
    const learned = deadlineAfter(steady);
    expect(Math.abs(deadlineAfter(paused(60_000, ['c'], detector)) - learned)).toBeLessThanOrEqual(17);
  });
});

describe('a monitor that stood still', () => {
  it('is told by its first input, whatever that is', () => {
    for (const input of ['wake', 'peer', 'message'] as const) {
      const run = new MachineRun();
      run.watch('b');
      run.beat('b');
      run.heard();
      run.freeze(60_000);
      if (input === 'message') run.beat('b');
      else run.step(input === 'wake' ? { type: 'wake' } : { type: 'peer', id: 'b', up: false });
      expect(run.heard()).toEqual([[60_000, { type: 'paused', ms: 59_000 }]]);
    }
  });

  it('takes a connection that was lost meanwhile for no evidence, and one that is lost later for one', () => {
    const run = paused(60_000, []);
    run.step({ type: 'peer', id: 'b', up: false });
    run.run(999);
    run.step({ type: 'peer', id: 'c', up: false });
    expect(run.said()).toEqual(['paused']);
    run.run(1);
    run.step({ type: 'peer', id: 'c', up: false });
    expect(run.said()).toEqual(['suspected c']);
    run.run(5000);
    expect(run.said()).toEqual(['suspected b', 'suspected d']);
  });

  it('knows restarts, stops and returns among what had waited', () => {
    const run = new MachineRun();
    run.watch(...PEERS);
    run.runWith(['b', 'c'], 5000);
    run.run(6000);
    run.heard();
    run.freeze(60_000);
    run.step(
      { type: 'wake' },
      run.arrival('b', { run: runOf(2, 2), sequence: 0 }),
      run.arrival('b', { run: runOf(2, 2), sequence: 50 }),
      { type: 'message', from: 'c', message: { type: 'stopping', run: runOf(2, 1) } },
      run.arrival('d'),
    );
    expect(run.said()).toEqual(['paused', 'restarted b', 'stopped c', 'trusted d']);
    // What it said of the time at which its first heartbeat was sent must not be believed.
    run.run(1500);
    run.beat('b', { run: runOf(2, 2), sequence: 500 });
    run.run(1000);
    run.beat('b', { run: runOf(2, 2), sequence: 501 });
    expect(run.machine.counters().early).toBe(0);
    expect(run.peer('b').lastSequence).toBe(501);
  });

  it('gives those who have not beaten yet all their time again', () => {
    const run = new MachineRun();
    run.watch('b');
    run.run(5000);
    run.freeze(60_000);
    run.run(9900);
    expect(run.said()).toEqual(['paused']);
    run.run(200);
    expect(run.said()).toEqual(['suspected b']);
  });

  it('is one that wakes up later than it should by more than it may', () => {
    for (const [lateMs, outputs] of [
      [50, []],
      [51, ['paused']],
    ] as const) {
      const run = new MachineRun({ pauseToleranceMs: 50 });
      run.watch('b');
      run.run(1500);
      run.freeze(500 + lateMs);
      run.step({ type: 'wake' });
      expect(run.said()).toEqual(outputs);
    }
  });

  it('is nobody who had nothing to do', () => {
    const run = new MachineRun();
    run.freeze(60_000);
    run.watch('b');
    run.command({ type: 'unwatch', peer: 'b' });
    run.freeze(60_000);
    run.watch('b');
    expect(run.machine.wakeAt).toBe(121_000);
    expect(run.said()).toEqual([]);
  });
});
