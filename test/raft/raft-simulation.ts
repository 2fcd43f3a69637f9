import type { NodeId } from '../../src/core/index.js';
import type * as Raft from '../../src/raft/index.js';
import { configurationOf, isEntry } from '../../src/raft/index.js';
import { Simulation, type SimulatedHost, type SimulatedProtocol, type TraceEvent } from '../../src/testing/index.js';
import { hasQuorum, RaftInvariants } from './raft-invariants.js';
import type { ChangeAction, ClientAction, LeaderCrash, MembershipChange, Scenario } from './raft-scenario.js';
import { RequestBook, type Request } from './request-book.js';

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
  /** Whether enough disks were left for liveness to be required. */
  readonly recoverable: boolean;
  /** Changes of members that were made. */
  readonly changes: number;
  /** Times that leadership was handed over. */
  readonly transfers: number;
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
    const { steps, now } = cluster.simulation;
    throw new SimulationFailure(scenario, steps, now, cluster.simulation.describeRecent(), error as Error);
  }
  return cluster.result();
}

/** A run that violated something, with what happened before. */
export class SimulationFailure extends Error {
  constructor(
    readonly scenario: Scenario,
    readonly steps: number,
    /** When it was, in simulated milliseconds. */
    readonly at: number,
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
  readonly #requests = new RequestBook();
  /** How often each member's disk was blank. */
  readonly #foundings = new Map<NodeId, number>();
  /** Members that came back without what they had promised. */
  readonly #denied = new Set<NodeId>();
  #starts = 0;
  #healed = false;
  #recoverable = true;
  #elections = 0;
  #proposals = 0;
  #installed = 0;
  #changes = 0;
  #transfers = 0;

  constructor(scenario: Scenario, raft: RaftModule, onEvent?: (event: TraceEvent) => void) {
    this.#scenario = scenario;
    this.#raft = raft;
    const { seed, ids, spares, conditions, faults } = scenario;
    const events = onEvent === undefined ? {} : { onEvent };
    this.simulation = new Simulation({ seed, nodes: [...ids, ...spares], conditions, faults, ...events }, this);
  }

  run(): void {
    this.#actNext(0);
    this.simulation.run(this.#scenario.faultyMs);
    this.#healed = true;
    this.simulation.heal();
    this.#keepProposing();
    this.simulation.run(2000);
    this.#recoverable = this.#canRecover();
    if (!this.#recoverable) return;
    this.#cancelWhatHangs();
    const { committed } = this.#invariants;
    this.#waitWhileGettingOn(committed + 1);
    this.#requireProgress(committed);
  }

  result(): RunResult {
    const { steps, now: simulatedMs, trace } = this.simulation;
    const { elections, committed } = this.#invariants;
    const counts = { installed: this.#installed, changes: this.#changes, transfers: this.#transfers };
    const recoverable = this.#recoverable;
    return { seed: this.#scenario.seed, steps, simulatedMs, trace, elections, committed, recoverable, ...counts };
  }

  start(id: NodeId, disk: Host['disk']): { machine: Raft.RaftMachine; application: Application } {
    const raft = this.#raft;
    const { seed, ids, spares, priorities } = this.#scenario;
    const electionPriority = priorities[[...ids, ...spares].indexOf(id)]!;
    const options = { id, seed, incarnation: ++this.#starts, electionPriority, ...this.#scenario.raft };
    const state = raft.initialState(options);
    const application: Application = { index: 0, digest: 0, snapshot: null, incoming: [] };
    if (disk.checkpoint !== null) {
      raft.replaySnapshot(state, disk.checkpoint.header);
      restore(application, disk.checkpoint.bytes);
    }
    const blank = disk.records.length === 0 && disk.checkpoint === null;
    if (blank && ids.includes(id)) disk.records.push(...this.#found(id));
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
    if ('id' in output) this.#requests.answered(host, output.id);
    switch (output.type) {
      case 'apply':
        return this.#apply(host, output.entries);
      case 'readLog':
        return this.#readLog(host, output);
      case 'readable':
        return this.#invariants.readable(output.id, output.index);
      case 'membersChanged':
        this.#changes++;
        return this.#invariants.changed(host, output.index, this.#requests.change(output.id));
      case 'transferred':
        this.#transfers++;
        return;
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
      default: // accepted, refused, lost and drained need no help
    }
  }

  #troubleLeader(host: Host): void {
    if (this.#healed) return;
    const { leaderCrashes, leaderChanges } = this.#scenario;
    const election = this.#elections++;
    const crash = leaderCrashes[election] ?? null;
    const change = leaderChanges[election] ?? null;
    if (crash !== null) this.#crashLater(host, crash);
    if (change !== null) this.#give(host, { type: 'changeMembers', id: this.#requests.next(), change });
  }

  #crashLater({ id: node }: Host, { afterMs, downMs }: NonNullable<LeaderCrash>): void {
    this.simulation.after(afterMs, () => this.simulation.fault({ type: 'crash', node, downMs }));
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
    const { index, term, configuration, firstIndex, carry } = output;
    const { snapshot } = host.application;
    if (snapshot?.index !== index) return;
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
    const before = [...host.disk.records, ...host.disk.pending()];
    const latest = latestOf(before);
    const gone = new Set(before.filter((record) => !isEntry(record) || !latest.has(record)));
    const keep = (record: Raft.RaftRecord): boolean =>
      !gone.has(record) && (!isEntry(record) || record.index >= keepFrom);
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
    switch (action.type) {
      case 'propose':
        return this.#propose(action.entries);
      case 'read':
        return this.#read();
      case 'snapshot':
        return this.#takeSnapshots();
      case 'change':
        return this.#whenLed(() => this.#change(action));
      case 'transfer':
        return this.#whenLed(() => this.#ask((id) => ({ type: 'transfer', id, to: action.to })));
      case 'forgetLeader':
        return this.#tell(action.node, { type: 'forgetLeader' });
      case 'unreachable':
        this.#tell(action.node, { type: 'snapshotFailed', peer: action.peer });
        return this.#tell(action.node, { type: 'unreachable', peer: action.peer });
    }
  }

  /** Operators wait for a leader, so that many requests come right after an election. */
  #whenLed(act: () => void, patienceMs = 400): void {
    const hosts = [...this.simulation.nodes.values()];
    if (patienceMs <= 0 || hosts.some((host) => host.up && host.state().role === 'leader')) act();
    else this.simulation.after(20, () => this.#whenLed(act, patienceMs - 20));
  }

  #tell(id: NodeId, command: Raft.RaftCommand): void {
    const host = this.simulation.nodes.get(id)!;
    if (host.up) host.command(command);
  }

  /** A request to each server that holds itself for the leader, and to others now and then. Each is to be answered. */
  #ask(request: (id: number, host: Host) => Request, asked?: (id: number, host: Host) => void): void {
    for (const host of this.simulation.nodes.values()) {
      if (!host.up || (host.state().role !== 'leader' && this.simulation.random() > 0.1)) continue;
      const id = this.#requests.next();
      this.#give(host, request(id, host));
      asked?.(id, host);
    }
  }

  #give(host: Host, command: Request): void {
    host.command(command);
    this.#requests.asked(host, command);
  }

  #change({ change, cancelAfterMs, crash }: ChangeAction): void {
    const changeOf = (host: Host): MembershipChange => {
      return change === 'removeLeader' ? { type: 'remove', member: host.id } : change;
    };
    this.#ask(
      (id, host) => ({ type: 'changeMembers', id, change: changeOf(host) }),
      (id, host) => {
        if (cancelAfterMs !== null) host.command({ type: 'cancelChange', id }, cancelAfterMs);
        if (crash !== null) this.#crashLater(host, crash);
      },
    );
  }

  #propose(entries: number): void {
    this.#ask((id) => {
      return { type: 'propose', id, payloads: Array.from({ length: entries }, () => numbered(++this.#proposals)) };
    });
  }

  /** Slowly, so that the slowest options can keep up. */
  #keepProposing(): void {
    this.#propose(1);
    this.simulation.after(200, () => this.#keepProposing());
  }

  #read(): void {
    for (const host of this.simulation.nodes.values()) {
      if (!host.up || this.simulation.random() > 0.5) continue;
      const id = this.#requests.next();
      this.#invariants.startRead(id);
      this.#give(host, { type: 'read', id });
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
   * Whether those who are left can decide: in the latest committed configuration and in each that may take its place,
   * enough of the voters still have their disks.
   */
  #canRecover(): boolean {
    const living = this.#living().map(({ id }) => id);
    const logs = this.#living().flatMap((host) => host.state().configurations);
    const latest = this.#invariants.latestConfiguration;
    const possible = latest === null ? logs : [latest, ...logs.filter(({ index }) => index > latest.index)];
    return possible.every(({ configuration }) => hasQuorum(configuration, living));
  }

  /** Operators give up changes that wait for a server which will not come back. */
  #cancelWhatHangs(): void {
    const living = this.#living().map(({ id }) => id);
    for (const host of this.#living()) {
      const { change } = host.state();
      if (change === null) continue;
      if (change.voters.every(({ id }) => living.includes(id))) continue;
      host.command({ type: 'cancelChange', id: change.id });
    }
  }

  /**
   * Until nothing is missing, or for 20 seconds in which the log of the slowest has not grown on its way to an index: with
   * an entry a message and a message at a time, a long log takes its time.
   */
  #waitWhileGettingOn(index: number): void {
    let slowest = -1;
    for (let waited = 0; waited < 20_000 && this.#missing(index) !== null; waited += 1000) {
      this.simulation.run(1000);
      const logs = this.#members().map((host) => host.state().storedIndex);
      const least = Math.min(index, ...logs);
      if (least > slowest) waited = 0;
      slowest = Math.max(slowest, least);
    }
  }

  /** All but those who lost their disk, or came back with another one. */
  #living(): Host[] {
    return [...this.simulation.nodes.values()].filter((host) => !host.lost && !this.#isNew(host));
  }

  /** Whether it lost its journal: it waits to be denied, if anybody still knows it. */
  #isNew({ id }: Host): boolean {
    return this.#denied.has(id) || (this.#foundings.get(id) ?? 0) > 1;
  }

  /** Who leads: of those who hold themselves for the leader, the one of the latest term. */
  #leader(): Host | undefined {
    const leaders = this.#living().filter((host) => host.state().role === 'leader');
    return leaders.sort((a, b) => b.state().currentTerm - a.state().currentTerm)[0];
  }

  /** The living members, as the leader has them. */
  #members(): Host[] {
    const members = this.#leader()?.state().configurations.at(-1)?.configuration;
    if (members === undefined) return this.#living();
    const ids = [...members.voters, ...members.outgoing, ...members.learners].map(({ id }) => id);
    return this.#living().filter((host) => ids.includes(host.id));
  }

  /** What liveness lacks; `null` when all is well. */
  #missing(index: number): string | null {
    const leader = this.#leader();
    if (leader === undefined) return 'nobody leads';
    const { configurations, commitIndex, change, transfer } = leader.state();
    const last = configurations.at(-1)!;
    if (last.configuration.outgoing.length > 0) return `the joint configuration at ${last.index} is not left`;
    if (last.index > commitIndex) return `the configuration at ${last.index} is not committed`;
    if (change !== null) return `the change ${change.id} does not end`;
    if (transfer !== null) return `the transfer ${transfer.id} does not end`;
    const late = this.#members().filter(({ application }) => application.index < index);
    if (late.length > 0) return `${index} is not applied by ${late.map(({ id }) => id).join(', ')}`;
    const unanswered = this.#members().flatMap((host) => this.#requests.unanswered(host));
    return unanswered.length === 0 ? null : `nothing came of ${unanswered.join(', ')}`;
  }

  #requireProgress(committed: number): void {
    const missing = this.#missing(committed + 1);
    if (missing === null) return;
    const places = Array.from(this.simulation.nodes.values(), ({ id, application }) => `${id} ${application.index}`);
    const after = `${committed} was committed after healing, much later still: ${places.join(', ')}`;
    throw new Error(`liveness: ${missing}; ${after}`);
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

/** The entries of a journal: an append to a place takes away what was in that place, and all behind it. */
function latestOf(records: readonly Raft.RaftRecord[]): Set<Raft.Entry> {
  const latest: Raft.Entry[] = [];
  for (const record of records) {
    if (!isEntry(record)) continue;
    while (latest.length > 0 && latest.at(-1)!.index >= record.index) latest.pop();
    latest.push(record);
  }
  return new Set(latest);
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
