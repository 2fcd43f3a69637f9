import { describe, expect, it } from 'vitest';
import { ClosedError, InvalidOptionError, OverloadedError, TimeoutError } from 'quorate/core';
import { RequestScheduler, type RequestSchedulerOptions } from 'quorate/balancer/layers';
import { VirtualClock } from 'quorate/testing';

/** Requests of `serviceMs` each; notes which were served and which refused. */
class Load {
  readonly clock = new VirtualClock();
  readonly scheduler: RequestScheduler;
  readonly served: string[] = [];
  readonly refused: { name: string; error: unknown; at: number }[] = [];

  constructor(options: Partial<RequestSchedulerOptions> = {}) {
    this.scheduler = new RequestScheduler({ maxConcurrent: 1, clock: this.clock, ...options });
  }

  request(name: string, priority: number, serviceMs: number, timeoutMs = 60_000): void {
    const service = (): Promise<void> => {
      this.served.push(name);
      return new Promise((resolve) => void this.clock.after(serviceMs, resolve));
    };
    this.scheduler
      .run(service, { priority, timeoutMs })
      .catch((error: unknown) => this.refused.push({ name, error, at: this.clock.now() }));
  }
}

describe('RequestScheduler', () => {
  it('lets no more be under way than it may, and serves the most important first, then the first', async () => {
    const load = new Load({ maxConcurrent: 2 });
    for (const [name, priority] of [
      ['a', 5],
      ['b', 5],
      ['c', 5],
      ['d', 0],
      ['e', 5],
      ['f', 0],
    ] as const)
      load.request(name, priority, 10);
    await load.clock.run(5);
    expect([load.scheduler.underWay, load.scheduler.queued]).toEqual([2, 4]);
    await load.clock.run(1000);
    expect(load.served.join('')).toBe('abdfce');
    expect(load.scheduler.underWay).toBe(0);
  });

  it('gives back its place when a request throws, at once too', async () => {
    const { scheduler } = new Load();
    await expect(scheduler.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(
      scheduler.run(() => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    expect(scheduler.underWay).toBe(0);
  });

  it('refuses the least important when the queue is full', async () => {
    const load = new Load({ maxQueued: 2 });
    for (const [name, priority] of [
      ['a', 0],
      ['b', 7],
      ['c', 3],
      ['d', 3],
      ['e', 0],
    ] as const)
      load.request(name, priority, 10);
    await load.clock.run(1000);
    expect(load.served.join('')).toBe('aec');
    expect(load.refused.map(({ name }) => name).sort()).toEqual(['b', 'd']);
    for (const { error } of load.refused) expect(error).toBeInstanceOf(OverloadedError);
  });

  it('bears a burst that is gone within the interval', async () => {
    const load = new Load({ targetDelayMs: 100, intervalMs: 1000 });
    for (let i = 0; i < 50; i++) load.request(`${i}`, 0, 10);
    await load.clock.run(10_000);
    expect(load.refused).toEqual([]);
  });

  it('sheds the least important while the queue stands, ever more of them, and none when it is short again', async () => {
    const load = new Load({ targetDelayMs: 100, intervalMs: 1000, maxQueued: 100_000 });
    // 100 requests a second can be served; for 20 s 120 come, of which a third are less important.
    for (let i = 0; i < 2400; i++)
      load.clock.after((i * 1000) / 120, () => load.request(`${i % 3}`, i % 3 === 0 ? 1 : 0, 10));
    await load.clock.run(20_000);
    expect(load.refused.length).toBeGreaterThan(50);
    expect(new Set(load.refused.map(({ name }) => name))).toEqual(new Set(['0']));
    const gaps = load.refused.slice(1, 20).map(({ at }, i) => at - load.refused[i]!.at);
    expect(gaps.at(-1)).toBeLessThan(gaps[0]!);
    await load.clock.run(100_000);
    const shed = load.refused.length;
    for (let i = 0; i < 500; i++) load.clock.after(i * 20, () => load.request('late', 1, 10));
    await load.clock.run(20_000);
    expect(load.refused).toHaveLength(shed);
  });

  it('gives up at deadlines, for signals, and when it is closed', async () => {
    const load = new Load();
    load.request('a', 0, 1000);
    load.request('b', 0, 10, 100);
    await load.clock.run(200);
    expect(load.refused[0]!.error).toBeInstanceOf(TimeoutError);
    const controller = new AbortController();
    const waiting = load.scheduler.acquire({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const closed = load.scheduler.acquire();
    await load.scheduler.close();
    await load.scheduler[Symbol.asyncDispose]();
    await expect(closed).rejects.toThrow(ClosedError);
    await load.clock.run(2000);
    expect([load.served.join(''), load.scheduler.underWay]).toEqual(['a', 0]);
  });

  it('gives back a place once, however often it is told', async () => {
    const { scheduler } = new Load();
    const done = await scheduler.acquire();
    done();
    done();
    expect(scheduler.underWay).toBe(0);
  });

  it.each([
    ['maxConcurrent', 0],
    ['maxQueued', -1],
    ['targetDelayMs', NaN],
    ['intervalMs', 0],
  ])('refuses %s of %d', (option, value) => {
    expect(() => new Load({ [option]: value })).toThrow(InvalidOptionError);
  });

  it.each([8, -1, 0.5])('refuses a priority of %d', async (priority) => {
    const { scheduler } = new Load();
    await scheduler.acquire();
    await expect(scheduler.acquire({ priority })).rejects.toThrow(`priority is ${priority}`);
  });
});
