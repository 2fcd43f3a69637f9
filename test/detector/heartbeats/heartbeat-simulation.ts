import { nextRandom, seedRandom, type NodeId } from '../../../src/core/index.js';
import { create, initialState } from '../../../src/detector/heartbeats.js';
import type {
  HeartbeatCommand,
  HeartbeatMachine,
  HeartbeatMessage,
  HeartbeatOptions,
  HeartbeatOutput,
  HeartbeatState,
} from '../../../src/detector/heartbeats.js';
import { formatGpid, parseGpid, type Gpid } from '../../../src/id/index.js';
import {
  InvariantViolation,
  nemesis,
  Simulation,
  type SimulatedHost,
  type SimulatedProtocol,
  type TraceEvent,
} from '../../../src/testing/index.js';

const NODES = ['a', 'b', 'c', 'd', 'e'];
const INTERVAL_MS = 100;
/** What the default detector allows. */
const TIMEOUT_MS = 5 * INTERVAL_MS;
const FIRST_MS = 3000;
/** How much faster or slower each clock may run. */
const DRIFT = 0.05;
/** Pauses and jumps of clocks are at least that long, so that they are noticed. */
const LEAST_PAUSE_MS = 300;
/** Some messages are overtaken by those of the next run. */
const CONDITIONS = { clockDrift: DRIFT, delayed: 0.04, delayMs: [20, 1200] } as const;
/** How long a message may be under way: delayed, and then held up. */
const OLDEST_MESSAGE_MS = 10 + 1200 + 1000;
/** After that long a crash must have been noticed, by whoever is not disturbed himself. */
const NOTICED_MS = OLDEST_MESSAGE_MS + (TIMEOUT_MS + 10) * (1 + 2 * DRIFT);
/** After that long without faults all trust each other. */
const SETTLE_MS = 10_000;
/** The same where clocks were set back: a late heartbeat can then be taken for that of a new run, for a minute. */
const SETTLE_CLOCKS_MS = 75_000;

type Host = SimulatedHost<HeartbeatCommand, never, HeartbeatState, Incarnation, null>;

/** What belongs to one run of one process. */
interface Incarnation {
  readonly run: string;
  readonly startedAt: number;
  /** When it last stood still, or its clock jumped. */
  disturbedAt: number;
  /** The runs of each peer that a later one took the place of. */
  readonly banned: Map<NodeId, Set<string>>;
  /** When the last heartbeat of each run was taken in that had a new number, and that number. */
  readonly heard: Map<string, { readonly at: number; readonly sequence: number }>;
}

/** What happened in a run, so that one in which nothing did is noticed. */
export interface Tally {
  trusted: number;
  suspected: number;
  restarted: number;
  stopped: number;
  paused: number;
  crashesNoticed: number;
}

/**
 * Five processes that watch each other, on a bad network, with crashes, restarts (some with a clock that was set back),
 * pauses and clocks that drift and jump. Throws when a monitor says what cannot be.
 */
export function runHeartbeats(seed: number): { readonly tally: Tally; readonly trace: number } {
  const processes = new Processes(seed);
  try {
    processes.run();
  } catch (error) {
    const recent = processes.simulation.describeRecent().split('\n').slice(-30).join('\n');
    throw new Error(`seed ${seed}, at ${processes.simulation.now} ms: ${(error as Error).message}\n${recent}`, {
      cause: error,
    });
  }
  return { tally: processes.tally, trace: processes.simulation.trace };
}

class Processes implements SimulatedProtocol<
  HeartbeatMessage,
  HeartbeatCommand,
  HeartbeatOutput,
  never,
  HeartbeatState,
  Incarnation,
  null
> {
  readonly simulation;
  readonly tally: Tally = { trusted: 0, suspected: 0, restarted: 0, stopped: 0, paused: 0, crashesNoticed: 0 };
  readonly #durationMs = 20_000;
  readonly #setsClocksBack: boolean;
  readonly #random: () => number;
  readonly #runs = new Map<NodeId, number>();
  #started = false;

  constructor(seed: number) {
    const state = seedRandom(seed, 0xbea7);
    this.#random = () => nextRandom(state);
    this.#setsClocksBack = seed % 4 === 0;
    const never = { crashEveryMs: Infinity, crashEverySteps: Infinity, pauseEveryMs: Infinity, stallEveryMs: Infinity };
    const weights = {
      ...never,
      clockJumpEveryMs: Infinity,
      diskFailureEveryMs: Infinity,
      lostDiskEveryMs: Infinity,
      cutMs: [100, 3000],
    } as const;
    const faults = nemesis({ seed, nodes: NODES, durationMs: this.#durationMs, weights });
    const onEvent = (event: TraceEvent): void => this.#saw(event);
    this.simulation = new Simulation({ seed, nodes: NODES, faults, conditions: CONDITIONS, onEvent }, this);
    this.#started = true;
    for (const id of NODES) this.#introduce(id);
  }

  run(): void {
    this.#every(2000, (host) => this.#crash(host));
    this.#every(2000, (host) => this.#crashTwice(host));
    this.#every(2500, (host) => this.#pause(host));
    this.#every(6000, (host) => this.#jump(host));
    this.#every(8000, (host) => this.#stop(host));
    this.simulation.run(this.#durationMs);
    this.simulation.heal();
    for (const { application } of this.simulation.nodes.values())
      application.disturbedAt = Math.min(application.disturbedAt, this.#durationMs);
    this.simulation.run(this.#setsClocksBack ? SETTLE_CLOCKS_MS : SETTLE_MS);
    this.#requireTrust();
  }

  start(id: NodeId): { machine: HeartbeatMachine; application: Incarnation } {
    const now = this.#started ? this.simulation.now : 0;
    const number = (this.#runs.get(id) ?? 0) + 1;
    this.#runs.set(id, number);
    const back = this.#setsClocksBack && this.#random() < 0.5 ? 30_000_000 : 0;
    const startTimeUs = 1_700_000_000_000_000 + Math.floor(now * 1000) - back;
    const gpid: Gpid = { ip: `10.0.0.${NODES.indexOf(id)}`, port: 1, startTimeUs, pid: number };
    const options: HeartbeatOptions = { gpid, intervalMs: INTERVAL_MS, firstHeartbeatMs: FIRST_MS };
    if (this.#started) this.simulation.after(1, () => this.#introduce(id));
    const run = formatGpid(gpid);
    const application = { run, startedAt: now, disturbedAt: -Infinity, banned: new Map(), heard: new Map() };
    return { machine: create(options, initialState(options)), application };
  }

  #introduce(id: NodeId): void {
    const host = this.simulation.nodes.get(id)!;
    for (const peer of NODES) {
      if (peer === id) continue;
      host.command({ type: 'watch', peer });
      host.command({ type: 'beatTo', peer });
    }
  }

  check(): void {}

  deliver(host: Host, output: HeartbeatOutput): void {
    if (output.type in this.tally) this.tally[output.type as keyof Tally]++;
    if (output.type === 'trusted' || output.type === 'restarted') {
      const banned = host.application.banned.get(output.peer) ?? new Set();
      // Where a clock was set back, a late heartbeat can end the reign of a run that lives, which is then back in a minute.
      const lives = this.simulation.nodes.get(output.peer)!.application.run === output.run;
      if (banned.has(output.run) && !lives) this.#violated(`${host.id} brings a dead run of ${output.peer} back`);
      if (output.type === 'trusted') return;
      if (parseGpid(output.run).startTimeUs > parseGpid(output.previous).startTimeUs) banned.add(output.previous);
      host.application.banned.set(output.peer, banned);
    } else if (output.type === 'suspected' && output.reason === 'silence') {
      this.#convicted(host, output.peer, output.run);
    }
  }

  /** Silence convicts only whom the monitor would have heard: it ran for all that time, and no heartbeat was taken in. */
  #convicted({ id, application }: Host, peer: NodeId, run: string | null): void {
    const heardAt = run === null ? application.startedAt : application.heard.get(`${peer} ${run}`)!.at;
    const since = this.simulation.now - Math.max(heardAt, application.disturbedAt);
    const least = (run === null ? FIRST_MS : TIMEOUT_MS) / (1 + DRIFT) - 1;
    if (since < least) this.#violated(`${id} convicts ${peer} ${run} after ${since} ms`);
  }

  #crash(host: Host, downMs = this.#random() < 0.2 ? 4000 : 5 + 600 * this.#random()): void {
    const { run } = host.application;
    const at = this.simulation.now;
    this.simulation.fault({ type: 'crash', node: host.id, downMs });
    const monitors = [...this.simulation.nodes.values()].filter((other) => other !== host && other.up);
    const incarnations = monitors.map(({ application }) => application);
    this.simulation.after(NOTICED_MS, () => {
      for (const [i, monitor] of monitors.entries()) {
        const { application } = monitor;
        // A pause before that gives the dead as much time as a heartbeat.
        if (!monitor.up || application !== incarnations[i] || application.disturbedAt >= at) continue;
        const known = monitor.state().peers.find(({ id }) => id === host.id);
        if (known?.run !== run) continue;
        if (known.condition === 'trusted') this.#violated(`${monitor.id} has not noticed the crash of ${host.id}`);
        this.tally.crashesNoticed++;
      }
    });
  }

  /** It comes back for a few heartbeats only. */
  #crashTwice(host: Host): void {
    this.#crash(host, 5);
    this.simulation.after(5 + INTERVAL_MS * (1 + 3 * this.#random()), () => (host.up ? this.#crash(host) : undefined));
  }

  #pause(host: Host): void {
    const ms = LEAST_PAUSE_MS + 3000 * this.#random() ** 2;
    const { application } = host;
    application.disturbedAt = Infinity;
    this.simulation.fault({ type: 'pause', node: host.id, ms });
    this.simulation.after(ms, () => (application.disturbedAt = Math.min(this.simulation.now, this.#durationMs)));
  }

  #jump(host: Host): void {
    host.application.disturbedAt = Math.max(host.application.disturbedAt, this.simulation.now);
    this.simulation.fault({ type: 'clockJump', node: host.id, ms: LEAST_PAUSE_MS + 5000 * this.#random() });
  }

  /** It stops in good order, and another run follows. */
  #stop(host: Host): void {
    host.command({ type: 'stop' });
    this.simulation.after(200, () => (host.up ? this.#crash(host) : undefined));
  }

  #saw({ at, node, what }: TraceEvent): void {
    if (what.type !== 'message' || !this.#started) return;
    const { from, message } = what as unknown as { from: NodeId; message: HeartbeatMessage };
    if (message.type === 'stopping') return;
    const { heard } = this.simulation.nodes.get(node)!.application;
    const { sequence, run } = message;
    if (sequence > (heard.get(`${from} ${run}`)?.sequence ?? -1)) heard.set(`${from} ${run}`, { at, sequence });
  }

  #requireTrust(): void {
    const hosts = [...this.simulation.nodes.values()];
    for (const host of hosts) {
      const known = new Map(host.state().peers.map((peer) => [peer.id, peer]));
      for (const other of hosts) {
        if (other === host) continue;
        const { condition, run } = known.get(other.id)!;
        if (condition !== 'trusted' || run !== other.application.run)
          this.#violated(`in the end ${host.id} takes ${other.id} for ${condition}, run ${run}`);
      }
    }
  }

  /** Something happens to a node that is up and not paused, now and then. */
  #every(meanMs: number, happen: (host: Host) => void): void {
    this.simulation.after(2 * meanMs * this.#random(), () => {
      if (this.simulation.now >= this.#durationMs - 700) return;
      const host = this.simulation.nodes.get(NODES[Math.floor(NODES.length * this.#random())]!)!;
      if (host.up && host.application.disturbedAt < Infinity) happen(host);
      this.#every(meanMs, happen);
    });
  }

  #violated(what: string): never {
    throw new InvariantViolation(what);
  }
}
