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
  /** How many commands are proposed. @defaultValue 1 */
  readonly proposals?: number;
  /** @defaultValue 0 */
  readonly crashes?: number;
  /** @defaultValue `'atOnce'` */
  readonly storage?: 'atOnce' | 'later';
  /** @defaultValue unordered, nothing lost or repeated, at most four messages in flight */
  readonly network?: NetworkModel;
  /** How often a leader may send heartbeats. @defaultValue 0 */
  readonly heartbeats?: number;
  /** @defaultValue the sources */
  readonly module?: ExploredRaft;
}

/** What a run is remembered by. */
export interface RaftHistory {
  /** Who led, by term. */
  readonly leaders: Readonly<Record<number, NodeId>>;
  /** What was applied first at each index, by anyone. */
  readonly applied: Readonly<Record<number, string>>;
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
export function serversSymmetry(size = 3): NonNullable<RaftModel['symmetry']> {
  return {
    groups: [serverIds(size)],
    state: (state, rename) => sortById(rename(state)),
    message: (message, rename) => sortById(rename(message)),
    write: (record, rename) => sortById(rename(record)),
    history: (history, rename) => {
      const problem = history.problem?.replaceAll(/n\d+/g, (id) => rename(id)) ?? null;
      return { ...rename(history), problem };
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
  const { elections, nodes: size = 3, proposals = 1, heartbeats = 0, module = raftModule } = options;
  const nodes = serverIds(size);
  const raftOptions = (id: NodeId): Raft.RaftOptions => ({ id, preVote: false, checkQuorum: false });
  return {
    nodes,
    initialState: (id) => {
      const state = module.initialState(raftOptions(id));
      const voters = nodes.map((voter) => ({ id: voter, address: null }));
      module.replay(state, {
        type: 'configuration',
        index: 1,
        term: FIRST_TERM,
        data: raftModule.configurationOf(voters),
      });
      return state;
    },
    create: (id, state) => module.create(raftOptions(id), state),
    replay: (state, record) => module.replay(state, record),
    network: options.network ?? { maxInFlight: 4 },
    crashes: options.crashes ?? 0,
    storage: options.storage ?? 'atOnce',
    mayFire: (_, timer, state) => {
      if (timer === 'election') return state.currentTerm < FIRST_TERM + elections;
      return timer === 'heartbeat' && state.round < heartbeats;
    },
    maxCommands: proposals,
    commands: (_, state, given) =>
      state.role === 'leader' ? [{ type: 'propose', id: given, payloads: [Uint8Array.of(given)] }] : [],
    answer: (_, output) => (output.type === 'apply' ? [{ type: 'applied', index: output.entries.at(-1)!.index }] : []),
    normalize,
    renumber,
    history: { initial: { leaders: {}, applied: {}, problem: null }, output: remember },
    properties: [
      always('election safety and state machine safety', ({ history }) => history.problem === null),
      sometimes('a leader is elected', ({ history }) => Object.keys(history.leaders).length > 0),
      sometimes('all apply a command', ({ nodes: all }) => Object.values(all).every(({ state }) => hasApplied(state))),
    ],
    describe: ({ type, ...fields }) => `${type} ${JSON.stringify(fields)}`,
  };
}

function hasApplied({ log, lastApplied }: Raft.RaftState): boolean {
  return log.entries.some(({ type, index }) => type === 'command' && index <= lastApplied);
}

/** When something was heard or issued matters to rules about time only. */
function normalize(state: Raft.RaftState): void {
  state.leaderContact = -Infinity;
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
  if (output.type !== 'apply') return history;
  const applied = { ...history.applied };
  let { problem } = history;
  for (const entry of output.entries) {
    const text = `${entry.type} of term ${entry.term}${entry.type === 'command' ? ` ${entry.data.join()}` : ''}`;
    const known = applied[entry.index];
    if (known !== undefined && known !== text) problem = `${id} applied ${text} at ${entry.index}, not ${known}`;
    applied[entry.index] ??= text;
  }
  return { ...history, applied, problem };
}
