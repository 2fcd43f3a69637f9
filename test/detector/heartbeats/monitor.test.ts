import { describe, expect, it } from 'vitest';
import { ChenNfdE, LogisticPhi } from '../../../src/detector/index.js';
import { runOf } from './any-message.js';
import { MachineRun } from './machine-run.js';

const RUN = runOf(2, 1);
/** A tick of the queue of deadlines at an interval of a second. */
const TICK_MS = 16;

describe('a monitor', () => {
  it('trusts a peer from its first heartbeat on, and suspects it five intervals after the last', () => {
    const run = new MachineRun();
    run.watch('b');
    expect(run.peer('b')).toMatchObject({ condition: 'awaited', run: null, suspicion: 0, threshold: null });
    run.run(300);
    run.beat('b');
    expect(run.heard()).toEqual([[300, { type: 'trusted', peer: 'b', run: RUN }]]);
    run.runWith(['b'], 60_000);
    expect(run.heard()).toEqual([]);
    run.run(10_000);
    const [[at, output]] = run.heard() as [[number, unknown]];
    expect(output).toEqual({ type: 'suspected', peer: 'b', run: RUN, reason: 'silence' });
    expect(at).toBeGreaterThanOrEqual(65_300);
    expect(at).toBeLessThan(65_300 + TICK_MS);
    expect(run.peer('b')).toMatchObject({ condition: 'suspected', reason: 'silence', run: RUN });
  });

  it('trusts it again at the next heartbeat, and tells it once', () => {
    const run = new MachineRun();
    run.watch('b');
    run.beat('b');
    run.run(20_000);
    expect(run.said()).toEqual(['trusted b', 'suspected b']);
    run.beat('b', { sequence: 20 });
    run.beat('b', { sequence: 21 });
    expect(run.heard()).toEqual([[20_000, { type: 'trusted', peer: 'b', run: RUN }]]);
    run.run(4900);
    expect(run.heard()).toEqual([]);
    run.run(200);
    expect(run.said()).toEqual(['suspected b']);
  });

  it('suspects a peer from which nothing ever came, whatever the detector would say', () => {
    const run = new MachineRun({ firstHeartbeatMs: 4000, detector: () => new LogisticPhi() });
    run.watch('b');
    run.run(3999);
    expect(run.heard()).toEqual([]);
    run.run(1 + TICK_MS);
    const [[at, output]] = run.heard() as [[number, unknown]];
    expect(output).toEqual({ type: 'suspected', peer: 'b', run: null, reason: 'silence' });
    expect(at).toBeLessThan(4000 + TICK_MS);
  });

  it('waits for a first heartbeat for ten seconds, or ten intervals when that is more', () => {
    for (const [intervalMs, firstMs] of [
      [100, 10_000],
      [5000, 50_000],
    ] as const) {
      const run = new MachineRun({ intervalMs });
      run.watch('b');
      run.run(firstMs - 1);
      expect(run.heard()).toEqual([]);
      run.run(intervalMs);
      expect(run.said()).toEqual(['suspected b']);
    }
  });

  it('makes the detector when the first heartbeat of a run says how often it beats', () => {
    const made: unknown[] = [];
    const detector = (peer: string, intervalMs: number): ChenNfdE => {
      made.push([peer, intervalMs]);
      return new ChenNfdE({ intervalMs });
    };
    const run = new MachineRun({ detector });
    run.watch('b', 'c');
    expect(made).toEqual([]);
    run.beat('b', { intervalMs: 250 });
    run.beat('b', { intervalMs: 500 });
    run.beat('b', { intervalMs: 250, run: runOf(2, 2) });
    expect(made).toEqual([
      ['b', 250],
      ['b', 250],
    ]);
    expect(run.peer('b')).toMatchObject({ intervalMs: 250, threshold: 1 });
  });

  it('decides when all that has arrived is taken in', () => {
    const run = new MachineRun();
    run.watch('b', 'c');
    run.step(run.arrival('b'), run.arrival('c'));
    run.run(4500);
    run.freeze(600); // both are late by now, and this process was, a little
    run.step({ type: 'wake' }, run.arrival('b', { sequence: 4 }));
    expect(run.said()).toEqual(['trusted b', 'trusted c', 'suspected c']);
  });

  it('tells of several that are late in the order of their deadlines, then of their ids', () => {
    const run = new MachineRun({ pauseToleranceMs: 10_000 });
    run.watch('d', 'b', 'a', 'c');
    run.step(run.arrival('a'));
    run.run(1);
    run.step(run.arrival('d'), run.arrival('c'), run.arrival('b'));
    run.run(4000);
    run.heard();
    run.freeze(4000);
    run.step({ type: 'wake' });
    expect(run.said()).toEqual(['suspected a', 'suspected b', 'suspected c', 'suspected d']);
  });

  it('does not trust a suspected peer for a heartbeat whose successor is late already', () => {
    const run = new MachineRun({ detector: (_peer, intervalMs) => new ChenNfdE({ intervalMs, marginMs: 500 }) });
    run.watch('b');
    run.runWith(['b'], 20_000);
    run.run(3000);
    expect(run.said()).toEqual(['trusted b', 'suspected b']);
    run.beat('b', { sequence: 20 }); // sent two seconds ago
    expect(run.heard()).toEqual([]);
    expect(run.peer('b')).toMatchObject({ condition: 'suspected', lastSequence: 20 });
    run.beat('b', { sequence: 23 });
    expect(run.said()).toEqual(['trusted b']);
  });

  it('suspects at once when the connection is lost, and clears that at the next heartbeat', () => {
    const run = new MachineRun();
    run.watch('b', 'c');
    run.step({ type: 'peer', id: 'c', up: false }); // nothing came of it yet
    run.beat('b');
    run.heard();
    run.step({ type: 'peer', id: 'b', up: false }, { type: 'peer', id: 'x', up: false });
    run.step({ type: 'peer', id: 'b', up: false });
    expect(run.heard()).toEqual([[0, { type: 'suspected', peer: 'b', run: RUN, reason: 'disconnected' }]]);
    run.step({ type: 'peer', id: 'b', up: true });
    expect(run.heard()).toEqual([]);
    run.beat('b');
    expect(run.said()).toEqual(['trusted b']);
  });

  it('takes no notice of connections when told so', () => {
    const run = new MachineRun({ suspectOnDisconnect: false });
    run.watch('b');
    run.beat('b');
    run.step({ type: 'peer', id: 'b', up: false });
    expect(run.said()).toEqual(['trusted b']);
  });

  it('never suspects who said that it stops, and takes no heartbeat that was overtaken by that', () => {
    const run = new MachineRun();
    run.watch('b');
    run.beat('b');
    run.step({ type: 'message', from: 'b', message: { type: 'stopping', run: RUN } });
    expect(run.heard().at(-1)).toEqual([0, { type: 'stopped', peer: 'b', run: RUN }]);
    run.beat('b');
    run.step({ type: 'message', from: 'b', message: { type: 'stopping', run: RUN } });
    run.step({ type: 'peer', id: 'b', up: false });
    run.run(100_000);
    expect(run.heard()).toEqual([]);
    expect(run.machine.counters().stale).toBe(2);
    expect(run.peer('b')).toMatchObject({ condition: 'stopped', reason: null, suspicion: 0, threshold: null });
    run.beat('b', { run: runOf(2, 2) });
    expect(run.said()).toEqual(['restarted b']);
  });

  it('knows who said that it stops before it said anything else', () => {
    const run = new MachineRun();
    run.watch('b');
    run.step({ type: 'message', from: 'b', message: { type: 'stopping', run: RUN } });
    run.beat('b', { sequence: 2 ** 40 });
    run.run(100_000);
    expect(run.said()).toEqual(['stopped b']);
    expect(run.peer('b')).toMatchObject({ condition: 'stopped', lastSequence: null, silentMs: Infinity });
  });

  it('forgets who is watched no more, and ignores and counts whom nobody watches', () => {
    const run = new MachineRun();
    run.watch('b', 'b');
    run.beat('b');
    run.command({ type: 'unwatch', peer: 'b' }, { type: 'unwatch', peer: 'x' });
    expect(run.machine.peer('b', run.now)).toBeUndefined();
    run.beat('b');
    run.step({ type: 'message', from: 'c', message: { type: 'stopping', run: RUN } });
    run.run(100_000);
    expect(run.said()).toEqual(['trusted b']);
    expect(run.machine.counters()).toMatchObject({ unwatched: 2, received: 1 });
    run.watch('c', 'b');
    run.beat('b');
    run.run(5100);
    expect(run.said()).toEqual(['trusted b', 'suspected b']);
  });

  it('watches whoever beats when told so, up to the limit', () => {
    const run = new MachineRun({ watchAll: true, maxPeers: 3 });
    run.step({ type: 'message', from: 'x', message: { type: 'stopping', run: RUN } });
    run.beat('x', { run: 'no gpid' });
    for (const id of ['b', 'c', 'd', 'e']) run.beat(id);
    expect(run.said()).toEqual(['trusted b', 'trusted c', 'trusted d']);
    expect(run.machine.counters()).toMatchObject({ unwatched: 1, badRuns: 1, refused: 1, received: 3 });
    run.command({ type: 'unwatch', peer: 'c' });
    run.beat('e');
    expect(run.said()).toEqual(['trusted e']);
  });

  it('refuses to watch more than the limit, and says so', () => {
    const run = new MachineRun({ maxPeers: 2 });
    run.watch('b', 'c', 'd', 'c');
    expect(run.heard()).toEqual([[0, { type: 'refused', peer: 'd', limit: 2 }]]);
    expect(run.machine.peers(0).map(({ id }) => id)).toEqual(['b', 'c']);
    expect(run.machine.counters().refused).toBe(1);
  });

  it('tells what it knows of a peer', () => {
    const run = new MachineRun();
    run.watch('b');
    run.run(1000);
    run.beat('b', { sequence: 7, sentAt: 12.5, load: 0.25, metadata: { zone: 'x' } });
    run.run(1000);
    run.beat('b', { sequence: 8, sentAt: 1012.5, load: 0.5 });
    run.run(3000);
    run.beat('b', { sequence: 11, sentAt: 4012.5, load: 0, metadata: { zone: 'y', version: '2' } });
    run.beat('b', { sequence: 10, sentAt: 3012.5, load: 1 });
    run.run(2500);
    expect(run.peer('b')).toEqual({
      id: 'b',
      condition: 'trusted',
      reason: null,
      run: RUN,
      suspicion: 0.5,
      threshold: 1,
      load: 0,
      metadata: { zone: 'y', version: '2' },
      intervalMs: 1000,
      heartbeats: 3,
      lost: 2,
      lastSequence: 11,
      lastSentAt: 4012.5,
      silentMs: 2500,
    });
    expect(run.machine.counters()).toMatchObject({ received: 3, stale: 1 });
  });
});
