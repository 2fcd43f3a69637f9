import { describe, expect, it } from 'vitest';
import { InvalidOptionError, TimeoutError } from 'quorate/core';
import { rollingRestart, RollingRestartError, type RestartActions, type RollingRestartOptions } from 'quorate/health';
import { VirtualClock } from 'quorate/testing';

const NODES = ['a', 'b', 'c'];

/** Three nodes that note what is done to them; what differs from that is given. */
class Fleet {
  readonly clock = new VirtualClock();
  readonly log: string[] = [];
  readonly versions = new Map(NODES.map((node) => [node, 1]));
  readonly well = new Set(NODES);
  readonly actions: RestartActions;

  constructor(actions: Partial<RestartActions> = {}) {
    const note = (what: string, node: string): void => void this.log.push(`${this.clock.now()} ${what} ${node}`);
    const start = (node: string, version: number): void => {
      note(`start ${version} of`, node);
      this.versions.set(node, version);
      this.clock.after(1000, () => this.well.add(node));
    };
    this.actions = {
      drain: (node) => note('drain', node),
      inFlight: () => 0,
      stop: (node) => {
        note('stop', node);
        this.well.delete(node);
      },
      start: (node) => start(node, 2),
      isHealthy: (node) => this.well.has(node),
      admit: (node) => note('admit', node),
      ...actions,
    };
  }

  /** With what would fail it given, one can also go back. */
  get previous(): Pick<RestartActions, 'startPrevious'> {
    return {
      startPrevious: (node) => {
        this.log.push(`${this.clock.now()} back ${node}`);
        this.versions.set(node, 1);
        this.well.add(node);
      },
    };
  }

  /** Restarts, for at most ten minutes of virtual time; returns the error, if there is one. */
  async restart(options: RollingRestartOptions = {}, actions: Partial<RestartActions> = {}): Promise<unknown> {
    let ended: { error: unknown } | undefined;
    const settled = rollingRestart(
      NODES,
      { ...this.actions, ...actions },
      { clock: this.clock, noticeMs: 0, ...options },
    ).then(
      () => (ended = { error: undefined }),
      (error: unknown) => (ended = { error }),
    );
    for (let i = 0; i < 600 && ended === undefined; i++) await this.clock.run(1000);
    expect(ended, 'it has ended').toBeDefined();
    return (await settled).error;
  }
}

describe('rollingRestart', () => {
  it('drains, stops, starts and admits one node after the other, each when the last one is well', async () => {
    const fleet = new Fleet();
    expect(await fleet.restart({ noticeMs: 2000 })).toBeUndefined();
    const one = (node: string, at: number): string[] => [
      `${at} drain ${node}`,
      `${at + 2000} stop ${node}`,
      `${at + 2000} start 2 of ${node}`,
      `${at + 3000} admit ${node}`,
    ];
    expect(fleet.log).toEqual([...one('a', 0), ...one('b', 3000), ...one('c', 6000)]);
  });

  it('waits until a node is idle, and asks it each pollMs', async () => {
    const left = [5, 3, 0];
    let asked = 0;
    const fleet = new Fleet({ inFlight: (node) => (node === 'a' ? left[asked++]! : 0) });
    await fleet.restart({ pollMs: 250 });
    expect(asked).toBe(3);
    expect(fleet.log).toContain('500 stop a');
  });

  it.each([
    ['requests that do not end', () => 1],
    ['requests that nobody counts', undefined],
  ])('stops a node after idleDeadlineMs for %s', async (_, inFlight) => {
    const fleet = new Fleet();
    await fleet.restart({ idleDeadlineMs: 7000 }, { inFlight: inFlight! });
    expect(fleet.log).toContain('7000 stop a');
  });

  it('takes the next node only when one has been well for settleMs without a break', async () => {
    const fleet = new Fleet();
    fleet.clock.after(1500, () => fleet.well.delete('a'));
    fleet.clock.after(2000, () => fleet.well.add('a'));
    await fleet.restart({ settleMs: 3000, pollMs: 100 });
    expect(fleet.log).toContain('5000 admit a');
    expect(fleet.log).toContain('5000 drain b');
  });

  it('ends at the first failure, and says how far it came', async () => {
    const fleet = new Fleet();
    const error = await fleet.restart(
      {},
      {
        start: (node) => {
          if (node === 'b') throw new Error('no such image');
          return fleet.actions.start(node);
        },
      },
    );
    expect(error).toBeInstanceOf(RollingRestartError);
    expect(error).toMatchObject({
      code: 'rolling-restart-failed',
      node: 'b',
      step: 'start',
      restarted: ['a'],
      rolledBack: [],
      notRolledBack: [],
      message: 'the step "start" of b failed; 1 of 3 are restarted: no such image',
    });
    expect(fleet.log.filter((line) => line.endsWith(' c'))).toEqual([]);
  });

  it('fails when a node is not well within healthyDeadlineMs', async () => {
    const fleet = new Fleet({ start: () => {} });
    const error = (await fleet.restart({ healthyDeadlineMs: 20_000 })) as RollingRestartError;
    expect(error).toMatchObject({ node: 'a', step: 'healthy', restarted: [] });
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(fleet.clock.now()).toBeLessThan(22_000);
  });

  it.each(['drain', 'stop', 'start', 'admit'] as const)('fails when the step %s does not end in time', async (step) => {
    const fleet = new Fleet({ [step]: () => new Promise(() => {}) });
    const error = await fleet.restart({ stepDeadlineMs: 10_000 });
    expect(error).toMatchObject({ node: 'a', step, message: expect.stringContaining('10000 ms') as string });
  });

  it('takes a question that is not answered for the answer that the node is not well', async () => {
    const fleet = new Fleet();
    const error = await fleet.restart(
      { healthyDeadlineMs: 5000, requireOthers: false },
      {
        isHealthy: () => new Promise<boolean>(() => {}),
      },
    );
    expect(error).toMatchObject({ step: 'healthy' });
  });

  it('touches no node while another one is not well', async () => {
    const fleet = new Fleet();
    fleet.well.delete('c');
    const error = await fleet.restart();
    expect(error).toMatchObject({ node: 'a', step: 'check', restarted: [] });
    expect((error as Error).message).toContain('c is not well; mend it first, or set requireOthers to false');
    expect(fleet.log).toEqual([]);
    expect(await fleet.restart({ requireOthers: false })).toBeUndefined();
  });

  it.each(['drain', 'inFlight'] as const)(
    'admits a node again of which %s failed, as it runs still',
    async (action) => {
      const fleet = new Fleet({
        [action]: () => {
          throw new Error('not reached');
        },
      });
      const error = await fleet.restart();
      expect(error).toMatchObject({ step: action === 'drain' ? 'drain' : 'idle' });
      expect(fleet.log.at(-1)).toBe('0 admit a');
      expect(fleet.log.filter((line) => line.includes('stop'))).toEqual([]);
    },
  );

  describe('rolling back', () => {
    it('restarts the node that failed as before, then those that were done, the last one first', async () => {
      const fleet = new Fleet();
      const error = await fleet.restart(
        { healthyDeadlineMs: 5000 },
        {
          ...fleet.previous,
          start: (node) => (node === 'c' ? undefined : fleet.actions.start(node)),
        },
      );
      expect(error).toMatchObject({ node: 'c', step: 'healthy', restarted: [], rolledBack: ['c', 'b', 'a'] });
      expect((error as Error).message).toContain('0 of 3 are restarted, 3 rolled back');
      expect([...fleet.versions.values()]).toEqual([1, 1, 1]);
    });

    it('drains those that were done before it stops them', async () => {
      const fleet = new Fleet();
      await fleet.restart(
        { noticeMs: 2000, healthyDeadlineMs: 5000 },
        {
          ...fleet.previous,
          start: (node) => (node === 'b' ? undefined : fleet.actions.start(node)),
        },
      );
      const back = fleet.log.slice(fleet.log.findIndex((line) => line.includes('back b')));
      const [drained, stopped] = ['drain a', 'stop a'].map((what) => back.find((line) => line.endsWith(what))!);
      expect(Number.parseInt(stopped!, 10) - Number.parseInt(drained!, 10)).toBe(2000);
    });

    it('leaves the node alone that was not stopped', async () => {
      const fleet = new Fleet();
      const error = await fleet.restart(
        {},
        {
          ...fleet.previous,
          drain: (node) => {
            if (node === 'b') throw new Error('not reached');
          },
        },
      );
      expect(error).toMatchObject({ node: 'b', step: 'drain', rolledBack: ['a'], restarted: [] });
      expect(fleet.log.some((line) => line.endsWith('back b'))).toBe(false);
    });

    it('ends where it fails, and says of which nodes', async () => {
      const fleet = new Fleet();
      const error = await fleet.restart(
        { healthyDeadlineMs: 5000 },
        {
          start: (node) => (node === 'c' ? undefined : fleet.actions.start(node)),
          startPrevious: (node) => {
            if (node === 'b') throw new Error('gone');
            return fleet.previous.startPrevious!(node);
          },
        },
      );
      expect(error).toMatchObject({ rolledBack: ['c'], restarted: ['a', 'b'], notRolledBack: [{ node: 'b' }] });
      expect((error as Error).message).toContain('1 could not be');
    });
  });

  describe('with a signal', () => {
    it('begins with nothing once it has aborted', async () => {
      const fleet = new Fleet();
      const reason = new Error('enough');
      expect(await fleet.restart({ signal: AbortSignal.abort(reason) })).toBe(reason);
      expect(fleet.log).toEqual([]);
    });

    it('admits the node that drains, and ends with the reason', async () => {
      const fleet = new Fleet({ inFlight: () => 1 });
      const controller = new AbortController();
      const reason = new Error('enough');
      fleet.clock.after(4500, () => controller.abort(reason));
      expect(await fleet.restart({ signal: controller.signal, noticeMs: 10_000 })).toBe(reason);
      expect(fleet.log).toEqual(['0 drain a', '4500 admit a']);
    });

    it('starts the node first that was stopped', async () => {
      const fleet = new Fleet();
      const controller = new AbortController();
      fleet.clock.after(500, () => controller.abort(new Error('enough')));
      await fleet.restart({ signal: controller.signal });
      expect(fleet.log.at(-1)).toBe('1000 admit a');
    });
  });

  it('tells of each step, with how many nodes are done, and bears a listener that throws', async () => {
    const fleet = new Fleet();
    const steps: string[] = [];
    const error = await fleet.restart({
      onProgress: ({ node, step, done, total, rollingBack }) => {
        steps.push(`${node} ${step} ${done}/${total} ${rollingBack}`);
        throw new Error('a terminal that is gone');
      },
    });
    expect(error).toBeUndefined();
    const of = ['check', 'drain', 'idle', 'stop', 'start', 'healthy', 'admit'].map((step) => `b ${step} 1/3 false`);
    expect(steps.filter((step) => step.startsWith('b'))).toEqual([...of, 'b done 2/3 false']);
  });

  it('leaves no timer behind', async () => {
    const fleet = new Fleet();
    let pending = 0;
    const clock = {
      now: () => fleet.clock.now(),
      wall: () => 0,
      after: (ms: number, callback: () => void) => {
        let open = true;
        pending++;
        const end = (): void => {
          if (open) pending--;
          open = false;
        };
        const cancel = fleet.clock.after(ms, () => {
          end();
          callback();
        });
        return () => {
          end();
          cancel();
        };
      },
    };
    await fleet.restart({ clock });
    expect(pending).toBe(0);
  });

  it('refuses a node that is there twice, and lengths that are none', async () => {
    const { actions } = new Fleet();
    await expect(rollingRestart(['a', 'a'], actions)).rejects.toThrow(InvalidOptionError);
    for (const option of ['noticeMs', 'idleDeadlineMs', 'healthyDeadlineMs', 'stepDeadlineMs', 'settleMs', 'pollMs'])
      await expect(rollingRestart(NODES, actions, { [option]: -1 })).rejects.toThrow(`${option} is -1`);
  });
});
