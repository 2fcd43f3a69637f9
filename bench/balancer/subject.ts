/**
 * A process that measures one strategy, ours or a peer's. Each has one of its own, as a program that uses one of them: what
 * several share would otherwise be compiled for all of them at once, and be slower for each.
 */
import { seededRandom } from 'quorate/core';
import type * as Balancers from 'quorate/balancer';
import type { Lease } from 'quorate/balancer';
import { answer } from '../child.js';
import { keep } from '../harness.js';

/** What to measure: nanoseconds of a request, which are its pick and its end, or of its pick alone. */
export interface Question {
  readonly subject: string;
  readonly part: 'request' | 'pick';
  readonly nodes: number;
  readonly seconds: number;
}

/** Picks, for a request with this key, and returns what it is told when the request is over. */
type Pick = (key: string) => Lease | null;

/** Makes one with these nodes. Only what is measured is loaded. */
type Maker = (names: readonly string[]) => Promise<Pick>;

const PER_NODE = 2;
const WARM_UP_SECONDS = 0.5;
/** As many different requests as orders in which they end, before all begins anew. */
const KEYS = 65_536;
const keys = Array.from({ length: KEYS }, (_, i) => `session:${String(i * 97).padStart(8, '0')}`);
const clients = Array.from({ length: KEYS }, (_, i) => `10.${i >> 8}.${i & 255}.${(i * 7919) & 255}`);

const makers: Readonly<Record<string, Maker>> = {
  RoundRobin: ours(({ RoundRobin }, names) => new RoundRobin(names)),
  SmoothWeightedRoundRobin: ours(
    ({ SmoothWeightedRoundRobin }, names) => new SmoothWeightedRoundRobin(weighted(names)),
  ),
  StaticRoundRobin: ours(({ StaticRoundRobin }, names) => new StaticRoundRobin(weighted(names))),
  EarliestDeadlineFirst: ours(({ EarliestDeadlineFirst }, names) => new EarliestDeadlineFirst(weighted(names))),
  Random: ours(({ Random }, names) => new Random(names)),
  WeightedRandom: ours(({ WeightedRandom }, names) => new WeightedRandom(weighted(names))),
  LeastConnections: ours(({ LeastConnections }, names) => new LeastConnections(names)),
  NginxLeastConnections: ours(({ NginxLeastConnections }, names) => new NginxLeastConnections(names)),
  LeastOutstanding: ours(({ LeastOutstanding }, names) => new LeastOutstanding(names)),
  PowerOfTwoChoices: ours(({ PowerOfTwoChoices }, names) => new PowerOfTwoChoices(names)),
  PeakEwma: ours(({ PeakEwma }, names) => new PeakEwma(names)),
  /** To know what the strategy costs by itself: the clock of the platform is asked twice a request. */
  'PeakEwma, idle clock': ours(({ PeakEwma }, names) => {
    let now = 0;
    return new PeakEwma(names, { now: () => (now += 0.25) });
  }),
  LatencyQuantile: ours(({ LatencyQuantile }, names) => new LatencyQuantile(names)),
  ConsistentHashing: async (names) => {
    const { ConsistentHashing } = await import('quorate/balancer');
    const balancer = new ConsistentHashing<string>(names, { key: (key) => key });
    return (key) => balancer.pick(key);
  },
  NginxIpHash: async (names) => {
    const { NginxIpHash } = await import('quorate/balancer');
    let next = 0;
    const balancer = new NginxIpHash<number>(names, { address: (i) => clients[i & (KEYS - 1)] });
    return () => balancer.pick(next++);
  },
  'load-balancers P2cBalancer': async (names) => {
    const { P2cBalancer } = await import('load-balancers');
    const balancer = new P2cBalancer(names.length);
    return () => nothing(names[balancer.pick()]);
  },
  'load-balancers RandomBalancer': async (names) => {
    const { RandomBalancer } = await import('load-balancers');
    const balancer = new RandomBalancer(names.length);
    return () => nothing(names[balancer.pick()]);
  },
  'moleculer RoundRobin': moleculer('RoundRobin'),
  'moleculer Random': moleculer('Random'),
  'moleculer Shard': moleculer('Shard'),
  'undici BalancedPool': undici,
};

/** Weights of 1 to 4, in turn. */
function weighted(names: readonly string[]): [string, number][] {
  return names.map((name, i) => [name, 1 + (i % 4)]);
}

type Make = (balancers: typeof Balancers, names: readonly string[]) => { pick(): Lease };

function ours(make: Make): Maker {
  return async (names) => {
    const balancer = make(await import('quorate/balancer'), names);
    return () => balancer.pick();
  };
}

/** Peers are told nothing when a request is over. */
function nothing(chosen: unknown): null {
  keep(chosen);
  return null;
}

/** A strategy as the registry of a broker has it, which is not started; it is given the list of endpoints each time. */
function moleculer(name: 'RoundRobin' | 'Random' | 'Shard'): Maker {
  return async (names) => {
    const { default: library } = await import('moleculer');
    const broker = new library.ServiceBroker({ logger: false });
    const strategy = new library.Strategies[name](broker.registry, broker, { shardKey: 'key' });
    const endpoints = names.map((id) => ({ id }));
    const context = { params: { key: '' } };
    return (key) => {
      context.params.key = key;
      return nothing(strategy.select(endpoints, context as never));
    };
  };
}

/** What a `BalancedPool` does with a request until an upstream is chosen: these upstreams take it, and do nothing. */
async function undici(names: readonly string[]): Promise<Pick> {
  const { BalancedPool, Pool } = await import('undici');
  class IdlePool extends Pool {
    override dispatch(): boolean {
      keep(this);
      return true;
    }
  }
  const origins = names.map((name) => `http://${name}`);
  const pool = new BalancedPool(origins, { factory: (origin) => new IdlePool(origin) });
  const options = { path: '/', method: 'GET' } as const;
  return () => {
    pool.dispatch(options, {});
    return null;
  };
}

/** Requests with a strategy, two for each node at a time: each that begins follows the end of another one, drawn by lot. */
class Requests {
  readonly #pick: Pick;
  readonly #open: (Lease | null)[];
  readonly #ends: Uint16Array;
  #count = 0;

  constructor(pick: Pick, nodes: number) {
    this.#pick = pick;
    this.#open = Array.from({ length: PER_NODE * nodes }, (_, i) => pick(keys[i]!));
    const random = seededRandom(nodes);
    this.#ends = Uint16Array.from({ length: KEYS }, () => random() * PER_NODE * nodes);
  }

  run(count: number): void {
    const open = this.#open;
    const ends = this.#ends;
    const pick = this.#pick;
    for (const last = this.#count + count; this.#count < last; this.#count++) {
      const i = this.#count & (KEYS - 1);
      const ended = ends[i]!;
      open[ended]?.done();
      open[ended] = pick(keys[i]!);
    }
  }

  /** The same, but as many requests end before others begin; returns the milliseconds of the picks. */
  picks(count: number): number {
    const open = this.#open;
    const ends = this.#ends;
    const pick = this.#pick;
    const first = this.#count & (KEYS - 1); // a multiple of the count
    this.#count += count;
    for (let i = first; i < first + count; i++) open[ends[i]!]?.done(); // some once more, which changes nothing
    const began = performance.now();
    for (let i = first; i < first + count; i++) open[ends[i]!] = pick(keys[i]!);
    return performance.now() - began;
  }
}

const made = new Map<number, Requests>();

answer(async ({ subject, part, nodes, seconds }: Question): Promise<number> => {
  let requests = made.get(nodes);
  if (requests === undefined) {
    const names = Array.from({ length: nodes }, (_, i) => `10.0.${i >> 8}.${i & 255}:8080`);
    requests = new Requests(await makers[subject]!(names), nodes);
    made.set(nodes, requests);
    time(requests, WARM_UP_SECONDS); // until the code is compiled
  }
  time(requests, seconds / 4); // the process was idle meanwhile, and others had the caches
  return part === 'pick' ? timePicks(requests, nodes, seconds) : time(requests, seconds);
});

/** Nanoseconds of each pick. */
function timePicks(requests: Requests, nodes: number, seconds: number): number {
  const end = performance.now() + seconds * 1000;
  const batch = nodes < 64 ? 8 : 64; // a small part of what is in flight, and long enough to be timed
  let elapsed = 0;
  let count = 0;
  for (; performance.now() < end; count += batch) elapsed += requests.picks(batch);
  return (elapsed * 1e6) / count;
}

/** Nanoseconds of each request: of the processor, as others want it, too, that of the collector of garbage included. */
function time(requests: Requests, seconds: number): number {
  const end = performance.now() + seconds * 1000;
  const before = process.cpuUsage();
  let count = 0;
  for (; performance.now() < end; count += 1024) requests.run(1024);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / count;
}
