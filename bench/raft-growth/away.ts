import type { MeasuredCase } from '../harness.js';
import type { Load } from '../raft-cluster/client.js';
import { Cluster, type LoadOptions } from '../raft-cluster/cluster.js';
import type { ServerOptions } from '../raft-cluster/server.js';

const LOAD = { clients: 64, connections: 8, valueBytes: 128 };
/** More clients at once, only to get the entries written. */
const BULK = { ...LOAD, clients: 512 };
/** For a load that ends in another way. */
const LONG = 3600;
/** When a follower that did not catch up is given up. */
const PATIENCE_MS = 300_000;

interface Way {
  readonly name: string;
  readonly options: (entries: number) => ServerOptions;
  readonly snapshot: boolean;
}

const WAYS: readonly Way[] = [
  // The log goes back further than the follower was away.
  { name: 'from the log', options: (entries) => ({ trailingEntries: 4 * entries }), snapshot: false },
  // Less than is usual where a short run is asked for, so that the log is gone then, too.
  {
    name: 'by snapshot',
    options: (entries) => ({ snapshotEveryEntries: Math.min(entries / 10, 100_000) }),
    snapshot: true,
  },
];

/** What the clients had, and how long the follower took. */
interface Absence {
  readonly before: Load;
  readonly away: Load;
  readonly during: Load;
  readonly after: Load;
  /** From its start to its end, the start of its process included; endless when it was given up. */
  readonly catchUpMs: number;
}

async function measure({ options, snapshot }: Way, entries: number, seconds: number): Promise<Absence> {
  const cluster = await Cluster.start(3, options(entries));
  try {
    const load = (more: Partial<LoadOptions> = {}): Promise<Load> => cluster.load({ ...LOAD, seconds, ...more });
    await load(); // the first compiles
    const before = await load();
    const follower = await cluster.stopFollower();
    const away = await load();
    await load({ ...BULK, seconds: LONG, puts: entries });
    const started = performance.now();
    const loading = load({ seconds: LONG });
    loading.catch(() => {}); // it is awaited below
    await cluster.restart(follower);
    const caughtUp = await within(PATIENCE_MS, cluster.caughtUp(follower));
    const catchUpMs = caughtUp === null ? Infinity : performance.now() - started;
    cluster.endLoad();
    const during = await loading;
    if (caughtUp !== null && caughtUp.snapshot !== snapshot) throw new Error('it caught up in the other way');
    return { before, away, during, after: await load(), catchUpMs };
  } finally {
    await cluster.stop();
  }
}

/** `null` when it takes longer. */
async function within<T>(milliseconds: number, what: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(resolve, milliseconds, null)));
  return Promise.race([what, late]).finally(() => clearTimeout(timer));
}

/** A follower is away while its cluster gets `entries`, and comes back while clients are at work. */
export function awayCases(entries: number): MeasuredCase[] {
  return WAYS.flatMap((way) => {
    let last: Absence | null = null;
    const loadCases = (name: string, of: (absence: Absence) => Load): MeasuredCase[] => [
      { name: `${way.name}, ${name}`, unit: 'ops/s', measure: () => of(last!).opsPerSecond },
      { name: `${way.name}, ${name}, p50`, unit: 'ms', measure: () => of(last!).p50Ms },
      { name: `${way.name}, ${name}, p99`, unit: 'ms', measure: () => of(last!).p99Ms },
    ];
    const run = async (seconds: number): Promise<number> => {
      last = await measure(way, entries, seconds);
      return last.catchUpMs;
    };
    return [
      { name: `${way.name}, catching up with ${entries.toLocaleString('en')}`, unit: 'ms', measure: run },
      ...loadCases('before', ({ before }) => before),
      ...loadCases('a follower away', ({ away }) => away),
      ...loadCases('while it catches up', ({ during }) => during),
      ...loadCases('afterwards', ({ after }) => after),
    ];
  });
}
