import { expect, it } from 'vitest';
import { SimulatedDisk } from '../../../src/testing/index.js';

type Disk = SimulatedDisk<number, string>;

function disk(...records: readonly number[]): Disk {
  const fresh: Disk = new SimulatedDisk(() => {});
  fresh.append(records, () => {});
  fresh.completeNext();
  return fresh;
}

function replace(on: Disk, checkpoint: string, keepFrom: number, ...carry: readonly number[]): void {
  on.replace({ checkpoint, keep: (record) => record >= keepFrom, carry }, () => {});
  on.completeNext();
}

it('says that an append is done when it is durable, and not before', () => {
  const on: Disk = new SimulatedDisk(() => {});
  let done = 0;
  on.append([1, 2], () => done++);
  expect([done, on.records, on.pending(), on.idle]).toEqual([0, [], [1, 2], false]);
  on.completeNext();
  expect([done, on.records, on.pending(), on.idle]).toEqual([1, [1, 2], [], true]);
});

it('replaces by a checkpoint the records that it does not keep', () => {
  const on = disk(1, 2, 3, 4);
  replace(on, 'up to 2', 3, 100);
  expect([on.checkpoint, on.records]).toEqual(['up to 2', [100, 3, 4]]);
});

it('appends after a checkpoint what was asked for after it', () => {
  const on = disk(1, 2);
  on.replace({ checkpoint: 'up to 1', keep: (record) => record > 1, carry: [] }, () => {});
  on.append([3], () => {});
  on.completeNext();
  on.completeNext();
  expect([on.checkpoint, on.records]).toEqual(['up to 1', [2, 3]]);
});

it('has the checkpoint and all that is older, or neither, after a crash', () => {
  const seen = new Set<string>();
  for (let draw = 0; draw < 1; draw += 0.05) {
    const on = disk(1, 2);
    on.replace({ checkpoint: 'up to 1', keep: (record) => record > 1, carry: [] }, () => {});
    on.crash(() => draw);
    seen.add(JSON.stringify([on.checkpoint, on.records]));
  }
  expect([...seen].sort()).toEqual(['["up to 1",[2]]', '[null,[1,2]]']);
});

it('tells what reached it in a crash', () => {
  const on = disk();
  on.append([1, 2, 3, 4], () => {});
  expect(on.crash(() => 0.9)).toEqual({ operations: 1, records: 0 });
  on.append([5, 6], () => {});
  const draws = [0.1, 0.5];
  expect(on.crash(() => draws.shift()!)).toEqual({ operations: 0, records: 1 });
  expect(on.records).toEqual([1, 2, 3, 4, 5]);
});

it('cannot read a record whose bits have flipped, and can read the others', () => {
  const on = disk(1, 2, 3);
  on.flipBits(0.5);
  expect([on.readable([1]), on.readable([1, 2]), on.readable([3])]).toEqual([true, false, true]);
  expect(on.checkpointReadable).toBe(true);
});

it('has nothing to hit when there is only the last record', () => {
  const on = disk(1);
  on.flipBits(0);
  expect(on.open()).toBe(true);
});

it('refuses to open with a checkpoint whose bits have flipped, until another one takes its place', () => {
  const on = disk(1, 2);
  replace(on, 'up to 1', 2);
  on.flipBits(0);
  expect([on.checkpointReadable, on.open()]).toEqual([false, false]);
  replace(on, 'up to 2', 3);
  expect([on.checkpointReadable, on.open()]).toEqual([true, true]);
});

it('opens again when the bad record was dropped behind a checkpoint', () => {
  const on = disk(1, 2, 3);
  on.flipBits(0);
  expect(on.open()).toBe(false);
  replace(on, 'up to 1', 2);
  expect([on.open(), on.records]).toEqual([true, [2, 3]]);
});

it('still refuses when the bad record was kept behind a checkpoint, though it is the last one now', () => {
  const on = disk(7, 8, 1);
  on.flipBits(0.5);
  replace(on, 'checkpoint', 8, 100);
  expect([on.records, on.open()]).toEqual([[100, 8], false]);
});
