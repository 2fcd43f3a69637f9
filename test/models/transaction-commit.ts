import { always, sometimes, type Model } from '../../src/testing/index.js';

type ResourceManager = 'working' | 'prepared' | 'committed' | 'aborted';

/**
 * What any commit protocol must do, without saying how: module TCommit of Gray and Lamport, "Consensus on Transaction
 * Commit", 2006. A state is the list of what the resource managers are at.
 */
export function transactionCommit(size: number): Model<readonly ResourceManager[]> {
  return {
    initial: [Array<ResourceManager>(size).fill('working')],
    next(managers, to) {
      const canCommit = managers.every((manager) => manager === 'prepared' || manager === 'committed');
      const notCommitted = !managers.includes('committed');
      managers.forEach((manager, i) => {
        const undecided = manager === 'working' || manager === 'prepared';
        if (manager === 'working') to(`${i + 1} prepares`, managers.with(i, 'prepared'));
        if (manager === 'prepared' && canCommit) to(`${i + 1} commits`, managers.with(i, 'committed'));
        if (undecided && notCommitted) to(`${i + 1} aborts`, managers.with(i, 'aborted'));
      });
    },
    properties: [
      always('all decide alike', (managers) => !(managers.includes('aborted') && managers.includes('committed'))),
      sometimes('all commit', (managers) => managers.every((manager) => manager === 'committed')),
    ],
  };
}
