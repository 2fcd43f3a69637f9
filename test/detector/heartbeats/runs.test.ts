import { describe, expect, it } from 'vitest';
import { runOf } from './any-message.js';
import { MachineRun } from './machine-run.js';

const [first, second, third] = [runOf(2, 1), runOf(2, 2), runOf(2, 3)];

function trusting(run = second): MachineRun {
  const machine = new MachineRun();
  machine.watch('b');
  machine.runWith(['b'], 10_000, { run });
  expect(machine.said()).toEqual(['trusted b']);
  return machine;
}

describe('a peer that was started anew', () => {
  it('is reported as restarted, and not as back', () => {
    const run = trusting();
    run.beat('b', { run: third, sequence: 0 });
    expect(run.heard()).toEqual([[10_000, { type: 'restarted', peer: 'b', run: third, previous: second }]]);
    expect(run.peer('b')).toMatchObject({ condition: 'trusted', run: third, heartbeats: 1, lastSequence: 0, lost: 0 });
  });

  it('is reported as restarted when it was suspected meanwhile, also by its connection', () => {
    const run = trusting();
    run.step({ type: 'peer', id: 'b', up: false });
    run.beat('b', { run: third });
    run.run(10_000);
    run.beat('b', { run: runOf(2, 4) });
    expect(run.said()).toEqual(['suspected b', 'restarted b', 'suspected b', 'restarted b']);
  });

  it('is reported as restarted at another address', () => {
    const run = trusting();
    run.beat('b', { run: runOf(9, 5) });
    expect(run.said()).toEqual(['restarted b']);
  });

  it('may say that it stops before it beats', () => {
    const run = trusting();
    run.step({ type: 'message', from: 'b', message: { type: 'stopping', run: third } });
    expect(run.said()).toEqual(['restarted b', 'stopped b']);
    expect(run.peer('b')).toMatchObject({ condition: 'stopped', run: third, heartbeats: 0 });
    run.run(100_000);
    expect(run.said()).toEqual([]);
  });

  it('has a detector of its own, which knows nothing of the run before', () => {
    const run = trusting();
    run.beat('b', { run: third, intervalMs: 100 });
    run.run(600);
    expect(run.said()).toEqual(['restarted b', 'suspected b']);
  });
});

describe('a late message of a former run', () => {
  it('changes nothing while its successor is trusted, suspected or stopped', () => {
    const run = trusting(first);
    run.beat('b', { run: second });
    expect(run.said()).toEqual(['restarted b']);
    const late = (): void => {
      run.beat('b', { run: first });
      run.step({ type: 'message', from: 'b', message: { type: 'stopping', run: first } });
    };
    late();
    run.run(10_000);
    expect(run.said()).toEqual(['suspected b']);
    late();
    run.beat('b', { run: second });
    run.step({ type: 'message', from: 'b', message: { type: 'stopping', run: second } });
    expect(run.said()).toEqual(['trusted b', 'stopped b']);
    late();
    expect(run.said()).toEqual([]);
    expect(run.peer('b').run).toBe(second);
    expect(run.machine.counters().retired).toBe(6);
  });

  it('changes nothing for the last four former runs', () => {
    const run = new MachineRun();
    run.watch('b');
    for (let number = 1; number <= 6; number++) run.beat('b', { run: runOf(2, number) });
    run.run(10_000);
    expect(run.said().at(-1)).toBe('suspected b');
    for (let number = 2; number <= 5; number++) run.beat('b', { run: runOf(2, number) });
    expect(run.said()).toEqual([]);
    expect(run.machine.counters().retired).toBe(4);
    expect(run.machine.state().peers[0]!.retired).toHaveLength(4);
  });

  it('changes nothing when its successor was the first run to be heard', () => {
    const run = trusting(second);
    run.beat('b', { run: first });
    run.step({ type: 'message', from: 'b', message: { type: 'stopping', run: first } });
    expect(run.said()).toEqual([]);
    expect(run.machine.counters().older).toBe(2);
  });
});

describe('a run that began earlier, by its own clock', () => {
  it('takes over when the one before is suspected: the clock was set back', () => {
    const run = trusting(second);
    run.runWith([], 4000);
    run.beat('b', { run: first });
    expect(run.said()).toEqual([]);
    run.run(2000);
    run.beat('b', { run: first });
    expect(run.heard().slice(1)).toEqual([[16_000, { type: 'restarted', peer: 'b', run: first, previous: second }]]);
    run.beat('b', { run: second }); // late
    expect(run.said()).toEqual([]);
    expect(run.machine.counters()).toMatchObject({ older: 1, retired: 1 });
  });

  it('takes over when the one before said that it stops', () => {
    const run = trusting(second);
    run.step({ type: 'message', from: 'b', message: { type: 'stopping', run: second } });
    run.beat('b', { run: first });
    expect(run.said()).toEqual(['stopped b', 'restarted b']);
  });

  it('may have begun at the very same time', () => {
    const run = trusting(second);
    const twin = `${second}-7`;
    run.beat('b', { run: twin });
    expect(run.said()).toEqual([]);
    run.step({ type: 'peer', id: 'b', up: false });
    run.beat('b', { run: twin });
    expect(run.said()).toEqual(['suspected b', 'restarted b']);
  });
});

describe('a run that was taken for dead', () => {
  it('is taken back when it beats on long after, and its successor does not', () => {
    const run = trusting(second);
    run.beat('b', { run: runOf(2, 9), sequence: 0 }); // one heartbeat, by mistake
    for (let beats = 0; beats < 120; beats++) run.runWith(['b'], 1000, { run: second });
    expect(run.said()).toEqual(['restarted b', 'suspected b', 'restarted b']);
    expect(run.peer('b')).toMatchObject({ condition: 'trusted', run: second });
    expect(run.machine.counters().retired).toBeGreaterThan(55);
    expect(run.machine.counters().retired).toBeLessThan(75);
  });

  it('is taken back soon when a late heartbeat of an older one was taken for its successor', () => {
    const run = trusting(second);
    run.step({ type: 'peer', id: 'b', up: false });
    run.beat('b', { run: first });
    run.runWith(['b'], 6000, { run: second });
    expect(run.said()).toEqual(['suspected b', 'restarted b', 'suspected b', 'restarted b']);
    expect(run.peer('b')).toMatchObject({ condition: 'trusted', run: second });
  });

  it('is not when a later one had taken its place, and then an older one', () => {
    const run = trusting(second);
    run.beat('b', { run: third });
    run.step({ type: 'peer', id: 'b', up: false });
    run.beat('b', { run: first });
    run.step({ type: 'peer', id: 'b', up: false });
    run.beat('b', { run: second });
    expect(run.said()).toEqual(['restarted b', 'suspected b', 'restarted b', 'suspected b']);
    run.beat('b', { run: third });
    expect(run.said()).toEqual(['restarted b']);
  });

  it('is not while its successor beats', () => {
    const run = trusting(second);
    for (let beats = 0; beats < 120; beats++) {
      run.run(1000);
      run.beat('b', { run: second });
      run.beat('b', { run: third });
    }
    expect(run.said()).toEqual(['restarted b']);
  });

  it('is taken back after it said that it stops, when it beats on long after', () => {
    const run = trusting(second);
    run.step({ type: 'message', from: 'b', message: { type: 'stopping', run: second } });
    run.runWith(['b'], 120_000, { run: second });
    expect(run.said()).toEqual(['stopped b', 'trusted b']);
  });
});
