import type { NodeId } from '../../src/core/index.js';
import { configurationOf, create, initialState, replay } from '../../src/raft/index.js';
import type {
  Entry,
  RaftCommand,
  RaftMachine,
  RaftMessage,
  RaftOutput,
  RaftRecord,
  RaftState,
} from '../../src/raft/index.js';
import {
  HistoryRecorder,
  nemesis,
  Simulation,
  type History,
  type KeyValueInput,
  type KeyValueOutput,
  type SimulatedHost,
  type SimulatedProtocol,
} from '../../src/testing/index.js';
import { readEntries } from './raft-simulation.js';

/** What one incarnation of a server has besides its machine: a map, and the calls that wait here for an answer. */
interface Application {
  readonly map: Map<string, string>;
  /** The ids of the writes that were applied: each counts once, however often it is in the log. */
  readonly applied: Set<number>;
  index: number;
  /** Reads that wait until so much is applied. */
  readonly reads: { readonly call: number; readonly index: number }[];
}

type Host = SimulatedHost<RaftCommand, RaftRecord, RaftState, Application, null>;

/** A call under way: where it was sent, and what was asked for. */
interface Call {
  readonly sentTo: Set<Application>;
  attempts: number;
  readonly recorded: number;
  readonly input: KeyValueInput;
}

/** What to simulate. */
export interface ClientHistoryOptions {
  readonly seed: number;
  /** Whether reads are answered at once from the map of whoever is asked: wrong, and to be found. @defaultValue `false` */
  readonly localReads?: boolean;
  /** Whether a write counts as often as it is in the log: wrong where clients repeat. @defaultValue `false` */
  readonly forgetful?: boolean;
}

const KEYS = ['a', 'b'];
const CLIENTS = 4;
/** The id of what an operator asks for: it waits for no answer. */
const OPERATOR = 0;
const TIMEOUT_MS = 400;
/** After so long without an answer, a client repeats a write, under its id, at a server that may be another one. */
const REPEAT_MS = 100;
const FAULTY_MS = 4000;
const founders: readonly NodeId[] = ['n1', 'n2', 'n3'];
const ids: readonly NodeId[] = [...founders, 'n4'];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Runs a replicated map of three servers, and one to spare, through faults, changes of members and transfers, and returns
 * what its clients did and saw.
 */
export function clientHistory(options: ClientHistoryOptions): History<KeyValueInput, KeyValueOutput> {
  return new ReplicatedMap(options).run();
}

class ReplicatedMap implements SimulatedProtocol<
  RaftMessage,
  RaftCommand,
  RaftOutput,
  RaftRecord,
  RaftState,
  Application,
  null
> {
  readonly #options: ClientHistoryOptions;
  readonly #simulation;
  readonly #recorder;
  readonly #calls = new Map<number, Call>();
  #lastCall = 0;

  constructor(options: ClientHistoryOptions) {
    this.#options = options;
    const { seed } = options;
    const faults = nemesis({ seed, nodes: ids, durationMs: FAULTY_MS, weights: { lostDiskEveryMs: Infinity } });
    this.#simulation = new Simulation({ seed, nodes: ids, faults }, this);
    this.#recorder = new HistoryRecorder<KeyValueInput, KeyValueOutput>({
      clock: { now: () => this.#simulation.now },
    });
  }

  run(): History<KeyValueInput, KeyValueOutput> {
    for (let client = 0; client < CLIENTS; client++) this.#think(client);
    this.#operate();
    this.#simulation.run(FAULTY_MS);
    this.#simulation.heal();
    this.#simulation.run(1500);
    return this.#recorder.history();
  }

  start(id: NodeId, disk: Host['disk']): { machine: RaftMachine; application: Application } {
    const options = {
      id,
      seed: this.#options.seed,
      electionTimeoutMs: 100,
      heartbeatIntervalMs: 20,
      logMemoryBytes: 2000,
    };
    const state = initialState(options);
    if (disk.records.length === 0 && founders.includes(id)) {
      const voters = founders.map((voter) => ({ id: voter, address: null }));
      disk.records.push({ type: 'configuration', index: 1, term: 1, data: configurationOf(voters) });
    }
    for (const record of disk.records) replay(state, record);
    return {
      machine: create(options, state),
      application: { map: new Map(), applied: new Set(), index: 0, reads: [] },
    };
  }

  check(): void {
    // What clients see is all that is judged here.
  }

  deliver(host: Host, output: RaftOutput): void {
    const { application } = host;
    if (output.type === 'apply') {
      for (const entry of output.entries) this.#apply(application, entry);
      host.command({ type: 'applied', index: application.index });
    } else if (output.type === 'readLog') {
      host.command({ type: 'logRead', reader: output.reader, entries: readEntries(host.disk.records, output) }, 1);
    } else if (output.type === 'readable') {
      application.reads.push({ call: output.id, index: output.index });
    } else if (output.type === 'refused') {
      this.#refused(output.id, application);
    }
    this.#answerReads(application);
  }

  #apply(application: Application, entry: Entry): void {
    application.index = entry.index;
    if (entry.type !== 'command') return;
    const { id, input } = JSON.parse(decoder.decode(entry.data)) as { id: number; input: KeyValueInput };
    if (!application.applied.has(id) || this.#options.forgetful === true) write(application.map, input);
    application.applied.add(id);
    const call = this.#taken(id, application);
    if (call !== null) this.#recorder.ok(call.recorded, undefined);
  }

  #answerReads(application: Application): void {
    for (const read of application.reads.splice(0)) {
      if (read.index > application.index) application.reads.push(read);
      else this.#answerRead(read.call, application);
    }
  }

  #answerRead(id: number, application: Application): void {
    const call = this.#taken(id, application);
    if (call === null) return;
    const value = application.map.get(call.input.key);
    this.#recorder.ok(call.recorded, { found: value !== undefined, value: value ?? null });
  }

  /** The call, when it was sent to this incarnation of a server and nobody gave it up. Ends it. */
  #taken(id: number, application: Application): Call | null {
    const call = this.#calls.get(id);
    if (call?.sentTo.has(application) !== true) return null;
    this.#calls.delete(id);
    return call;
  }

  /** Nothing came of one attempt: nothing of the call either, if there was no other. */
  #refused(id: number, application: Application): void {
    if (this.#calls.get(id)?.attempts !== 1) return;
    const call = this.#taken(id, application);
    if (call !== null) this.#recorder.failed(call.recorded);
  }

  /** An operator changes the members, in one step or several, and hands leadership over. */
  #operate(): void {
    this.#simulation.after(400 * this.#simulation.random(), () => {
      if (this.#simulation.now > FAULTY_MS) return;
      const host = this.#someHost();
      const id = this.#one(ids);
      const voters = ids.filter((other) => other !== id && this.#simulation.random() < 0.8);
      const set = voters.map((voter) => ({ id: voter, address: null }));
      const changes = [
        { type: 'transfer', id: OPERATOR, to: null },
        { type: 'changeMembers', id: OPERATOR, change: { type: 'remove', member: id } },
        { type: 'changeMembers', id: OPERATOR, change: { type: 'add', member: { id, address: null }, as: 'voter' } },
        { type: 'changeMembers', id: OPERATOR, change: { type: 'set', voters: set, learners: [] } },
      ] as const;
      host?.command(this.#one(changes));
      this.#operate();
    });
  }

  #one<T>(choices: readonly T[]): T {
    return choices[Math.floor(choices.length * this.#simulation.random())]!;
  }

  /** The leader most of the time. */
  #someHost(): Host | undefined {
    const hosts = [...this.#simulation.nodes.values()].filter(({ up }) => up);
    const leaders = hosts.filter((host) => host.state().role === 'leader');
    const choices = leaders.length > 0 && this.#simulation.random() < 0.8 ? leaders : hosts;
    return choices.length === 0 ? undefined : this.#one(choices);
  }

  /** A client makes a call, waits until it has returned or its patience is over, and makes the next one. */
  #think(client: number): void {
    this.#simulation.after(60 * this.#simulation.random(), () => {
      const id = this.#call(client);
      const { now } = this.#simulation;
      this.#await(client, id, now + TIMEOUT_MS, now + REPEAT_MS);
    });
  }

  #await(client: number, id: number, giveUpAt: number, repeatAt: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return this.#think(client);
    const { now } = this.#simulation;
    if (now >= giveUpAt) {
      this.#calls.delete(id);
      this.#recorder.unknown(call.recorded);
      return this.#think(client);
    }
    const repeat = now >= repeatAt && call.input.op !== 'get';
    if (repeat) this.#send(id, call, this.#someHost());
    this.#simulation.after(5, () => this.#await(client, id, giveUpAt, repeat ? now + REPEAT_MS : repeatAt));
  }

  #call(client: number): number {
    const id = ++this.#lastCall;
    const host = this.#someHost();
    if (host === undefined) return id;
    const key = this.#one(KEYS);
    const dice = this.#simulation.random();
    const value = `${id}.`;
    const input: KeyValueInput = dice < 0.5 ? { op: 'get', key } : { op: dice < 0.6 ? 'put' : 'append', key, value };
    const call: Call = { sentTo: new Set(), attempts: 0, recorded: this.#recorder.call(client, input), input };
    this.#calls.set(id, call);
    this.#send(id, call, host);
    return id;
  }

  #send(id: number, call: Call, host: Host | undefined): void {
    if (host === undefined) return;
    const { input } = call;
    call.attempts++;
    call.sentTo.add(host.application);
    if (input.op !== 'get') {
      host.command({ type: 'propose', id, payloads: [encoder.encode(JSON.stringify({ id, input }))] });
    } else if (this.#options.localReads === true) this.#answerRead(id, host.application);
    else host.command({ type: 'read', id });
  }
}

function write(map: Map<string, string>, input: KeyValueInput): void {
  if (input.op === 'put') map.set(input.key, String(input.value));
  if (input.op === 'append') map.set(input.key, (map.get(input.key) ?? '') + input.value);
}
