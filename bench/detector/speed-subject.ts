/**
 * A process that measures one kind of detector, ours or a peer's. Each has one of its own, as a program that uses one of
 * them: what several share would otherwise be compiled for all of them at once, and be slower for each.
 */
import type * as Detectors from 'quorate/detector';
import type { FailureDetector } from 'quorate/detector';
import { answer } from '../child.js';
import { keep } from '../harness.js';

/** What to measure: nanoseconds of a call, or the bytes of a detector besides its samples. */
export interface Question {
  readonly subject: string;
  readonly what: 'heartbeat' | 'isSuspect' | 'suspicion' | 'deadline' | 'bytes';
  readonly seconds: number;
}

/** What detectors have in common, ours and others. */
interface Subject {
  heartbeat(at: number, sequence: number): void;
  isSuspect(now: number): boolean;
  suspicion(now: number): number;
  deadline?(): number;
}

interface Maker {
  /** How many samples it remembers by default; 0 without a window. */
  readonly window: number;
  /** Only the one that is measured is loaded. */
  load(): Promise<(windowSize: number) => Subject>;
}

const own: Readonly<Record<string, Maker>> = {
  FixedTimeout: ours(
    0,
    ({ FixedTimeout }) =>
      () =>
        new FixedTimeout(),
  ),
  MissedChecks: ours(
    0,
    ({ MissedChecks }) =>
      () =>
        new MissedChecks(),
  ),
  ChenNfdS: ours(
    0,
    ({ ChenNfdS }) =>
      () =>
        new ChenNfdS({ firstSentAt: 0 }),
  ),
  ChenNfdE: ours(
    32,
    ({ ChenNfdE }) =>
      (windowSize) =>
        new ChenNfdE({ windowSize }),
  ),
  TwoWindow: ours(
    1000,
    ({ TwoWindow }) =>
      (windowSize) =>
        new TwoWindow({ windowSize }),
  ),
  Bertier: ours(
    1000,
    ({ Bertier }) =>
      (windowSize) =>
        new Bertier({ windowSize }),
  ),
  LogisticPhi: ours(
    1000,
    ({ LogisticPhi }) =>
      (windowSize) =>
        new LogisticPhi({ windowSize }),
  ),
  NormalPhi: ours(
    1000,
    ({ NormalPhi }) =>
      (windowSize) =>
        new NormalPhi({ windowSize }),
  ),
  ExponentialPhi: ours(
    1000,
    ({ ExponentialPhi }) =>
      (windowSize) =>
        new ExponentialPhi({ windowSize }),
  ),
};

/** What a program pays for each of them that uses all kinds at once. */
const together: Maker = {
  window: 1000,
  load: async () => {
    const all = await Promise.all(Object.values(own).map(async (maker) => (await maker.load())(maker.window || 1)));
    return () => ({
      heartbeat: (at, sequence) => {
        for (const one of all) one.heartbeat(at, sequence);
      },
      isSuspect: (now) => all.filter((one) => one.isSuspect(now)).length > 0,
      suspicion: (now) => all.reduce((sum, one) => sum + one.suspicion(now), 0),
      deadline: () => all.reduce((sum, one) => sum + one.deadline!(), 0),
    });
  },
};

const makers: Readonly<Record<string, Maker>> = {
  ...own,
  together,
  'adaptive-accrual-failure-detector': {
    window: 1000,
    load: async () => {
      const { FailureDetector } = await import('adaptive-accrual-failure-detector');
      return (sampleSize) => {
        const detector = new FailureDetector({ sampleSize });
        return {
          heartbeat: (at) => detector.registerHeartbeat(at),
          isSuspect: (now) => detector.checkFailure(now),
          suspicion: (now) => detector.calculateFailureProbability(now),
        };
      };
    },
  },
  afd: {
    window: 1000, // 100 by default: as many as the others
    load: async () => {
      const { default: afd } = await import('afd');
      return (windowSize) => {
        const detector = afd(windowSize, 1);
        return {
          heartbeat: (at) => detector.report(at),
          isSuspect: (now) => detector.phi(now) >= 8,
          suspicion: (now) => detector.phi(now),
        };
      };
    },
  },
};

/** What makes one with a window of this size, of all that is exported. */
type Make = (detectors: typeof Detectors) => (windowSize: number) => FailureDetector;

function ours(window: number, make: Make): Maker {
  return { window, load: async () => make(await import('quorate/detector')) };
}

const INTERVAL = 1000;
/** Delays up to 30 ms, and times at which is asked, up to an interval and a half behind the last heartbeat. */
const delays = Float64Array.from({ length: 4096 }, (_, i) => (((i * 7919) % 4096) / 4096) * 30);
const waits = Float64Array.from({ length: 4096 }, (_, i) => 30 + (((i * 5051) % 4096) / 4096) * 1.5 * INTERVAL);
const arrivalOf = (sequence: number): number => sequence * INTERVAL + delays[sequence & 4095]!;

/** Heartbeats go on from one question to the next. */
let detector: Subject | undefined;
let sent = 1; // some take a time of 0 for none

answer(async ({ subject, what, seconds }: Question): Promise<number> => {
  const maker = makers[subject]!;
  const { window } = maker;
  const make = await maker.load();
  if (what === 'bytes') return bytes(() => make(100), window === 0 ? 0 : 100);
  if (detector === undefined) {
    detector = make(window);
    for (; sent < 2 * window + 100; sent++) detector.heartbeat(arrivalOf(sent), sent);
  }
  return what === 'heartbeat' ? heartbeats(detector, seconds) : questions(detector, what, seconds);
});

function heartbeats(subject: Subject, seconds: number): number {
  return timed(seconds, (calls) => {
    for (const end = sent + calls; sent < end; sent++) subject.heartbeat(arrivalOf(sent), sent);
  });
}

type Asked = Exclude<Question['what'], 'heartbeat' | 'bytes'>;

/** Loops of their own, so that each calls one method only; sums, so that no number is put into an object. */
const loops: Readonly<Record<Asked, (subject: Subject, last: number, calls: number) => number>> = {
  isSuspect: (subject, last, calls) => {
    let sum = 0;
    for (let i = 0; i < calls; i++) if (subject.isSuspect(last + waits[i & 4095]!)) sum++;
    return sum;
  },
  suspicion: (subject, last, calls) => {
    let sum = 0;
    for (let i = 0; i < calls; i++) sum += subject.suspicion(last + waits[i & 4095]!);
    return sum;
  },
  deadline: (subject, _last, calls) => {
    let sum = 0;
    for (let i = 0; i < calls; i++) sum += subject.deadline!();
    return sum;
  },
};

function questions(subject: Subject, what: Asked, seconds: number): number {
  const last = arrivalOf(sent - 1);
  return timed(seconds, (calls) => keep(loops[what](subject, last, calls)));
}

/** Nanoseconds a call, of processor time: nothing here waits, and what else runs on the machine then matters little. */
function timed(seconds: number, run: (calls: number) => void): number {
  const start = process.cpuUsage().user;
  let took = 0;
  let calls = 0;
  for (; took < seconds * 1e6; took = process.cpuUsage().user - start, calls += 4096) run(4096);
  return (1000 * took) / calls;
}

/** The bytes of each of 100,000 that have a full window, besides their samples of 8 bytes. */
function bytes(make: () => Subject, samples: number): number {
  const COUNT = 100_000;
  const all = new Array<Subject | undefined>(COUNT).fill(undefined);
  const before = used();
  for (let i = 0; i < COUNT; i++) {
    const one = (all[i] = make());
    for (let sequence = 1; sequence <= samples + 2; sequence++) one.heartbeat(arrivalOf(sequence), sequence);
  }
  const taken = (used() - before) / COUNT - 8 * samples;
  keep(all);
  return taken;
}

function used(): number {
  global.gc!();
  global.gc!();
  const { heapUsed, external } = process.memoryUsage(); // `external` has array buffers in it
  return heapUsed + external;
}
