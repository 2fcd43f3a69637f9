import { checkNumber } from '../../core/index.js';
import type { Clock } from '../../core/index.js';
import { holds, same, type ConformanceCase } from './case.js';

/** How {@link clockCases} makes clocks. */
export interface ClockSetup {
  /** The clock of one case: a new one, or one that all share. */
  clock(): Clock;
  /**
   * Makes so much time pass on the clock and resolves then.
   * @defaultValue waits for the clock itself; a clock that is moved by hand needs to be moved here
   */
  pass?(clock: Clock, ms: number): Promise<unknown>;
}

/** What a clock promises: switches the sections of {@link clockCases}. */
export interface ClockSupports {
  /** Timers that come due at the same time fire in the order in which they were armed. */
  readonly orderedTies: boolean;
  /** How much earlier than asked a timer may fire by `now()`, in milliseconds: the coarseness of the platform's timers. */
  readonly earlyMs: number;
  /** It has `soon`. @defaultValue `false` */
  readonly soon?: boolean;
}

type ClockTest = (
  name: string,
  run: (clock: Clock, pass: (ms: number) => Promise<unknown>) => Promise<void>,
) => ConformanceCase;

/**
 * What every `Clock` must do, as cases for any test runner. On a clock of real time they take some tenths of a
 * second in all. They cannot tell whether a pending timer keeps the process alive, or whether `wall()` is right.
 *
 * @throws InvalidOptionError
 */
export function clockCases(setup: ClockSetup, supports: ClockSupports): readonly ConformanceCase[] {
  checkNumber('earlyMs', supports.earlyMs, { min: 0, integer: false });
  const test: ClockTest = (name, run) => ({
    name,
    async run() {
      const clock = setup.clock();
      const wait = (ms: number): Promise<unknown> => new Promise<void>((resolve) => void clock.after(ms, resolve));
      await run(clock, setup.pass === undefined ? wait : (ms) => setup.pass!(clock, ms));
    },
  });
  const soon = supports.soon === true ? soonCases(test) : [];
  return [
    ...timeCases(test),
    ...timerCases(test, supports),
    ...orderCases(test, supports),
    ...cancelCases(test),
    ...soon,
  ];
}

function timeCases(test: ClockTest): ConformanceCase[] {
  return [
    test('never goes back', async (clock, pass) => {
      let last = clock.now();
      holds(Number.isFinite(last), 'now() to be a finite number', last);
      for (let i = 0; i < 1000; i++) {
        if (i % 200 === 0) await pass(1);
        const now = clock.now();
        holds(now >= last, `now() not to go back behind ${last}`, now);
        last = now;
      }
    }),
    test('moves on while time passes', async (clock, pass) => {
      const start = clock.now();
      await pass(10);
      holds(clock.now() > start, `now() to have moved on from ${start} in 10 ms`, clock.now());
    }),
    test('tells the time of the day as milliseconds', async (clock) => {
      const wall = clock.wall();
      holds(Number.isFinite(wall) && wall >= 0, 'wall() to be milliseconds since the Unix epoch', wall);
    }),
  ];
}

function soonCases(test: ClockTest): ConformanceCase[] {
  return [
    test('calls soon once, in order, and not within the call', async (clock, pass) => {
      const called: number[] = [];
      for (const i of [0, 1, 2]) clock.soon!(() => called.push(i));
      same('called within soon()', called, []);
      await pass(20);
      same('called by soon()', called, [0, 1, 2]);
    }),
  ];
}

function timerCases(test: ClockTest, { earlyMs }: ClockSupports): ConformanceCase[] {
  return [
    test('never calls a timer within after(), whatever the delay', async (clock, pass) => {
      let fired = 0;
      for (const ms of [0, -5, -Infinity, 1]) {
        let inside = true;
        clock.after(ms, () => {
          holds(!inside, `a timer of ${ms} ms not to fire within the call`);
          fired++;
        });
        same(`timers that fired within after(${ms})`, fired, 0);
        inside = false;
      }
      await pass(10);
      same('how many timers fired later', fired, 4);
    }),
    test('fires once, and not too early', async (clock, pass) => {
      const [start, times] = [clock.now(), [] as number[]];
      clock.after(15, () => times.push(clock.now() - start));
      await pass(40);
      same('how often the timer fired', times.length, 1);
      holds(times[0]! >= 15 - earlyMs, `a timer of 15 ms to fire at most ${earlyMs} ms early`, times[0]);
    }),
    test('takes delays beyond what platforms know, Infinity among them, for long', async (clock, pass) => {
      let fired = 0;
      const cancels = [2 ** 31, 2 ** 32 + 5, Infinity].map((ms) => clock.after(ms, () => fired++));
      await pass(20);
      for (const cancel of cancels) cancel();
      same('how many timers fired at once', fired, 0);
    }),
    test('arms timers from within timers, to fire later', async (clock, pass) => {
      const seen: string[] = [];
      clock.after(1, () => {
        clock.after(0, () => seen.push('inner'));
        seen.push('outer');
      });
      await pass(20);
      same('the order', seen, ['outer', 'inner']);
    }),
  ];
}

function orderCases(test: ClockTest, { orderedTies }: ClockSupports): ConformanceCase[] {
  const fire = async (clock: Clock, pass: (ms: number) => Promise<unknown>, delays: number[]): Promise<number[]> => {
    const order: number[] = [];
    delays.forEach((ms, i) => void clock.after(ms, () => order.push(i)));
    await pass(60);
    return order;
  };
  return [
    test('fires timers in the order of their times', async (clock, pass) => {
      same('the order', await fire(clock, pass, [30, 10, 20, 0, 40]), [3, 1, 2, 0, 4]);
    }),
    ...(orderedTies
      ? [
          test('fires timers of equal times in the order in which they were armed', async (clock, pass) => {
            const many = Array.from({ length: 100 }, (_, i) => i);
            same(
              'the order',
              await fire(
                clock,
                pass,
                many.map(() => 10),
              ),
              many,
            );
            same('the order with no delay or less', await fire(clock, pass, [0, -1, 0, -100, 0]), [0, 1, 2, 3, 4]);
          }),
        ]
      : []),
  ];
}

function cancelCases(test: ClockTest): ConformanceCase[] {
  return [
    test('fires nothing that was cancelled, however often', async (clock, pass) => {
      let fired = 0;
      const cancels = [0, 5, 10].map((ms) => clock.after(ms, () => fired++));
      for (const cancel of [...cancels, ...cancels]) cancel();
      await pass(30);
      same('how many timers fired', fired, 0);
    }),
    test('cancels one timer only', async (clock, pass) => {
      const seen: string[] = [];
      clock.after(5, () => seen.push('first'));
      const cancel = clock.after(5, () => seen.push('second'));
      clock.after(5, () => seen.push('third'));
      cancel();
      await pass(30);
      same('what fired', seen.sort(), ['first', 'third']);
    }),
    test('takes a cancel after the timer fired, and within it, for nothing', async (clock, pass) => {
      let fired = 0;
      const cancel = clock.after(1, () => {
        fired++;
        cancel();
      });
      await pass(20);
      clock.after(1, () => fired++);
      cancel();
      await pass(20);
      same('how many timers fired', fired, 2);
    }),
    test('cancels a timer that is due, from within another', async (clock, pass) => {
      let fired = 0;
      const cancels: (() => void)[] = [];
      const first = (): void => {
        fired++;
        for (const cancel of cancels) cancel();
      };
      for (let i = 0; i < 3; i++) cancels.push(clock.after(5, first));
      await pass(30);
      same('how many timers fired', fired, 1);
    }),
  ];
}
