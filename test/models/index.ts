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
import { raft, serversSymmetry, type RaftModel } from './raft.js';
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
};

function raftCrash(elections: number): RaftModel {
  return raft({ elections, crashes: 1, storage: 'later' });
}

function paxosOf(ballots: number, bug: string | undefined): Model<PaxosState> {
  return paxos({ ballots, ...(bug === undefined ? {} : { bug: bug as PaxosBug }) });
}
