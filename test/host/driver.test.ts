import { describe, expect, it } from 'vitest';
import { NOTHING, type Clock, type Effects, type Input, type Machine } from '../../src/core/index.js';
import { Driver } from '../../src/host/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { CountingClock } from './counting-clock.js';

type TestEffects = Effects<string, string, string>;

/** A machine that does as it is told: each command is what the next take returns. */
class Puppet implements Machine<string, Partial<TestEffects>, string, string, null> {
  wakeAt = Infinity;
  readonly steps: { readonly type: string; readonly at: number; readonly upTo?: number }[] = [];
  takes = 0;
  /** Called with each input, within step. */
  onStep: (input: Input<string, Partial<TestEffects>>) => void = () => {};
  #effects: TestEffects[] = [];

  step(input: Input<string, Partial<TestEffects>>, now: number): void {
    this.steps.push({ type: input.type, at: now, ...(input.type === 'stored' ? { upTo: input.upTo } : {}) });
    if (input.type === 'command') this.#effects.push({ ...NOTHING, ...input.command });
    this.onStep(input);
  }

  take(): TestEffects {
    this.takes++;
    const all = this.#effects;
    this.#effects = [];
    if (all.length === 0) return NOTHING;
    return {
      writes: all.flatMap(({ writes }) => writes),
      messages: all.flatMap(({ messages }) => messages),
      outputs: all.flatMap(({ outputs }) => outputs),
    };
  }

  state(): null {
    return null;
  }
}

/** A driver of a puppet, with a disk that answers when told, and a list of all that left in its order. */
class Stage {
  readonly puppet = new Puppet();
  readonly clock = new VirtualClock();
  readonly counting = new CountingClock(this.clock);
  readonly left: string[] = [];
  readonly failures: unknown[] = [];
  /** Ends the writes under way, in the order in which they were handed over. */
  readonly disk: { readonly writes: readonly string[]; done(): void; fail(error: unknown): void }[] = [];
  onDeliver: (output: string) => void = () => {};
  onSend: (message: string) => void = () => {};
  store: (writes: readonly string[]) => Promise<void> = (writes) =>
    new Promise((resolve, reject) => this.disk.push({ writes, done: resolve, fail: reject }));
  readonly driver: Driver<string, Partial<TestEffects>, string, string, null>;

  constructor(clock?: Clock) {
    this.driver = new Driver({
      machine: this.puppet,
      clock: clock ?? this.counting,
      send: (to, message) => {
        this.left.push(`${message} to ${to}`);
        this.onSend(message);
      },
      store: (writes) => {
        this.left.push(`store ${writes.join(' ')}`);
        return this.store(writes);
      },
      deliver: (output) => {
        this.left.push(output);
        this.onDeliver(output);
      },
      failed: (error) => this.failures.push(error),
    });
  }

  command(effects: Partial<TestEffects>): void {
    this.driver.input({ type: 'command', command: effects });
  }

  /** Lets promises settle. */
  rest(): Promise<void> {
    return this.clock.run(0);
  }
}

const message = (text: string, after = 0): TestEffects['messages'][number] => ({ to: 'b', message: text, after });
const output = (text: string, after = 0): TestEffects['outputs'][number] => ({ output: text, after });

describe('a turn', () => {
  it('steps all inputs of a turn of the event loop before it takes', async () => {
    const stage = new Stage();
    stage.command({ outputs: [output('1')] });
    stage.command({ outputs: [output('2')] });
    stage.driver.input({ type: 'message', from: 'b', message: 'hello' });
    expect(stage.puppet.steps).toEqual([]);
    await stage.rest();
    expect(stage.puppet.steps.map(({ type }) => type)).toEqual(['command', 'command', 'message']);
    expect(stage.puppet.takes).toBe(2); // the effects, and NOTHING
    expect(stage.left).toEqual(['1', '2']);
  });

  it('takes until it sees NOTHING', async () => {
    const stage = new Stage();
    let more = 3;
    const take = stage.puppet.take.bind(stage.puppet);
    stage.puppet.take = () => (more-- > 0 ? { ...NOTHING, outputs: [output(`take ${more}`)] } : take());
    stage.driver.input({ type: 'wake' });
    await stage.rest();
    expect(stage.left).toEqual(['take 2', 'take 1', 'take 0']);
  });

  it('hands writes to the disk before it sends, and sends before it delivers', async () => {
    const stage = new Stage();
    stage.command({ outputs: [output('decision')], messages: [message('hello')], writes: ['record'] });
    await stage.rest();
    expect(stage.left).toEqual(['store record', 'hello to b', 'decision']);
  });

  it('tells the machine the time', async () => {
    const stage = new Stage();
    stage.clock.advance(42);
    stage.driver.input({ type: 'wake' });
    await stage.rest();
    expect(stage.puppet.steps).toEqual([{ type: 'wake', at: 42 }]);
  });

  it('is not re-entrant: what an output leads to at once waits for the end of the step', async () => {
    const stage = new Stage();
    let depth = 0;
    stage.puppet.onStep = () => {
      expect(++depth).toBe(1);
      depth--;
    };
    stage.onDeliver = (text) => {
      depth++;
      if (text === 'ask') stage.command({ outputs: [output('answered')] });
      depth--;
    };
    stage.command({ outputs: [output('ask'), output('other')] });
    await stage.rest();
    expect(stage.left).toEqual(['ask', 'other', 'answered']);
  });

  it('is not re-entrant with a journal that answers at once', async () => {
    const stage = new Stage();
    stage.store = () => ({ then: (done: () => void) => done() }) as Promise<void>; // synchronously
    let stepping = false;
    stage.puppet.onStep = (input) => {
      expect(stepping).toBe(false);
      stepping = true;
      if (input.type === 'command') stage.driver.input({ type: 'wake' });
      stepping = false;
    };
    stage.command({ writes: ['record'], messages: [message('after it', 1)] });
    await stage.rest();
    expect(stage.puppet.steps.map(({ type }) => type)).toEqual(['command', 'wake', 'stored']);
    expect(stage.left).toEqual(['store record', 'after it to b']);
  });
});

describe('effects that wait for the disk', () => {
  it('leave once the write that they name is durable, those that need not wait at once', async () => {
    const stage = new Stage();
    stage.command({
      writes: ['one', 'two'],
      messages: [message('waits', 2), message('goes')],
      outputs: [output('also waits', 1), output('also goes')],
    });
    await stage.rest();
    expect(stage.left).toEqual(['store one two', 'goes to b', 'also goes']);
    stage.disk[0]!.done();
    await stage.rest();
    expect(stage.left.slice(3)).toEqual(['waits to b', 'also waits']);
  });

  it('leave in their order, each after its own write', async () => {
    const stage = new Stage();
    stage.command({ writes: ['one'], messages: [message('m1', 1)] });
    await stage.rest();
    stage.command({
      writes: ['two'],
      messages: [message('m2', 2), message('m1 again', 1)],
      outputs: [output('o2', 2)],
    });
    await stage.rest();
    expect(stage.left).toEqual(['store one', 'store two']);
    stage.disk[0]!.done();
    await stage.rest();
    expect(stage.left.slice(2)).toEqual(['m1 to b', 'm1 again to b']);
    stage.disk[1]!.done();
    await stage.rest();
    expect(stage.left.slice(4)).toEqual(['m2 to b', 'o2']);
  });

  it('leave when a later write is durable: that covers all before it', async () => {
    const stage = new Stage();
    stage.command({ writes: ['one'], messages: [message('m1', 1)] });
    await stage.rest();
    stage.command({ writes: ['two'], messages: [message('m2', 2)] });
    await stage.rest();
    stage.disk[1]!.done();
    await stage.rest();
    expect(stage.left.slice(2)).toEqual(['m1 to b', 'm2 to b']);
    stage.disk[0]!.done();
    await stage.rest();
    expect(stage.left).toHaveLength(4);
  });

  it('leave before the machine hears of it', async () => {
    const stage = new Stage();
    stage.command({ writes: ['one'], messages: [message('m1', 1)] });
    await stage.rest();
    stage.puppet.onStep = (input) => stage.left.push(`step ${input.type}`);
    stage.disk[0]!.done();
    await stage.rest();
    expect(stage.left.slice(1)).toEqual(['m1 to b', 'step stored']);
  });

  it('leave at once when their write is durable already', async () => {
    const stage = new Stage();
    stage.command({ writes: ['one'] });
    await stage.rest();
    stage.disk[0]!.done();
    await stage.rest();
    stage.command({ messages: [message('m1', 1)] });
    await stage.rest();
    expect(stage.left).toEqual(['store one', 'm1 to b']);
  });

  it('do not hold up the writes that follow: those are handed over at once', async () => {
    const stage = new Stage();
    for (const record of ['one', 'two', 'three']) {
      stage.command({ writes: [record] });
      await stage.rest();
    }
    expect(stage.disk.map(({ writes }) => writes)).toEqual([['one'], ['two'], ['three']]);
  });

  it('are numbered across takes', async () => {
    const stage = new Stage();
    stage.command({ writes: ['1', '2'] });
    await stage.rest();
    stage.command({ writes: ['3'] });
    await stage.rest();
    stage.disk.forEach(({ done }) => done());
    await stage.rest();
    expect(stage.puppet.steps.flatMap(({ upTo }) => upTo ?? [])).toEqual([2, 3]);
  });
});

describe('a driver that failed', () => {
  const failures: readonly [string, (stage: Stage, error: Error) => Promise<void> | void][] = [
    [
      'because a write did',
      async (stage, error) => {
        stage.command({ writes: ['one'] });
        await stage.rest();
        stage.disk.at(-1)!.fail(error);
      },
    ],
    [
      'because the journal threw',
      (stage, error) => {
        stage.store = () => {
          throw error;
        };
        stage.command({ writes: ['one'] });
      },
    ],
    [
      'because the machine threw',
      (stage, error) => {
        stage.puppet.onStep = () => {
          throw error;
        };
        stage.command({});
      },
    ],
    [
      'because an output could not be delivered',
      (stage, error) => {
        stage.onDeliver = () => {
          throw error;
        };
        stage.command({ outputs: [output('bad')] });
      },
    ],
    [
      'because a message could not be sent',
      (stage, error) => {
        stage.onSend = () => {
          throw error;
        };
        stage.command({ messages: [message('bad')] });
      },
    ],
    [
      'because an output that waited could not be delivered',
      async (stage, error) => {
        stage.onDeliver = () => {
          throw error;
        };
        stage.command({ writes: ['one'], outputs: [output('bad', stage.disk.length + 1)] });
        await stage.rest();
        stage.disk.at(-1)!.done();
      },
    ],
  ];

  it.each(failures)('%s says so once, and nothing more leaves', async (_, fail) => {
    const stage = new Stage();
    const error = new Error('broken');
    stage.puppet.wakeAt = 100;
    await fail(stage, error);
    await stage.rest();
    expect(stage.failures).toEqual([error]);
    const left = stage.left.length;
    stage.command({ messages: [message('late')], outputs: [output('late')], writes: ['late'] });
    await stage.clock.run(1000);
    stage.disk.forEach((write) => write.fail(new Error('again')));
    await stage.rest();
    expect(stage.left).toHaveLength(left);
    expect(stage.failures).toEqual([error]);
    expect(stage.counting.armed).toBe(0);
  });

  it('lets nothing leave that waited for the write that failed', async () => {
    const stage = new Stage();
    stage.command({ writes: ['one'], messages: [message('vote', 1)], outputs: [output('decision', 1)] });
    await stage.rest();
    stage.command({ writes: ['two'] });
    await stage.rest();
    stage.disk[0]!.fail(new Error('disk'));
    stage.disk[1]!.done();
    await stage.rest();
    expect(stage.left).toEqual(['store one', 'store two']);
  });
});

describe('a closed driver', () => {
  it('does nothing any more', async () => {
    const stage = new Stage();
    stage.puppet.wakeAt = 50;
    stage.command({ writes: ['one'], messages: [message('waits', 1)] });
    await stage.rest();
    stage.driver.close();
    stage.disk[0]!.done();
    stage.command({ outputs: [output('late')] });
    await stage.clock.run(1000);
    expect(stage.left).toEqual(['store one']);
    expect(stage.puppet.steps.map(({ type }) => type)).toEqual(['command']);
  });

  it('drops what came in the turn in which it was closed', async () => {
    const stage = new Stage();
    stage.command({ outputs: [output('late')] });
    stage.driver.close();
    await stage.rest();
    expect(stage.left).toEqual([]);
  });

  it('lets nothing more leave of the effects of which one closed it', async () => {
    const stage = new Stage();
    stage.onDeliver = () => stage.driver.close();
    stage.command({ outputs: [output('close'), output('late')] });
    await stage.rest();
    expect(stage.left).toEqual(['close']);
  });

  it('lets nothing more leave of the effects that waited, when one of them closed it', async () => {
    const stage = new Stage();
    stage.onSend = () => stage.driver.close();
    stage.command({
      writes: ['one'],
      messages: [message('close', 1), message('late', 1)],
      outputs: [output('late', 1)],
    });
    await stage.rest();
    stage.disk[0]!.done();
    await stage.rest();
    expect(stage.left).toEqual(['store one', 'close to b']);
  });

  it('has no timer armed', async () => {
    const stage = new Stage();
    stage.puppet.wakeAt = 50;
    stage.driver.start();
    await stage.rest();
    expect(stage.counting.armed).toBe(1);
    stage.driver.close();
    expect(stage.counting.armed).toBe(0);
  });

  it('arms none when it was closed within the turn', async () => {
    const stage = new Stage();
    stage.puppet.wakeAt = 50;
    stage.onDeliver = () => stage.driver.close();
    stage.command({ outputs: [output('close')] });
    await stage.rest();
    expect(stage.counting.armed).toBe(0);
  });

  it('may be closed again', () => {
    const stage = new Stage();
    stage.driver.close();
    stage.driver.close();
    expect(stage.failures).toEqual([]);
  });
});

describe('the timer', () => {
  it('wakes the machine when it wants to be', async () => {
    const stage = new Stage();
    stage.puppet.wakeAt = 50;
    stage.driver.start();
    await stage.rest();
    stage.puppet.wakeAt = 80;
    stage.puppet.onStep = () => (stage.puppet.wakeAt = Infinity);
    await stage.clock.run(79);
    expect(stage.puppet.steps).toHaveLength(1);
    await stage.clock.run(1);
    expect(stage.puppet.steps).toEqual([
      { type: 'wake', at: 0 },
      { type: 'wake', at: 80 },
    ]);
  });

  it('is one, however often the deadline moves', async () => {
    const stage = new Stage();
    for (let i = 0; i < 100; i++) {
      stage.puppet.wakeAt = 50 + ((i * 37) % 100);
      stage.command({});
      await stage.rest();
      expect(stage.counting.armed).toBe(1);
    }
  });

  it('is not armed anew when the deadline moves back, which happens with every heartbeat', async () => {
    const stage = new Stage();
    for (let i = 0; i < 100; i++) {
      stage.puppet.wakeAt = 50 + i;
      stage.command({});
      await stage.rest();
    }
    expect(stage.counting.total).toBe(1);
  });

  it('that fires before the deadline, which has moved, is armed again and wakes nobody', async () => {
    const stage = new Stage();
    stage.puppet.wakeAt = 50;
    stage.driver.start();
    await stage.rest();
    stage.puppet.wakeAt = 120;
    await stage.clock.run(60);
    expect(stage.puppet.steps).toHaveLength(1);
    expect(stage.counting.armed).toBe(1);
    stage.puppet.onStep = () => (stage.puppet.wakeAt = Infinity);
    await stage.clock.run(60);
    expect(stage.puppet.steps.at(-1)).toEqual({ type: 'wake', at: 120 });
  });

  it('is armed earlier when the deadline comes closer', async () => {
    const stage = new Stage();
    stage.puppet.wakeAt = 100;
    stage.driver.start();
    await stage.rest();
    stage.puppet.wakeAt = 20;
    stage.command({});
    await stage.rest();
    stage.puppet.onStep = () => (stage.puppet.wakeAt = Infinity);
    await stage.clock.run(20);
    expect(stage.puppet.steps.at(-1)).toEqual({ type: 'wake', at: 20 });
    expect(stage.counting.armed).toBe(0);
  });

  it('is not armed for a machine that never wants to wake', async () => {
    const stage = new Stage();
    stage.driver.start();
    await stage.rest();
    expect(stage.counting.total).toBe(0);
  });

  it('comes at once for a deadline that has passed', async () => {
    const stage = new Stage();
    stage.clock.advance(100);
    stage.puppet.wakeAt = 40;
    stage.driver.start();
    stage.puppet.onStep = ({ type }) => {
      if (type === 'wake' && stage.puppet.steps.length > 1) stage.puppet.wakeAt = Infinity;
    };
    await stage.rest();
    await stage.rest();
    expect(stage.puppet.steps).toEqual([
      { type: 'wake', at: 100 },
      { type: 'wake', at: 100 },
    ]);
  });
});

describe('a clock that has soon', () => {
  it('has what came from several sockets stepped together', async () => {
    const clock = new VirtualClock();
    const waiting: (() => void)[] = [];
    const stage = new Stage(Object.assign(clock, { soon: (callback: () => void) => void waiting.push(callback) }));
    stage.command({ outputs: [output('1')] });
    await stage.rest(); // a microtask would have run by now
    stage.command({ outputs: [output('2')] });
    await stage.rest();
    expect([stage.puppet.steps.length, waiting.length]).toEqual([0, 1]);
    waiting[0]!();
    expect(stage.left).toEqual(['1', '2']);
  });
});

it('holds 65536 messages while the disk hangs, drops more and counts them', async () => {
  const stage = new Stage();
  const messages = Array.from({ length: 65_540 }, (_, i) => message(`${i}`, 1));
  stage.command({ writes: ['record'], messages });
  await stage.rest();
  expect(stage.driver.droppedMessages).toBe(4);
  stage.disk[0]!.done();
  await stage.rest();
  expect(stage.left.slice(1)).toHaveLength(65_536);
  expect(stage.left.at(-1)).toBe('65535 to b');
});
