import {
  explore,
  exploreMachines,
  type ExploreOptions,
  type ExploreResult,
  type Model,
} from '../../src/testing/index.js';
import { acceptorsSymmetry, paxos, type PaxosBug, type PaxosState } from './paxos.js';
import { paxosRegister } from './paxos-register.js';
import { pingPong } from './ping-pong.js';
import {
  adding,
  changing,
  handingOver,
  raft,
  reading,
  removingEachOther,
  serversSymmetry,
  type ExploredRaft,
  type RaftModel,
} from './raft.js';
import { clientsSymmetry, singleCopyRegister } from './register.js';
import { transactionCommit } from './transaction-commit.js';
import { managersSymmetry, twoPhaseCommit } from './two-phase-commit.js';

/** A model that can be explored by its name. */
export interface NamedModel {
  /** What `size` counts. */
  readonly sizeOf: string;
  readonly defaultSize: number;
  readonly maxSize: number;
  readonly run: (size: number, options: ExploreOptions, bug?: string) => ExploreResult<unknown>;
  /** The same with symmetry reduction, for those that have it. */
  readonly runSymmetric?: NamedModel['run'];
  /** Bugs that it can be given. */
  readonly bugs?: readonly string[];
}

/** The models by name. */
export const models: Readonly<Record<string, NamedModel>> = {
  'two-phase-commit': {
    sizeOf: 'resource managers',
    defaultSize: 3,
    maxSize: 12,
    run: (size, options) => explore(twoPhaseCommit(size), options),
    runSymmetric: (size, options) => explore({ ...twoPhaseCommit(size), symmetry: managersSymmetry(size) }, options),
  },
  'transaction-commit': {
    sizeOf: 'resource managers',
    defaultSize: 3,
    maxSize: 12,
    run: (size, options) => explore(transactionCommit(size), options),
  },
  paxos: {
    sizeOf: 'ballots',
    defaultSize: 2,
    maxSize: 8,
    bugs: ['lowest', 'noRaise'],
    run: (ballots, options, bug) => explore(paxosOf(ballots, bug), options),
    runSymmetric: (ballots, options, bug) =>
      explore({ ...paxosOf(ballots, bug), symmetry: acceptorsSymmetry(3) }, options),
  },
  'paxos-register': {
    sizeOf: 'clients',
    defaultSize: 2,
    maxSize: 4,
    run: (clients, options) => exploreMachines(paxosRegister(clients), options),
  },
  'single-copy-register': {
    sizeOf: 'clients',
    defaultSize: 2,
    maxSize: 8,
    run: (clients, options) => exploreMachines(singleCopyRegister(clients), options),
    runSymmetric: (clients, options) =>
      exploreMachines({ ...singleCopyRegister(clients), symmetry: clientsSymmetry(clients) }, options),
  },
  'ping-pong': {
    sizeOf: 'the highest count',
    defaultSize: 1,
    maxSize: 1000,
    run: (max, options) => exploreMachines(pingPong(max), options),
  },
  raft: {
    sizeOf: 'elections',
    defaultSize: 1,
    maxSize: 10,
    run: (elections, options) => exploreMachines(raft({ elections }), options),
    runSymmetric: (elections, options) =>
      exploreMachines({ ...raft({ elections }), symmetry: serversSymmetry() }, options),
  },
  'raft-crash': {
    sizeOf: 'elections',
    defaultSize: 1,
    maxSize: 10,
    run: (elections, options) => exploreMachines(raftCrash(elections), options),
    runSymmetric: (elections, options) =>
      exploreMachines({ ...raftCrash(elections), symmetry: serversSymmetry() }, options),
  },
  'raft-faults': ofRaft('messages in flight', 3, raftFaults),
  'raft-members': ofRaft('messages in flight', 3, raftMembers, null), // the successor is chosen by id
  'raft-addition': ofRaft('messages in flight', 3, raftAddition, serversSymmetry(3, 2)),
  'raft-removals': ofRaft('messages in flight', 3, raftRemovals, null),
  'raft-reads': ofRaft('messages in flight', 4, raftReads),
  'raft-transfer': ofRaft('messages in flight', 3, raftTransfer),
};

function ofRaft(
  sizeOf: string,
  defaultSize: number,
  model: (size: number) => RaftModel,
  symmetry: NonNullable<RaftModel['symmetry']> | null = serversSymmetry(),
): NamedModel {
  const run: NamedModel['run'] = (size, options) => exploreMachines(model(size), options);
  const plain = { sizeOf, defaultSize, maxSize: 10, run };
  if (symmetry === null) return plain;
  return { ...plain, runSymmetric: (size, options) => exploreMachines({ ...model(size), symmetry }, options) };
}

/** Two terms, two entries, one loss, one duplication and one crash. */
function raftFaults(maxInFlight: number): RaftModel {
  const network = { maxInFlight, lossy: 1, duplicating: 1 };
  return raft({ elections: 2, requests: 2, crashes: 1, network });
}

/** Two terms, one crash, and a change of members to fewer, in one step or through a joint configuration. */
function raftMembers(maxInFlight: number): RaftModel {
  return raft({ elections: 2, crashes: 1, ask: changing, network: { maxInFlight, lossy: 1 } });
}

/** Two terms, and a third server that is added, as a learner first. */
function raftAddition(maxInFlight: number): RaftModel {
  return raft({ elections: 2, founders: 2, heartbeats: 1, ask: adding, network: { maxInFlight, lossy: 1 } });
}

/** Two leaders who each remove the other, of four servers; three terms, so that the first one may come back. */
export function raftRemovals(maxInFlight: number, module?: ExploredRaft): RaftModel {
  return raft({
    elections: 3,
    nodes: 4,
    requests: 2,
    ask: removingEachOther,
    mayCampaign: (id, term) => (id === 'n1' && term !== 2) || (id === 'n2' && term === 2),
    network: { ordered: true, maxInFlight, lossy: true },
    ...(module === undefined ? {} : { module }),
  });
}

/** A crash between two reads of servers that do not lead. */
function raftReads(maxInFlight: number): RaftModel {
  return raft({ elections: 1, requests: 3, crashes: 1, ask: reading, network: { maxInFlight, lossy: 1 } });
}

/** Leadership that is handed over, with a crash. */
function raftTransfer(maxInFlight: number): RaftModel {
  return raft({ elections: 1, requests: 2, crashes: 1, ask: handingOver, network: { maxInFlight, lossy: true } });
}

function raftCrash(elections: number): RaftModel {
  return raft({ elections, crashes: 1, storage: 'later' });
}

function paxosOf(ballots: number, bug: string | undefined): Model<PaxosState> {
  return paxos({ ballots, ...(bug === undefined ? {} : { bug: bug as PaxosBug }) });
}
