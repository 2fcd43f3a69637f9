import type { NodeId } from '../../src/core/index.js';
import type * as Raft from '../../src/raft/index.js';
import { configurationOf, isEntry } from '../../src/raft/index.js';
import { Simulation, type SimulatedHost, type SimulatedProtocol, type TraceEvent } from '../../src/testing/index.js';
import { RaftInvariants } from './raft-invariants.js';
import type { ClientAction, Scenario } from './raft-scenario.js';

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

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Runs a Raft cluster through the faults of a scenario, heals it, and requires that it then works: whatever is proposed
 * after that is applied by all. Throws what the invariants throw, with the seed and the last events.
 */
export function runScenario(scenario: Scenario, raft: RaftModule, onEvent?: (event: TraceEvent) => void): RunResult {
  const cluster = new RaftCluster(scenario, raft, onEvent);
  try {
    cluster.run();
  } catch (error) {
    const { steps } = cluster.simulation;
    throw new SimulationFailure(scenario, steps, cluster.simulation.describeRecent(), error as Error);
  }
  return cluster.result();
}

/** A run that violated something, with what happened before. */
export class SimulationFailure extends Error {
  constructor(
    readonly scenario: Scenario,
    readonly steps: number,
    readonly recent: string,
    cause: Error,
  ) {
    super(`seed ${scenario.seed}, step ${steps}: ${cause.message}`, { cause });
  }
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
  readonly #scenario: Scenario;
  readonly #raft: RaftModule;
  readonly #invariants = new RaftInvariants();
  /** How often each member's disk was blank. */
  readonly #foundings = new Map<NodeId, number>();
  /** Members that came back without what they had promised. */
  readonly #denied = new Set<NodeId>();
  #starts = 0;
  #healed = false;
  #elections = 0;
  #proposals = 0;
  #installed = 0;

  constructor(scenario: Scenario, raft: RaftModule, onEvent?: (event: TraceEvent) => void) {
    this.#scenario = scenario;
    this.#raft = raft;
    const { seed, ids, conditions, faults } = scenario;
    const events = onEvent === undefined ? {} : { onEvent };
    this.simulation = new Simulation({ seed, nodes: ids, conditions, faults, ...events }, this);
  }

  run(): void {
    this.#actNext(0);
    this.simulation.run(this.#scenario.faultyMs);
    this.#healed = true;
    this.simulation.heal();
    this.#keepProposing();
    this.simulation.run(2000);
    const { committed } = this.#invariants;
    this.#waitWhileGettingOn(committed + 1);
    this.#requireProgress(committed);
  }

  result(): RunResult {
    const { steps, now, trace } = this.simulation;
    const { elections, committed } = this.#invariants;
    const { seed } = this.#scenario;
    return { seed, steps, simulatedMs: now, trace, elections, committed, installed: this.#installed };
  }

  start(id: NodeId, disk: Host['disk']): { machine: Raft.RaftMachine; application: Application } {
    const raft = this.#raft;
    const options = { id, seed: this.#scenario.seed, incarnation: ++this.#starts, ...this.#scenario.raft };
    const state = raft.initialState(options);
    const application: Application = { index: 0, digest: 0, snapshot: null, incoming: [], open: new Map() };
    if (disk.checkpoint !== null) {
      raft.replaySnapshot(state, disk.checkpoint.header);
      restore(application, disk.checkpoint.bytes);
    }
    if (disk.records.length === 0 && disk.checkpoint === null) disk.records.push(...this.#found(id));
    for (const record of disk.records) raft.replay(state, record);
    return { machine: raft.create(options, state), application };
  }

  /** What founding writes to a blank disk: the first one of a member, or one that was wiped. */
  #found(id: NodeId): Raft.RaftRecord[] {
    const { ids, founded } = this.#scenario;
    const first = !this.#foundings.has(id);
    const count = (this.#foundings.get(id) ?? 0) + 1;
    this.#foundings.set(id, count);
    const settled = founded && first;
    const others = settled ? ids.filter((other) => other !== id) : [];
    return [
      { type: 'identity', identity: `disk ${count} of ${id}`, admitted: settled, introduced: settled },
      ...others.map((member) => ({ type: 'introduced', member, identity: `disk 1 of ${member}` }) as const),
      {
        type: 'configuration',
        index: 1,
        term: 1,
        data: configurationOf(ids.map((voter) => ({ id: voter, address: null }))),
      },
    ];
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
      case 'denied':
        this.#denied.add(host.id);
        return this.simulation.fault({ type: 'crash', node: host.id, downMs: Infinity });
      case 'role':
        return output.role === 'leader' ? this.#troubleLeader(host) : undefined;
      default: // accepted and refused need no help
    }
  }

  #troubleLeader(host: Host): void {
    const crash = this.#healed ? null : this.#scenario.leaderCrashes[this.#elections++];
    if (crash === null || crash === undefined) return;
    const { afterMs, downMs } = crash;
    this.simulation.after(afterMs, () => this.simulation.fault({ type: 'crash', node: host.id, downMs }));
  }

  #apply(host: Host, entries: readonly Raft.Entry[]): void {
    const { application } = host;
    for (const entry of entries) {
      application.digest = this.#invariants.applied(host, application, entry);
      application.index = entry.index;
    }
    host.command({ type: 'applied', index: application.index }, this.simulation.random() < 0.5 ? 0 : 5);
  }

  #readLog(host: Host, output: Raft.RaftOutput & { type: 'readLog' }): void {
    const { reader } = output;
    const entries = readEntries(host.disk.records, output);
    if (!host.disk.readable(entries)) return this.#readFailed(host);
    host.command({ type: 'logRead', reader, entries }, this.simulation.random() * 5);
  }

  /** A journal that finds a bad record rejects, and the node ends. */
  #readFailed(host: Host): void {
    this.simulation.fault({ type: 'crash', node: host.id, downMs: 1 });
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

  #replace(
    host: Host,
    checkpoint: Checkpoint,
    keepFrom: number,
    carry: readonly Raft.RaftRecord[],
    done: () => void,
  ): void {
    // What was appended before this moment and is no log entry is in `carry`; what comes later stays.
    const before = new Set<Raft.RaftRecord>([...host.disk.records, ...host.disk.pending()]);
    const keep = (record: Raft.RaftRecord): boolean =>
      isEntry(record) ? record.index >= keepFrom : !before.has(record);
    host.disk.replace({ checkpoint, keep, carry }, done);
  }

  #readSnapshot(host: Host, { to, index, offset, maxBytes }: Raft.RaftOutput & { type: 'readSnapshot' }): void {
    const { checkpoint } = host.disk;
    const bytes = checkpoint?.header.index === index ? checkpoint.bytes : null;
    if (bytes !== null && !host.disk.checkpointReadable) return this.#readFailed(host);
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

  /** Waits for one action at a time, so that the queue of events stays short. */
  #actNext(index: number): void {
    const action = this.#scenario.actions[index];
    if (action === undefined) return;
    this.simulation.after(action.at - this.simulation.now, () => {
      this.#act(action);
      this.#actNext(index + 1);
    });
  }

  #act(action: ClientAction): void {
    if (action.type === 'propose') this.#propose(action.entries);
    else if (action.type === 'read') this.#read();
    else this.#takeSnapshots();
  }

  #propose(entries: number): void {
    for (const host of this.simulation.nodes.values()) {
      if (!host.up || (host.state().role !== 'leader' && this.simulation.random() > 0.1)) continue;
      const payloads = Array.from({ length: entries }, () => numbered(++this.#proposals));
      host.command({ type: 'propose', id: this.#proposals, payloads });
    }
  }

  /** Slowly, so that the slowest options can keep up. */
  #keepProposing(): void {
    this.#propose(1);
    this.simulation.after(200, () => this.#keepProposing());
  }

  #read(): void {
    for (const host of this.simulation.nodes.values()) {
      if (host.up && this.simulation.random() < 0.5) host.command({ type: 'read', id: this.#invariants.startRead() });
    }
  }

  #takeSnapshots(): void {
    for (const host of this.simulation.nodes.values()) {
      const { application } = host;
      if (!host.up || application.index === 0 || this.simulation.random() < 0.7) continue;
      application.snapshot = { index: application.index, digest: application.digest };
      host.command({ type: 'snapshot', index: application.index });
    }
  }

  /**
   * Until all have applied an index, or the log of the slowest has not grown for 20 seconds: with an entry a message and
   * a message at a time, a long log takes its time.
   */
  #waitWhileGettingOn(index: number): void {
    let slowest = -1;
    for (let waited = 0; waited < 20_000 && !this.#allApplied(index); waited += 1000) {
      this.simulation.run(1000);
      const logs = this.#living().map((host) => host.state().storedIndex);
      if (Math.min(...logs) > slowest) waited = 0;
      slowest = Math.max(slowest, Math.min(...logs));
    }
  }

  #living(): Host[] {
    return [...this.simulation.nodes.values()].filter((host) => !host.lost && !this.#denied.has(host.id));
  }

  #allApplied(index: number): boolean {
    return this.#living().every((host) => host.application.index >= index);
  }

  #requireProgress(committed: number): void {
    if (this.#allApplied(committed + 1)) return;
    const places = Array.from(this.simulation.nodes.values(), ({ id, application }) => `${id} ${application.index}`);
    throw new Error(`liveness: ${committed} was committed after healing, much later still: ${places.join(', ')}`);
  }
}

/** A payload like no other. */
function numbered(count: number): Uint8Array {
  return Uint8Array.of(count >>> 24, count >>> 16, count >>> 8, count);
}

function restore(application: Application, bytes: Uint8Array): void {
  const { index, digest } = JSON.parse(decoder.decode(bytes)) as { index: number; digest: number };
  application.index = index;
  application.digest = digest;
}

/** What a journal returns: the latest entry of each index, as long as they follow each other. */
export function readEntries(
  records: readonly Raft.RaftRecord[],
  { from, to, maxBytes }: Raft.RaftOutput & { type: 'readLog' },
): Raft.Entry[] {
  const latest = new Map<number, Raft.Entry>();
  for (const record of records) if (isEntry(record)) latest.set(record.index, record);
  const entries: Raft.Entry[] = [];
  let bytes = 0;
  for (let index = from; index <= to && latest.has(index) && (bytes < maxBytes || entries.length === 0); index++) {
    const entry = latest.get(index)!;
    entries.push(entry);
    bytes += entry.type === 'command' ? entry.data.length + 64 : 64;
  }
  return entries;
}
