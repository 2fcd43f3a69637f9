import { seededRandom, type NodeId } from '../../src/core/index.js';
import type * as Raft from '../../src/raft/index.js';
import {
  Simulation,
  type SimulatedFaults,
  type SimulatedHost,
  type SimulatedProtocol,
} from '../../src/testing/index.js';
import { RaftInvariants } from './raft-invariants.js';

/** The module under test: the sources, or a copy with a bug planted in it. */
export type RaftModule = Pick<typeof Raft, 'create' | 'initialState' | 'replay' | 'replaySnapshot'>;

/** What a simulated state machine holds: a digest of everything applied, in order. */
export interface Application {
  index: number;
  digest: number;
  /** The snapshot that the machine is to store. */
  snapshot: { index: number; digest: number } | null;
  /** The pieces of a snapshot from the leader. */
  incoming: Uint8Array[];
  /** Proposals that the machine has accepted: what a client waits for. */
  readonly open: Map<number, number>;
}

/** A checkpoint on a simulated disk. */
export interface Checkpoint {
  readonly header: Raft.SnapshotHeader;
  readonly bytes: Uint8Array;
}

/** A node of the simulated cluster. */
export type Host = SimulatedHost<Raft.RaftCommand, Raft.RaftRecord, Raft.RaftState, Application, Checkpoint>;

/** What a run of the simulation did. */
export interface RunResult {
  readonly seed: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly trace: number;
  readonly elections: number;
  readonly committed: number;
  readonly installed: number;
}

/** Options of {@link runSimulation}. */
export interface RunOptions {
  readonly seed: number;
  readonly raft: RaftModule;
  /** @defaultValue 3 or 5, by the seed */
  readonly nodes?: number;
  /** How long faults happen, before all heals. @defaultValue 4000 */
  readonly faultyMs?: number;
  /** How often a client proposes. @defaultValue 20 */
  readonly proposeEveryMs?: number;
  readonly faults?: Partial<SimulatedFaults>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Runs a Raft cluster through faults, heals it, and requires that it then works: whatever was proposed last is applied
 * by all. Throws what the invariants throw, with the seed and the last events.
 */
export function runSimulation(options: RunOptions): RunResult {
  const cluster = new RaftCluster(options);
  try {
    cluster.run();
  } catch (error) {
    const nodes = options.nodes === undefined ? '' : ` --nodes ${options.nodes}`;
    const again = `npm run sim -- raft --seed ${options.seed} --runs 1${nodes}`;
    const message = `seed ${options.seed}, step ${cluster.simulation.steps}: ${(error as Error).message}`;
    throw new Error(`${message}\nrun again: ${again}\n${cluster.simulation.describeRecent()}`, { cause: error });
  }
  return cluster.result();
}

/**
 * Each seed has faults of its own: some often, some seldom, some not at all. Bugs hide where several of one kind meet
 * few of another, and a single mixture would never get there (Groce et al., "Swarm Testing", 2012).
 */
function swarm(random: () => number): Partial<SimulatedFaults> {
  const one = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;
  return {
    latencyMs: one<readonly [number, number]>([1, 10], [1, 3], [1, 60]),
    delayed: one(0, 0.03, 0.2),
    loss: one(0, 0.03, 0.2),
    duplication: one(0, 0.02, 0.1),
    partitionEveryMs: one(500, 2000, Infinity),
    partitionMs: one<readonly [number, number]>([50, 400], [100, 1500]),
    crashEveryMs: one(300, 2000, Infinity),
    crashPerStep: one(0, 0.001, 0.005),
    downMs: one<readonly [number, number]>([1, 30], [5, 1000]),
    diskMs: one<readonly [number, number]>([0.1, 2], [0.1, 10], [5, 80]),
    stallEveryMs: one(1000, 3000, Infinity),
    clockJumpEveryMs: one(500, 5000, Infinity),
  };
}

class RaftCluster implements SimulatedProtocol<
  Raft.RaftMessage,
  Raft.RaftCommand,
  Raft.RaftOutput,
  Raft.RaftRecord,
  Raft.RaftState,
  Application,
  Checkpoint
> {
  readonly simulation;
  readonly #options: RunOptions;
  readonly #ids: readonly NodeId[];
  readonly #invariants = new RaftInvariants();
  readonly #preVote: boolean;
  readonly #checkQuorum: boolean;
  readonly #maxAppendBytes: number;
  readonly #maxInflightAppends: number;
  readonly #leaderCrash: number;
  readonly #electionTimeoutMs: number;
  #healed = false;
  #proposals = 0;
  #installed = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    const { seed } = options;
    const random = seededRandom(seed, 2);
    const nodes = options.nodes ?? (random() < 0.6 ? 3 : 5);
    this.#ids = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
    this.#preVote = random() < 0.5;
    this.#checkQuorum = random() < 0.7;
    this.#maxAppendBytes = random() < 0.5 ? 1 : 300;
    this.#maxInflightAppends = random() < 0.5 ? 1 : 4;
    this.#leaderCrash = [0, 0.5, 0.95][Math.floor(random() * 3)]!;
    this.#electionTimeoutMs = random() < 0.5 ? 50 : 150;
    const faults = { ...swarm(random), ...options.faults };
    this.simulation = new Simulation({ seed, nodes: this.#ids, faults }, this);
  }

  run(): void {
    const { faultyMs = 4000 } = this.#options;
    this.#propose();
    this.#read();
    this.#takeSnapshots();
    this.simulation.run(faultyMs);
    this.#healed = true;
    this.simulation.heal();
    this.simulation.run(2000);
    const { committed } = this.#invariants;
    for (let waited = 0; waited < 20_000 && !this.#allApplied(committed + 1); waited += 1000) this.simulation.run(1000);
    this.#requireProgress(committed);
  }

  result(): RunResult {
    const { steps, now, trace } = this.simulation;
    const { elections, committed } = this.#invariants;
    const { seed } = this.#options;
    return { seed, steps, simulatedMs: now, trace, elections, committed, installed: this.#installed };
  }

  start(id: NodeId, disk: Host['disk']): { machine: Raft.RaftMachine; application: Application } {
    const { raft, seed } = this.#options;
    const options = {
      id,
      seed,
      preVote: this.#preVote,
      checkQuorum: this.#checkQuorum,
      electionTimeoutMs: this.#electionTimeoutMs,
      heartbeatIntervalMs: this.#electionTimeoutMs / 5,
      maxAppendBytes: this.#maxAppendBytes,
      maxInflightAppends: this.#maxInflightAppends,
      maxApplyBytes: 400,
      logMemoryBytes: 1000,
      snapshotChunkBytes: 20,
      stalledWriteMs: 500,
    };
    const state = raft.initialState(options);
    const application: Application = { index: 0, digest: 0, snapshot: null, incoming: [], open: new Map() };
    if (disk.checkpoint !== null) {
      raft.replaySnapshot(state, disk.checkpoint.header);
      restore(application, disk.checkpoint.bytes);
    }
    if (disk.records.length === 0 && disk.checkpoint === null) {
      const voters = this.#ids.map((voter) => ({ id: voter, address: null }));
      disk.records.push({ type: 'configuration', index: 1, term: 1, data: { voters } });
    }
    for (const record of disk.records) raft.replay(state, record);
    return { machine: raft.create(options, state), application };
  }

  written(host: Host, writes: readonly Raft.RaftRecord[]): void {
    this.#invariants.written(host, writes);
  }

  check(host: Host): void {
    this.#invariants.check(host);
  }

  deliver(host: Host, output: Raft.RaftOutput): void {
    switch (output.type) {
      case 'apply':
        return this.#apply(host, output.entries);
      case 'readLog':
        return this.#readLog(host, output);
      case 'readable':
        return this.#invariants.readable(output.id, output.index);
      case 'checkpoint':
        return this.#checkpoint(host, output);
      case 'readSnapshot':
        return this.#readSnapshot(host, output);
      case 'receiveSnapshot':
        return this.#receiveSnapshot(host, output);
      case 'abandonSnapshot':
        host.application.incoming = [];
        return;
      case 'role':
        return output.role === 'leader' ? this.#troubleLeader(host) : undefined;
      default: // accepted and refused need no help
    }
  }

  /** New leaders crash soon, before or after their first entries have reached the others. */
  #troubleLeader(host: Host): void {
    const { simulation } = this;
    if (this.#healed || simulation.random() >= this.#leaderCrash) return;
    simulation.after((simulation.random() < 0.5 ? 6 : 60) * simulation.random(), () => {
      if (!this.#healed) simulation.crash(host.id, 1 + 200 * simulation.random() ** 2);
    });
  }

  #apply(host: Host, entries: readonly Raft.Entry[]): void {
    const { application } = host;
    for (const entry of entries) {
      application.digest = this.#invariants.applied(host, application, entry);
      application.index = entry.index;
    }
    host.command({ type: 'applied', index: application.index }, this.simulation.random() < 0.5 ? 0 : 5);
  }

  #readLog(host: Host, { reader, from, to, maxBytes }: Raft.RaftOutput & { type: 'readLog' }): void {
    const entries = readEntries(host.disk.records, from, to, maxBytes);
    host.command({ type: 'logRead', reader, entries }, this.simulation.random() * 5);
  }

  #checkpoint(host: Host, output: Raft.RaftOutput & { type: 'checkpoint' }): void {
    const { index, term, configuration, carry } = output;
    const { snapshot } = host.application;
    if (snapshot?.index !== index) return;
    const firstIndex = Math.max(host.state().log.firstIndex, index - 3);
    const checkpoint = { header: { index, term, configuration }, bytes: encoder.encode(JSON.stringify(snapshot)) };
    this.#replace(host, checkpoint, firstIndex, carry, () => {
      host.command({ type: 'compacted', index, firstIndex });
    });
  }

  #replace(host: Host, checkpoint: Checkpoint, keepFrom: number, carry: Raft.HardState, done: () => void): void {
    // What was appended before this moment and is no log entry is in `carry`; what comes later stays.
    const before = new Set<Raft.RaftRecord>([...host.disk.records, ...host.disk.pending()]);
    const keep = (record: Raft.RaftRecord): boolean =>
      record.type === 'hardState' ? !before.has(record) : record.index >= keepFrom;
    host.disk.replace({ checkpoint, keep, carry: [carry] }, done);
    this.simulation.diskChanged(host.id);
  }

  #readSnapshot(host: Host, { to, index, offset, maxBytes }: Raft.RaftOutput & { type: 'readSnapshot' }): void {
    const { checkpoint } = host.disk;
    const bytes = checkpoint?.header.index === index ? checkpoint.bytes : null;
    const data = bytes === null ? null : bytes.slice(offset, offset + maxBytes);
    const done = data !== null && offset + data.length >= bytes!.length;
    host.command({ type: 'snapshotRead', to, index, offset, data, done }, this.simulation.random() * 5);
  }

  #receiveSnapshot(host: Host, output: Raft.RaftOutput & { type: 'receiveSnapshot' }): void {
    const { application } = host;
    const { index, term, configuration, offset, data, done, carry } = output;
    if (offset === 0) application.incoming = [];
    application.incoming.push(data);
    host.command({ type: 'snapshotReceived', index, offset: offset + data.length }, 1);
    if (!done) return;
    const bytes = Uint8Array.from(application.incoming.flatMap((piece) => [...piece]));
    this.#replace(host, { header: { index, term, configuration }, bytes }, Infinity, carry, () => {
      restore(application, bytes);
      this.#invariants.restored(host, application);
      this.#installed++;
      host.command({ type: 'installed', index }, 2);
    });
  }

  #propose(): void {
    const { proposeEveryMs = 20 } = this.#options;
    for (const host of this.simulation.nodes.values()) {
      if (!host.up || (host.state().role !== 'leader' && this.simulation.random() > 0.1)) continue;
      const count = this.#healed ? 1 : 1 + Math.floor(this.simulation.random() ** 2 * 8);
      const payloads = Array.from({ length: count }, () => encoder.encode(`command ${++this.#proposals}`));
      host.command({ type: 'propose', id: this.#proposals, payloads });
    }
    const pause = this.#healed ? 200 : proposeEveryMs;
    this.simulation.after(pause * 2 * this.simulation.random(), () => this.#propose());
  }

  #read(): void {
    for (const host of this.simulation.nodes.values()) {
      if (host.up && this.simulation.random() < 0.5) host.command({ type: 'read', id: this.#invariants.startRead() });
    }
    this.simulation.after(100 * this.simulation.random(), () => this.#read());
  }

  #takeSnapshots(): void {
    for (const host of this.simulation.nodes.values()) {
      const { application } = host;
      if (!host.up || application.index === 0 || this.simulation.random() < 0.7) continue;
      application.snapshot = { index: application.index, digest: application.digest };
      host.command({ type: 'snapshot', index: application.index });
    }
    this.simulation.after(300, () => this.#takeSnapshots());
  }

  #allApplied(index: number): boolean {
    return [...this.simulation.nodes.values()].every(({ application }) => application.index >= index);
  }

  #requireProgress(committed: number): void {
    if (this.#allApplied(committed + 1)) return;
    const places = Array.from(this.simulation.nodes.values(), ({ id, application }) => `${id} ${application.index}`);
    throw new Error(`liveness: ${committed} was committed after healing, much later still: ${places.join(', ')}`);
  }
}

function restore(application: Application, bytes: Uint8Array): void {
  const { index, digest } = JSON.parse(decoder.decode(bytes)) as { index: number; digest: number };
  application.index = index;
  application.digest = digest;
}

/** What a journal returns: the latest entry of each index, as long as they follow each other. */
function readEntries(records: readonly Raft.RaftRecord[], from: number, to: number, maxBytes: number): Raft.Entry[] {
  const latest = new Map<number, Raft.Entry>();
  for (const record of records) if (record.type !== 'hardState') latest.set(record.index, record);
  const entries: Raft.Entry[] = [];
  let bytes = 0;
  for (let index = from; index <= to && latest.has(index) && (bytes < maxBytes || entries.length === 0); index++) {
    const entry = latest.get(index)!;
    entries.push(entry);
    bytes += entry.type === 'command' ? entry.data.length + 64 : 64;
  }
  return entries;
}
