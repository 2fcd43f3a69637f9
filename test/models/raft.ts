import type { NodeId } from '../../src/core/index.js';
import type * as Raft from '../../src/raft/index.js';
import * as raftModule from '../../src/raft/index.js';
import { always, sometimes, type MachineModel, type NetworkModel } from '../../src/testing/index.js';

/** The module under test: the sources, or a copy with a bug planted in it. */
export type ExploredRaft = Pick<typeof Raft, 'create' | 'initialState' | 'replay'>;

/** What a {@link raft} model allows. */
export interface RaftModelOptions {
  /** How many elections may be begun, each in a term of its own. */
  readonly elections: number;
  /** @defaultValue 3 */
  readonly nodes?: number;
  /** How many of these are voters when it begins; the others are blank. @defaultValue all */
  readonly founders?: number;
  /** How many requests there are. @defaultValue 1 */
  readonly requests?: number;
  /** What a server may be asked, `given` being how many requests there were. @defaultValue {@link proposing} */
  readonly ask?: Asking;
  /** @defaultValue 0 */
  readonly crashes?: number;
  /** @defaultValue `'atOnce'` */
  readonly storage?: 'atOnce' | 'later';
  /** @defaultValue unordered, nothing lost or repeated, at most four messages in flight */
  readonly network?: NetworkModel;
  /** Whether a server may campaign for the term behind `term`. @defaultValue always */
  readonly mayCampaign?: (id: NodeId, term: number) => boolean;
  /** How often a leader may send heartbeats. @defaultValue 0 */
  readonly heartbeats?: number;
  /** @defaultValue the sources */
  readonly module?: ExploredRaft;
}

/** What a server may be asked in a state. */
export type Asking = (
  id: NodeId,
  state: Raft.RaftState,
  given: number,
  ids: readonly NodeId[],
) => readonly Raft.RaftCommand[];

/** Leaders: a command for the state machine. */
const proposing: Asking = (_, { role }, given) => {
  return role === 'leader' ? [{ type: 'propose', id: given, payloads: [Uint8Array.of(given)] }] : [];
};

/** Leaders: to hand over to any other server, and then a command. */
export const handingOver: Asking = (id, state, given, ids) => {
  if (given > 0) return proposing(id, state, given, ids);
  const others = state.role === 'leader' ? ids.filter((other) => other !== id) : [];
  return others.map((to) => ({ type: 'transfer', id: given, to }));
};

/** Others: a read before a command, and one after. Each asks the leader at once. */
export const reading: Asking = (id, state, given, ids) => {
  if (given === 1) return proposing(id, state, given, ids);
  return state.role !== 'leader' && state.leader !== null ? [{ type: 'read', id: given }] : [];
};

/** Leaders: to remove any server, or to make it the only voter, which takes two steps. */
export const changing: Asking = (_, { role }, given, ids) => {
  if (role !== 'leader') return [];
  return ids.flatMap((id) => [
    { type: 'changeMembers', id: given, change: { type: 'remove', member: id } },
    { type: 'changeMembers', id: given, change: { type: 'set', voters: [{ id, address: null }], learners: [] } },
  ]);
};

/** Leaders: `n1` to remove `n2`, and then the other way round: the example of raft-dev (Ongaro, 2015), but for who goes. */
export const removingEachOther: Asking = (id, { role }, given) => {
  const [leader, other] = given === 0 ? ['n1', 'n2'] : ['n2', 'n1'];
  if (role !== 'leader' || id !== leader) return [];
  return [{ type: 'changeMembers', id: given, change: { type: 'remove', member: other } }];
};

/** Leaders: to add any server. */
export const adding: Asking = (_, { role }, given, ids) => {
  if (role !== 'leader') return [];
  return ids.map((id) => {
    return { type: 'changeMembers', id: given, change: { type: 'add', member: { id, address: null }, as: 'voter' } };
  });
};

/** An entry that was applied. */
interface Applied {
  readonly text: string;
  /** What a configuration says, as a value, for the names of servers in it. */
  readonly configuration: Raft.Configuration | null;
}

/** What a run is remembered by. */
export interface RaftHistory {
  /** Who led, by term. */
  readonly leaders: Readonly<Record<number, NodeId>>;
  /** What was applied first at each index, by anyone. */
  readonly applied: Readonly<Record<number, Applied>>;
  /** For each question after an index to read at: what had been applied by anyone. */
  readonly questions: readonly number[];
  /** What went wrong. */
  readonly problem: string | null;
}

/** The real Raft machine. */
export type RaftModel = MachineModel<
  Raft.RaftMessage,
  Raft.RaftCommand,
  Raft.RaftOutput,
  Raft.RaftRecord,
  Raft.RaftState,
  RaftHistory
>;

/** Servers are interchangeable: no rule of Raft prefers one. Lists of members and peers are in the order of their ids. */
export function serversSymmetry(size = 3, founders = size): NonNullable<RaftModel['symmetry']> {
  const ids = serverIds(size);
  return {
    groups: [ids.slice(0, founders), ids.slice(founders)].filter((group) => group.length > 1),
    state: (state, rename) => sortById(rename(state)),
    message: (message, rename) => sortById(rename(message)),
    write: (record, rename) => sortById(rename(record)),
    history: (history, rename) => {
      const problem = history.problem?.replaceAll(/n\d+/g, (id) => rename(id)) ?? null;
      return { ...sortById(rename(history)), problem };
    },
  };
}

function serverIds(size: number): readonly NodeId[] {
  return Array.from({ length: size }, (_, i) => `n${i + 1}`);
}

/** Sorts each list, at any depth, of things that have the id of a node. */
function sortById<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (!Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, sortById<unknown>(part)])) as T;
  }
  const items = value.map(sortById<unknown>) as { id?: unknown }[];
  const isSorted = !items.every((item) => typeof item?.id === 'string');
  return (isSorted ? items : items.sort((a, b) => ((a.id as string) < (b.id as string) ? -1 : 1))) as T;
}

/** The members are founded in term 1; the first election is about the next. */
const FIRST_TERM = 1;

/**
 * Raft as it is, in a small world. Pre-vote and check-quorum are off: they only keep elections from happening, by rules
 * about lengths of time.
 */
export function raft(options: RaftModelOptions): RaftModel {
  const { elections, nodes: size = 3, founders = size, heartbeats = 0, module = raftModule } = options;
  const { ask = proposing } = options;
  const nodes = serverIds(size);
  const raftOptions = (id: NodeId): Raft.RaftOptions => ({ id, preVote: false, checkQuorum: false });
  return {
    nodes,
    initialState: (id) => {
      const state: Run = { ...module.initialState(raftOptions(id)), incarnation: 0 };
      const voters = nodes.slice(0, founders).map((voter) => ({ id: voter, address: null }));
      if (!voters.some((voter) => voter.id === id)) return state;
      module.replay(state, {
        type: 'configuration',
        index: 1,
        term: FIRST_TERM,
        data: raftModule.configurationOf(voters),
      });
      return state;
    },
    create: (id, state) => module.create({ ...raftOptions(id), incarnation: (state as Run).incarnation }, state),
    replay: (state, record) => {
      module.replay(state, record);
      if (ask === reading) (state as Run).incarnation++;
    },
    network: options.network ?? { maxInFlight: 4 },
    crashes: options.crashes ?? 0,
    storage: options.storage ?? 'atOnce',
    mayFire: (id, timer, state) => {
      const { currentTerm: term } = state;
      if (timer === 'election') return term < FIRST_TERM + elections && (options.mayCampaign?.(id, term) ?? true);
      return timer === 'transfer' || (timer === 'heartbeat' && state.round < heartbeats);
    },
    maxCommands: options.requests ?? 1,
    commands: (id, state, given) => ask(id, state, given, nodes),
    answer: (_, output) => (output.type === 'apply' ? [{ type: 'applied', index: output.entries.at(-1)!.index }] : []),
    normalize,
    renumber,
    history: {
      initial: { leaders: {}, applied: {}, questions: [], problem: null },
      output: remember,
      ...(ask === reading ? { sent: noteQuestion } : {}),
    },
    properties: [
      always('election safety and state machine safety', ({ history }) => history.problem === null),
      sometimes('a leader is elected', ({ history }) => Object.keys(history.leaders).length > 0),
      ...expectations.get(ask)!,
    ],
    describe: ({ type, ...fields }) => `${type} ${JSON.stringify(fields)}`,
  };
}

type RaftProperty = NonNullable<RaftModel['properties']>[number];
type RaftStates = Parameters<RaftProperty['holds']>[0];

function statesOf({ nodes }: RaftStates): Raft.RaftState[] {
  return Object.values(nodes).map(({ state }) => state);
}

/** What must come about where something is asked: else there was nothing to check. */
const expectations: ReadonlyMap<Asking, readonly RaftProperty[]> = new Map([
  [proposing, [sometimes<RaftStates>('all apply a command', (all) => statesOf(all).every(hasApplied))]],
  [
    handingOver,
    [
      sometimes<RaftStates>('the leader of the next term applies a command', (all) => {
        return statesOf(all).some((state) => state.role === 'leader' && state.currentTerm > 2 && hasApplied(state));
      }),
    ],
  ],
  [reading, [sometimes<RaftStates>('two reads are asked for', ({ history }) => history.questions.length === 2)]],
  [changing, membershipProperties(['a joint configuration is left', ({ history }) => wasLeft(history)])],
  [
    removingEachOther,
    membershipProperties(['a voter is removed', ({ history }) => votersIn(history).some((voters) => voters === 3)]),
  ],
  [
    adding,
    membershipProperties(['a voter is added', ({ history }) => votersIn(history).some((voters) => voters === 3)]),
  ],
]);

function membershipProperties([name, holds]: [string, (all: RaftStates) => boolean]): readonly RaftProperty[] {
  return [
    always<RaftStates>('a leader has one configuration of its term that is not committed', (all) => {
      return statesOf(all).every((state) => state.role !== 'leader' || openConfigurations(state) <= 1);
    }),
    sometimes<RaftStates>(name, holds),
  ];
}

/** Those that it appended itself; of older ones it may not know yet that they are committed. */
function openConfigurations({ configurations, commitIndex, termStartIndex }: Raft.RaftState): number {
  return configurations.filter(({ index }) => index > commitIndex && index > termStartIndex).length;
}

function configurationsIn({ applied }: RaftHistory): Raft.Configuration[] {
  return Object.values(applied).flatMap(({ configuration }) => configuration ?? []);
}

function wasLeft(history: RaftHistory): boolean {
  const joint = configurationsIn(history).map(({ outgoing }) => outgoing.length > 0);
  return joint.includes(true) && joint.at(-1) === false;
}

function votersIn(history: RaftHistory): number[] {
  return configurationsIn(history).map(({ voters }) => voters.length);
}

/** The state of a server in the model: with the number of its run, which is how much its disk held when it began. */
interface Run extends Raft.RaftState {
  incarnation: number;
}

function hasApplied({ log, lastApplied }: Raft.RaftState): boolean {
  return log.entries.some(({ type, index }) => type === 'command' && index <= lastApplied);
}

/** When something was heard or issued matters to rules about time only. */
function normalize(state: Raft.RaftState): void {
  state.leaderContact = -Infinity;
  state.askedAt = 0;
  for (const progress of state.change?.catchUp ?? []) progress.startedAt = 0;
  for (const peer of state.peers) peer.heardAt = 0;
  state.unstored = state.unstored.map((entries) => ({ ...entries, at: 0 }));
}

function renumber(state: Raft.RaftState, by: number): void {
  state.writeCount -= by;
  state.hardStateWrite = Math.max(0, state.hardStateWrite - by);
  for (const entries of state.unstored) entries.write -= by;
}

/** Figure 3 of the Raft paper, as far as it can be told from what nodes say: also across crashes. */
function remember(history: RaftHistory, id: NodeId, output: Raft.RaftOutput): RaftHistory {
  if (output.type === 'role' && output.role === 'leader') {
    const leader = history.leaders[output.term];
    if (leader !== undefined && leader !== id) {
      return { ...history, problem: `${leader} and ${id} lead in term ${output.term}` };
    }
    return { ...history, leaders: { ...history.leaders, [output.term]: id } };
  }
  if (output.type === 'readable') return checkRead(history, id, output);
  if (output.type !== 'apply') return history;
  const applied = { ...history.applied };
  let { problem } = history;
  for (const entry of output.entries) {
    const now = noteOf(entry);
    const known = (applied[entry.index] ??= now);
    if (JSON.stringify(known) === JSON.stringify(now)) continue;
    problem = `${id} applied ${now.text} at ${entry.index}, not ${known.text}`;
  }
  return { ...history, applied, problem };
}

function noteOf(entry: Raft.Entry): Applied {
  const text = `${entry.type} of term ${entry.term}`;
  if (entry.type === 'configuration') return { text, configuration: entry.data };
  return { text: entry.type === 'command' ? `${text} ${entry.data.join()}` : text, configuration: null };
}

function noteQuestion(history: RaftHistory, { message }: { readonly message: Raft.RaftMessage }): RaftHistory {
  if (message.type !== 'readIndex') return history;
  const applied = Math.max(0, ...Object.keys(history.applied).map(Number));
  return { ...history, questions: [...history.questions, applied] };
}

/** Requests 0 and 2 are the reads, and each asks a question at once. */
function checkRead(
  history: RaftHistory,
  id: NodeId,
  read: { readonly id: number; readonly index: number },
): RaftHistory {
  const applied = history.questions[read.id / 2]!;
  if (read.index >= applied) return history;
  return { ...history, problem: `${id} reads at ${read.index} what was asked for when ${applied} had been applied` };
}
