import { describe, expect, it } from 'vitest';
import { Serial } from '../../src/host/index.js';

/** A promise and how to settle it. */
function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

/** Lets promises settle. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function serial(): { jobs: Serial; done: string[]; failures: unknown[]; note: (text: string) => () => void } {
  const [done, failures]: [string[], unknown[]] = [[], []];
  const note = (text: string) => () => void done.push(text);
  return { jobs: new Serial((error) => failures.push(error)), done, failures, note };
}

describe('Serial', () => {
  it('runs synchronous jobs at once, without a turn of the event loop', () => {
    const { jobs, done, note } = serial();
    jobs.run(note('1'));
    jobs.run(note('2'));
    expect(done).toEqual(['1', '2']);
  });

  it('runs a job that a job adds after it, and without recursion', () => {
    const { jobs, done, note } = serial();
    jobs.run(() => {
      jobs.run(note('second'));
      done.push('first');
    });
    expect(done).toEqual(['first', 'second']);
    let left = 100_000;
    const again = (): void => {
      if (left-- > 0) jobs.run(again);
    };
    jobs.run(again);
    expect(left).toBe(-1);
  });

  it('waits for a promised job before the next', async () => {
    const { jobs, done, note } = serial();
    const { promise, resolve } = deferred();
    jobs.run(() => promise);
    jobs.run(note('2'));
    jobs.run(note('3'));
    await rest();
    expect(done).toEqual([]);
    resolve();
    await rest();
    expect(done).toEqual(['2', '3']);
  });

  it('is synchronous again after a promised job', async () => {
    const { jobs, done, note } = serial();
    jobs.run(() => Promise.resolve());
    await rest();
    jobs.run(note('now'));
    expect(done).toEqual(['now']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('tells once of a job that %s, and runs no further one', async (_, job) => {
    const { jobs, done, failures, note } = serial();
    jobs.run(job);
    jobs.run(note('late'));
    jobs.run(job);
    await rest();
    jobs.run(note('later'));
    await rest();
    expect(done).toEqual([]);
    expect(failures).toEqual([new Error('broken')]);
  });

  it('tells of a job that throws after a promised one', async () => {
    const { jobs, failures } = serial();
    jobs.run(() => Promise.resolve());
    jobs.run(() => {
      throw new Error('broken');
    });
    await rest();
    expect(failures).toEqual([new Error('broken')]);
  });

  it('drops what has not begun when it is closed, and what comes later', async () => {
    const { jobs, done, failures, note } = serial();
    const { promise, resolve } = deferred();
    jobs.run(() => promise);
    jobs.run(note('2'));
    jobs.close();
    jobs.run(note('3'));
    resolve();
    await rest();
    expect(done).toEqual([]);
    expect(failures).toEqual([]);
  });

  it('keeps quiet about a job that fails after it was closed', async () => {
    const { jobs, failures } = serial();
    const { promise, reject } = deferred();
    jobs.run(() => promise);
    jobs.close();
    reject(new Error('late'));
    await rest();
    expect(failures).toEqual([]);
  });
});
