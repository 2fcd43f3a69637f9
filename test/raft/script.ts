import { NOTHING, type Effects, type Input, type NodeId } from '../../src/core/index.js';
import type { Member, MembershipChange } from '../../src/host/index.js';
import { voterIdsIn } from '../../src/raft/configuration.js';
import { isEntry, type RaftMachine } from '../../src/raft/index.js';
import {
  configurationOf as newConfiguration,
  create,
  initialState,
  replay,
  type Configuration,
  type Entry,
  type RaftCommand,
  type RaftMessage,
  type RaftOptions,
  type RaftOutput,
  type RaftRecord,
  type RaftState,
} from '../../src/raft/index.js';

/** A message of one type. */
export type Message<T extends RaftMessage['type']> = Extract<RaftMessage, { type: T }>;
/** An output of one type. */
export type Output<T extends RaftOutput['type']> = Extract<RaftOutput, { type: T }>;

/** What a machine wanted done after an input, and how to look at it. */
export class Taken {
  readonly writes: readonly RaftRecord[];
  readonly messages: Effects<RaftMessage, RaftOutput, RaftRecord>['messages'];
  readonly outputs: readonly RaftOutput[];

  constructor(effects: readonly Effects<RaftMessage, RaftOutput, RaftRecord>[]) {
    this.writes = effects.flatMap(({ writes }) => writes);
    this.messages = effects.flatMap(({ messages }) => messages);
    this.outputs = effects.flatMap(({ outputs }) => outputs.map(({ output }) => output));
  }

  /** The messages of a type, to one server or to all. */
  sent<T extends RaftMessage['type']>(type: T, to?: NodeId): Message<T>[] {
    const fits = this.messages.filter(({ message, to: other }) => message.type === type && (to ?? other) === other);
    return fits.map(({ message }) => message as Message<T>);
  }

  /** Which write each message of a type waits for. */
  after(type: RaftMessage['type']): number[] {
    return this.messages.filter(({ message }) => message.type === type).map(({ after }) => after);
  }

  /** The outputs of a type. */
  said<T extends RaftOutput['type']>(type: T): Output<T>[] {
    return this.outputs.filter((output): output is Output<T> => output.type === type);
  }
}

/** How a server stands when its script begins. */
export interface ServerOptions extends Partial<RaftOptions> {
  /** The voters: itself and the others. @defaultValue a, b, c */
  readonly members?: readonly NodeId[];
  /** Voters from before, of a joint configuration. @defaultValue none */
  readonly outgoing?: readonly NodeId[];
  /** @defaultValue none */
  readonly learners?: readonly NodeId[];
  /** The term of each entry of its log, from index 1. @defaultValue an empty log */
  readonly log?: readonly number[];
  /** @defaultValue that of the last entry */
  readonly term?: number;
  readonly votedFor?: NodeId;
  readonly committed?: number;
}

/** Members without an address. */
export function membersOf(ids: readonly NodeId[]): Member[] {
  return ids.map((id) => ({ id, address: null }));
}

/** The configuration of these members, joint if some are outgoing. */
export function configurationOf(
  voters: readonly NodeId[],
  { outgoing = [], learners = [] }: { outgoing?: readonly NodeId[]; learners?: readonly NodeId[] } = {},
): Configuration {
  return { ...newConfiguration(membersOf(voters), membersOf(learners)), outgoing: membersOf(outgoing) };
}

/** The entry that brings a configuration. */
export function configurationEntry(index: number, term: number, data: Configuration): Entry {
  return { type: 'configuration', index, term, data };
}

/** A configuration in short: `a b`, `a b|c d` while it is joint, `a b +e` with a learner. */
export function inShort({ voters, outgoing, learners }: Configuration): string {
  const ids = (members: readonly Member[]): string => members.map(({ id }) => id).join(' ');
  const joint = outgoing.length > 0 ? `|${ids(outgoing)}` : '';
  return `${ids(voters)}${joint}${learners.map(({ id }) => ` +${id}`).join('')}`;
}

/** A command entry whose one byte tells its term. */
export function entry(index: number, term: number): Entry {
  return { type: 'command', index, term, data: Uint8Array.of(term) };
}

/** Entries that follow index `after`, one for each term. */
export function entries(after: number, ...terms: readonly number[]): Entry[] {
  return terms.map((term, i) => entry(after + 1 + i, term));
}

/** One machine, told step by step what happens. Its clock stands unless told; its disk does nothing unless told. */
export class Server {
  readonly id: NodeId;
  readonly options: RaftOptions;
  machine: RaftMachine;
  now = 0;
  /** The number of the last write that the machine issued. */
  written = 0;
  /** What a journal would hold: the latest entry of each index. */
  readonly journal = new Map<number, Entry>();

  constructor(id: NodeId, options: ServerOptions = {}) {
    const { members = ['a', 'b', 'c'], outgoing, learners, log = [], term, votedFor, committed = 0, ...rest } = options;
    this.id = id;
    this.options = { electionTimeoutMs: 100, heartbeatIntervalMs: 10, ...rest, id };
    const state = initialState(this.options);
    const configuration = configurationOf(members, { outgoing: outgoing ?? [], learners: learners ?? [] });
    state.configurations = [{ index: 0, configuration }];
    for (const item of entries(0, ...log)) {
      replay(state, item);
      this.journal.set(item.index, item);
    }
    const currentTerm = Math.max(term ?? 0, log.at(-1) ?? 0);
    replay(state, { type: 'hardState', term: currentTerm, votedFor: votedFor ?? null });
    state.commitIndex = state.applying = state.lastApplied = committed;
    this.machine = create(this.options, state);
    this.step({ type: 'wake' });
  }

  get state(): RaftState {
    return this.machine.state();
  }

  /** The term of each entry in the log that is in memory. */
  get terms(): number[] {
    return this.state.log.entries.map(({ term }) => term);
  }

  /** The configuration in force. */
  get configuration(): Configuration {
    return this.state.configurations.at(-1)!.configuration;
  }

  /** Steps inputs and takes until nothing is left, as a host does at the end of a turn. */
  step(...inputs: readonly Input<RaftMessage, RaftCommand>[]): Taken {
    for (const input of inputs) this.machine.step(input, this.now);
    const all: Effects<RaftMessage, RaftOutput, RaftRecord>[] = [];
    for (let effects = this.machine.take(); effects !== NOTHING; effects = this.machine.take()) {
      all.push(effects);
      this.written += effects.writes.length;
      for (const record of effects.writes) if (isEntry(record)) this.journal.set(record.index, record);
    }
    return new Taken(all);
  }

  receive(from: NodeId, message: RaftMessage): Taken {
    return this.step({ type: 'message', from, message });
  }

  command(command: RaftCommand): Taken {
    return this.step({ type: 'command', command });
  }

  /** The disk has written everything up to a write; by default all. */
  stored(upTo = this.written): Taken {
    return this.step({ type: 'stored', upTo });
  }

  /** Lets time pass and wakes the machine. */
  pass(ms: number): Taken {
    this.now += ms;
    return this.step({ type: 'wake' });
  }

  /** Waits for the next deadline of the machine. */
  passToWake(): Taken {
    return this.pass(Math.max(0, this.machine.wakeAt - this.now));
  }

  /** Proposes one command a payload. */
  propose(...payloads: readonly number[]): Taken {
    return this.command({ type: 'propose', id: 1, payloads: payloads.map((byte) => Uint8Array.of(byte)) });
  }

  /** Asks for a change of members. */
  change(change: MembershipChange, id = 1): Taken {
    return this.command({ type: 'changeMembers', id, change });
  }

  /** @throws Error for a leader, which never campaigns */
  expectNotToLead(): void {
    if (this.state.role === 'leader') throw new Error(`${this.id} leads already`);
  }

  /** Lets it campaign and gives it every vote. Its writes become durable, all but the entry that begins its term. */
  elect(): Taken {
    this.expectNotToLead();
    this.now = Math.max(this.now, this.state.timers.election);
    this.step({ type: 'wake' });
    const others = voterIdsIn(this.configuration).filter((id) => id !== this.id);
    for (const id of others) {
      if (this.state.role !== 'preCandidate') break;
      const campaignTerm = this.state.currentTerm + 1;
      this.receive(id, { type: 'preVoteReply', term: campaignTerm - 1, campaignTerm, granted: true });
    }
    this.stored();
    let taken = new Taken([]);
    for (const id of others) {
      if (this.state.role !== 'candidate') break;
      taken = this.receive(id, { type: 'requestVoteReply', term: this.state.currentTerm, voteGranted: true });
    }
    if (this.state.role !== 'leader') throw new Error(`${this.id} was not elected`);
    return taken;
  }

  /** An append from the leader of the current term, or of another, behind what this server has in its log. */
  append(from: NodeId, message: Partial<Message<'appendEntries'>> = {}): Taken {
    const { log, currentTerm } = this.state;
    const prevLogIndex = message.prevLogIndex ?? log.lastIndex;
    const prevLogTerm = message.prevLogTerm ?? this.journal.get(prevLogIndex)?.term ?? 0;
    const defaults = { term: Math.max(1, currentTerm), entries: [], leaderCommit: 0, round: 0 };
    return this.receive(from, { type: 'appendEntries', ...defaults, ...message, prevLogIndex, prevLogTerm });
  }

  /** Leads, with the entry that began its term committed by everybody. */
  lead(): this {
    this.elect();
    this.stored();
    for (const { id } of this.state.peers) this.accept(id, this.state.log.lastIndex);
    return this;
  }

  /** A follower says how far its log equals this one; by default wholly. */
  accept(from: NodeId, matchIndex = this.state.log.lastIndex, round = 0): Taken {
    const { currentTerm: term } = this.state;
    return this.receive(from, { type: 'appendEntriesReply', success: true, term, matchIndex, round });
  }
}

interface Letter {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: RaftMessage;
}

/** Servers whose messages reach each other in order, whose disks answer at once, and whose hosts apply at once. */
export class Group {
  readonly servers: ReadonlyMap<NodeId, Server>;
  /** Every message that arrived. */
  readonly letters: Letter[] = [];
  /** What the servers told their hosts. */
  readonly outputs: { readonly id: NodeId; readonly output: RaftOutput }[] = [];
  /** Which messages are lost besides those of servers that are cut off. */
  lose: (letter: Letter) => boolean = () => false;
  readonly #cut = new Set<NodeId>();
  #onTheWay: Letter[] = [];

  constructor(...servers: readonly Server[]) {
    this.servers = new Map(servers.map((server) => [server.id, server]));
  }

  /** Asks something of a server, and lets everything come to rest. */
  command(id: NodeId, command: RaftCommand): void {
    this.settle(id, this.servers.get(id)!.command(command));
  }

  /** The outputs of a type that a server had. */
  said<T extends RaftOutput['type']>(id: NodeId, type: T): Output<T>[] {
    const own = this.outputs.filter((told) => told.id === id).map(({ output }) => output);
    return own.filter((output): output is Output<T> => output.type === type);
  }

  /** Cuts servers off: nothing from or to them arrives. So it is with members that the group does not have. */
  cut(...ids: readonly NodeId[]): void {
    for (const id of ids) this.#cut.add(id);
  }

  /** Heals all links. */
  heal(): void {
    this.#cut.clear();
    this.lose = () => false;
  }

  /** Sends what a server wanted sent, and lets everything come to rest. */
  settle(id: NodeId, taken: Taken): void {
    this.#carryOut(id, taken);
    for (let letter = this.#onTheWay.shift(); letter !== undefined; letter = this.#onTheWay.shift()) {
      const server = this.servers.get(letter.to);
      const lost = this.#cut.has(letter.from) || this.#cut.has(letter.to) || this.lose(letter);
      if (server === undefined || lost) continue;
      this.letters.push(letter);
      if (this.letters.length > 10_000) throw new Error('the servers talk for ever');
      this.#carryOut(letter.to, server.receive(letter.from, letter.message));
    }
  }

  /** Lets a server campaign, whatever time it is for the others. */
  campaign(id: NodeId): void {
    const server = this.servers.get(id)!;
    server.expectNotToLead();
    for (const other of this.servers.values()) other.now = Math.max(other.now, server.state.timers.election);
    this.settle(id, server.step({ type: 'wake' }));
  }

  /** Lets the leader send its next heartbeat. */
  heartbeat(id: NodeId): void {
    const server = this.servers.get(id)!;
    if (server.state.role !== 'leader') throw new Error(`${id} does not lead`);
    server.now = Math.max(server.now, server.state.timers.heartbeat);
    this.settle(id, server.step({ type: 'wake' }));
  }

  /** How many messages of a type arrived. */
  count(type: RaftMessage['type'], to?: NodeId): number {
    return this.letters.filter((letter) => letter.message.type === type && (to ?? letter.to) === letter.to).length;
  }

  #carryOut(id: NodeId, taken: Taken): void {
    for (const { to, message } of taken.messages) this.#onTheWay.push({ from: id, to, message });
    const server = this.servers.get(id)!;
    if (taken.writes.length > 0) this.#carryOut(id, server.stored());
    for (const output of taken.outputs) {
      this.outputs.push({ id, output });
      this.#answer(server, output);
    }
  }

  #answer(server: Server, output: RaftOutput): void {
    if (output.type === 'apply') {
      this.#carryOut(server.id, server.command({ type: 'applied', index: output.entries.at(-1)!.index }));
    } else if (output.type === 'readLog') {
      const { reader, from, to } = output;
      const found = Array.from({ length: to - from + 1 }, (_, i) => server.journal.get(from + i)!);
      this.#carryOut(server.id, server.command({ type: 'logRead', reader, entries: found }));
    }
  }
}
