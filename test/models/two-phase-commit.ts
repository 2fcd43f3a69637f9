import { always, sometimes, type Model, type Symmetry } from '../../src/testing/index.js';

type ResourceManager = 'working' | 'prepared' | 'committed' | 'aborted';

/** A state of {@link twoPhaseCommit}. */
export interface TwoPhaseState {
  readonly managers: readonly ResourceManager[];
  readonly coordinator: 'init' | 'committed' | 'aborted';
  /** For each resource manager, whether the coordinator has received that it is prepared: bits. */
  readonly received: number;
  /** Messages that were sent, for ever: bits; above those of the resource managers' "prepared" the two decisions. */
  readonly sent: number;
}

/**
 * Two-phase commit with a reliable coordinator: module TwoPhase of Gray and Lamport, "Consensus on Transaction Commit",
 * 2006. Messages stay once sent, so that each may be received often and late.
 */
export function twoPhaseCommit(size: number): Model<TwoPhaseState> {
  const [COMMIT, ABORT, ALL] = [1 << size, 2 << size, (1 << size) - 1];
  const names = (what: string): readonly string[] => Array.from({ length: size }, (_, i) => `${what} ${i + 1}`);
  const receive = names('coordinator receives prepared from');
  const prepare = names('prepare');
  const choose = names('choose to abort');
  const commit = names('receive commit');
  const abort = names('receive abort');
  return {
    initial: [{ managers: Array<ResourceManager>(size).fill('working'), coordinator: 'init', received: 0, sent: 0 }],
    next(state, to) {
      const { managers, coordinator, received, sent } = state;
      if (coordinator === 'init' && received === ALL) {
        to('coordinator commits', { ...state, coordinator: 'committed', sent: sent | COMMIT });
      }
      if (coordinator === 'init') to('coordinator aborts', { ...state, coordinator: 'aborted', sent: sent | ABORT });
      for (let i = 0; i < size; i++) {
        const bit = 1 << i;
        if (coordinator === 'init' && (sent & bit) !== 0) to(receive[i]!, { ...state, received: received | bit });
        if (managers[i] === 'working') {
          to(prepare[i]!, { ...state, managers: managers.with(i, 'prepared'), sent: sent | bit });
          to(choose[i]!, { ...state, managers: managers.with(i, 'aborted') });
        }
        if ((sent & COMMIT) !== 0) to(commit[i]!, { ...state, managers: managers.with(i, 'committed') });
        if ((sent & ABORT) !== 0) to(abort[i]!, { ...state, managers: managers.with(i, 'aborted') });
      }
    },
    properties: [
      always('all decide alike', ({ managers }) => !(managers.includes('aborted') && managers.includes('committed'))),
      sometimes('all commit', ({ managers }) => managers.every((manager) => manager === 'committed')),
      sometimes('all abort', ({ managers }) => managers.every((manager) => manager === 'aborted')),
    ],
  };
}

/** Resource managers are interchangeable. The key of one is all that the state says about it. */
export function managersSymmetry(size: number): Symmetry<TwoPhaseState> {
  const moved = (bits: number, permutation: readonly number[]): number =>
    permutation.reduce((all, to, from) => all | (((bits >> from) & 1) << to), (bits >> size) << size);
  return {
    size,
    permute: (state, permutation) => {
      const managers = state.managers.slice();
      permutation.forEach((to, from) => (managers[to] = state.managers[from]!));
      return { ...state, managers, received: moved(state.received, permutation), sent: moved(state.sent, permutation) };
    },
    key: ({ managers, received, sent }, i) => [managers[i], (received >> i) & 1, (sent >> i) & 1],
  };
}
