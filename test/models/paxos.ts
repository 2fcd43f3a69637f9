import { always, sometimes, type Model, type Symmetry } from '../../src/testing/index.js';

/** A bug that {@link paxos} can be given: the classics that two ballots do not show. */
export type PaxosBug = 'lowest' | 'noRaise';

/** What {@link paxos} consists of. */
export interface PaxosOptions {
  /** How many ballots: 0 to one less. */
  readonly ballots: number;
  /** @defaultValue 3 */
  readonly acceptors?: number;
  /** @defaultValue 2 */
  readonly values?: number;
  /**
   * `lowest`: the leader takes the accepted value of the lowest ballot; `noRaise`: accepting does not raise the promise.
   * @defaultValue none
   */
  readonly bug?: PaxosBug;
}

interface Acceptor {
  /** The highest ballot that it promised or accepted in; -1 for none. */
  readonly promised: number;
  /** The ballot of the last value that it accepted; -1 for none. */
  readonly ballot: number;
  /** That value; -1 for none. */
  readonly value: number;
}

/** A promise ("1b"): the acceptor, the ballot, and what it had accepted by then. */
type Promised = readonly [acceptor: number, ballot: number, acceptedBallot: number, acceptedValue: number];

/** A state of {@link paxos}. Messages stay once sent. */
export interface PaxosState {
  readonly acceptors: readonly Acceptor[];
  /** Ballots that were begun ("1a"): bits. */
  readonly begun: number;
  readonly promises: readonly Promised[];
  /** For each ballot the value proposed in it ("2a"); -1 for none. */
  readonly proposed: readonly number[];
  /** For each ballot the acceptors that accepted in it ("2b"): bits. */
  readonly accepted: readonly number[];
}

/**
 * Paxos as in module Paxos of Lamport, "How to Win a Turing Award" (tlaplus/Examples): a leader for each ballot, messages
 * that are never removed. Steps are counted as TLC counts them: choosing a value is one step for each quorum and for each
 * promise in it that allows the value.
 */
export function paxos(options: PaxosOptions): Model<PaxosState> {
  const { ballots, acceptors = 3, values = 2, bug } = options;
  const ids = Array.from({ length: acceptors }, (_, i) => i);
  const rounds = Array.from({ length: ballots }, (_, i) => i);
  const quorums = majorities(acceptors);
  const next: Model<PaxosState>['next'] = (state, to) => {
    for (const ballot of rounds) {
      to(`ballot ${ballot}: prepare`, { ...state, begun: state.begun | (1 << ballot) });
      if (state.proposed[ballot] !== -1) continue;
      for (let value = 0; value < values; value++) {
        const witnesses = countWitnesses(state, ballot, value, quorums, bug);
        const proposed = state.proposed.with(ballot, value);
        for (let i = 0; i < witnesses; i++) to(`ballot ${ballot}: propose ${'AB'[value]}`, { ...state, proposed });
      }
    }
    for (const id of ids) {
      for (const ballot of rounds) {
        promise(state, id, ballot, to);
        accept(state, id, ballot, bug, to);
      }
    }
  };
  return {
    initial: [
      {
        acceptors: ids.map(() => ({ promised: -1, ballot: -1, value: -1 })),
        begun: 0,
        promises: [],
        proposed: rounds.map(() => -1),
        accepted: rounds.map(() => 0),
      },
    ],
    next,
    properties: [
      always('one value is chosen', (state) => new Set(chosen(state, quorums)).size <= 1),
      sometimes('a value is chosen', (state) => chosen(state, quorums).length > 0),
    ],
  };
}

type To = Parameters<Model<PaxosState>['next']>[1];

function promise(state: PaxosState, id: number, ballot: number, to: To): void {
  const acceptor = state.acceptors[id]!;
  if ((state.begun & (1 << ballot)) === 0 || ballot <= acceptor.promised) return;
  const acceptors = state.acceptors.with(id, { ...acceptor, promised: ballot });
  const promises = withPromise(state.promises, [id, ballot, acceptor.ballot, acceptor.value]);
  to(`acceptor ${id}: promise ballot ${ballot}`, { ...state, acceptors, promises });
}

function accept(state: PaxosState, id: number, ballot: number, bug: PaxosBug | undefined, to: To): void {
  const acceptor = state.acceptors[id]!;
  const value = state.proposed[ballot]!;
  if (value === -1 || ballot < acceptor.promised) return;
  const promised = bug === 'noRaise' ? acceptor.promised : ballot;
  const acceptors = state.acceptors.with(id, { promised, ballot, value });
  const accepted = state.accepted.with(ballot, state.accepted[ballot]! | (1 << id));
  to(`acceptor ${id}: accept ${'AB'[value]} in ballot ${ballot}`, { ...state, acceptors, accepted });
}

/** In how many ways TLC finds that `value` may be proposed in `ballot`: by quorum, and by the promise that says so. */
function countWitnesses(
  { promises }: PaxosState,
  ballot: number,
  value: number,
  quorums: readonly number[],
  bug: PaxosBug | undefined,
): number {
  let count = 0;
  const here = promises.filter((sent) => sent[1] === ballot);
  for (const quorum of quorums) {
    const inside = here.filter(([acceptor]) => ((quorum >> acceptor) & 1) !== 0);
    if (inside.reduce((all, [acceptor]) => all | (1 << acceptor), 0) !== quorum) continue;
    const voted = inside.filter(([, , acceptedBallot]) => acceptedBallot >= 0);
    if (voted.length === 0) {
      count++;
      continue;
    }
    const accepted = voted.map(([, , acceptedBallot]) => acceptedBallot);
    const decisive = bug === 'lowest' ? Math.min(...accepted) : Math.max(...accepted);
    count += voted.filter((sent) => sent[2] === decisive && sent[3] === value).length;
  }
  return count;
}

/** Values that a quorum accepted in one ballot. */
function chosen({ proposed, accepted }: PaxosState, quorums: readonly number[]): readonly number[] {
  return proposed.filter((value, ballot) => {
    return value !== -1 && quorums.some((quorum) => (accepted[ballot]! & quorum) === quorum);
  });
}

/** The least majorities, as bits. */
function majorities(members: number): readonly number[] {
  const size = (members >> 1) + 1;
  const all = Array.from({ length: 1 << members }, (_, bits) => bits);
  return all.filter((bits) => bits.toString(2).replaceAll('0', '').length === size);
}

function withPromise(promises: readonly Promised[], added: Promised): readonly Promised[] {
  return [...promises, added].sort(byAcceptorAndBallot);
}

function byAcceptorAndBallot(a: Promised, b: Promised): number {
  return a[0] - b[0] || a[1] - b[1];
}

/** Acceptors are interchangeable. */
export function acceptorsSymmetry(acceptors: number): Symmetry<PaxosState> {
  const moved = (bits: number, permutation: readonly number[]): number =>
    permutation.reduce((all, to, from) => all | (((bits >> from) & 1) << to), 0);
  return {
    size: acceptors,
    permute: (state, permutation) => {
      const renamed = state.acceptors.slice();
      permutation.forEach((to, from) => (renamed[to] = state.acceptors[from]!));
      return {
        ...state,
        acceptors: renamed,
        promises: state.promises
          .map(([from, ...rest]): Promised => [permutation[from]!, ...rest])
          .sort(byAcceptorAndBallot),
        accepted: state.accepted.map((bits) => moved(bits, permutation)),
      };
    },
    key: ({ acceptors: all, promises }, i) => [
      all[i],
      promises.filter(([from]) => from === i).map((sent) => sent.slice(1)),
    ],
  };
}
