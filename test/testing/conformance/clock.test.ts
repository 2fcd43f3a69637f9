import { describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../src/core/index.js';
import { clockCases, VirtualClock, type ClockSetup } from '../../../src/testing/index.js';
import { failureOf, runCases } from './run-cases.js';

const virtual: ClockSetup = {
  clock: () => new VirtualClock(),
  pass: (clock, ms) => (clock as VirtualClock).run(ms),
};

describe('the clock of the platform', () => {
  runCases(clockCases({ clock: () => systemClock }, { orderedTies: true, earlyMs: 2, soon: true }));
});

describe('a virtual clock', () => {
  runCases(clockCases(virtual, { orderedTies: true, earlyMs: 0 }));
});

/** Each fault with the name of the case that must find it. */
const faults: readonly {
  readonly name: string;
  readonly found: string;
  readonly change: (clock: Clock) => Partial<Clock>;
}[] = [
  {
    name: 'goes back',
    found: 'never goes back',
    change: (clock) => {
      let reads = 0;
      return { now: () => clock.now() - (reads++ % 2) };
    },
  },
  { name: 'stands still', found: 'moves on while time passes', change: () => ({ now: () => 7 }) },
  {
    name: 'has no time of the day',
    found: 'tells the time of the day as milliseconds',
    change: () => ({ wall: () => NaN }),
  },
  {
    name: 'calls a timer without delay at once',
    found: 'never calls a timer within after(), whatever the delay',
    change: (clock) => ({ after: (ms, callback) => (ms > 0 ? clock.after(ms, callback) : (callback(), () => {})) }),
  },
  {
    name: 'fires early',
    found: 'fires once, and not too early',
    change: (clock) => ({ after: (ms, callback) => clock.after(ms - 3, callback) }),
  },
  {
    name: 'fires twice',
    found: 'fires once, and not too early',
    change: (clock) => ({ after: (ms, callback) => (clock.after(ms, callback), clock.after(ms, callback)) }),
  },
  {
    name: 'takes long delays for none, as platforms do',
    found: 'takes delays beyond what platforms know, Infinity among them, for long',
    change: (clock) => ({ after: (ms, callback) => clock.after(ms > 0x7fff_ffff ? 1 : ms, callback) }),
  },
  {
    name: 'fires in another order',
    found: 'fires timers in the order of their times',
    change: (clock) => ({ after: (ms, callback) => clock.after(50 - ms, callback) }),
  },
  {
    name: 'fires the last armed first',
    found: 'fires timers of equal times in the order in which they were armed',
    change: (clock) => {
      let armed = 0;
      return { after: (ms, callback) => clock.after(ms - armed++ / 1000, callback) };
    },
  },
  {
    name: 'does not cancel',
    found: 'fires nothing that was cancelled, however often',
    change: (clock) => ({ after: (ms, callback) => (clock.after(ms, callback), () => {}) }),
  },
  {
    name: 'cancels by time',
    found: 'cancels one timer only',
    change: (clock) => {
      const gone = new Set<number>();
      return {
        after(ms, callback) {
          const at = clock.now() + ms;
          clock.after(ms, () => gone.has(at) || callback());
          return () => void gone.add(at);
        },
      };
    },
  },
  {
    name: 'cancels the next timer when its own has fired',
    found: 'takes a cancel after the timer fired, and within it, for nothing',
    change: (clock) => {
      let last = (): void => {};
      return { after: (ms, callback) => ((last = clock.after(ms, callback)), () => last()) };
    },
  },
  {
    name: 'calls soon at once',
    found: 'calls soon once, in order, and not within the call',
    change: () => ({ soon: (callback) => callback() }),
  },
  {
    name: 'calls soon twice',
    found: 'calls soon once, in order, and not within the call',
    change: () => ({ soon: (callback) => [callback, callback].forEach(queueMicrotask) }),
  },
  {
    name: 'calls soon in another order',
    found: 'calls soon once, in order, and not within the call',
    change: (clock) => {
      let calls = 0;
      return { soon: (callback) => void clock.after(10 - calls++, callback) };
    },
  },
  {
    name: 'fires what is due, cancelled or not',
    found: 'cancels a timer that is due, from within another',
    change: (clock) => ({
      after(ms, callback) {
        const at = clock.now() + ms;
        const cancel = clock.after(ms, callback);
        return () => (clock.now() < at ? cancel() : undefined);
      },
    }),
  },
];

describe('the kit for clocks', () => {
  it.each(faults)('finds one that $name', async ({ found, change }) => {
    const setup: ClockSetup = {
      clock() {
        const clock = new VirtualClock();
        const bound: Clock = {
          now: () => clock.now(),
          wall: () => clock.wall(),
          after: (ms, callback) => clock.after(ms, callback),
        };
        return Object.assign(bound, change({ ...bound }), { run: (ms: number) => clock.run(ms) });
      },
      pass: (clock, ms) => (clock as VirtualClock).run(ms),
    };
    expect(await failureOf(clockCases(setup, { orderedTies: true, earlyMs: 0, soon: true }), found)).toMatch(
      'expected',
    );
  });
});
