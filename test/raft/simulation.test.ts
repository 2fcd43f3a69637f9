import { afterAll, describe, expect, it } from 'vitest';
import * as raft from '../../src/raft/index.js';
import { plant, uproot } from '../mutants.js';
import { raftMutants } from './mutants.js';
import { runSimulation, type RaftModule } from './raft-simulation.js';

const SEEDS = 1000;

describe('Raft in simulation', () => {
  it(`keeps every invariant, and recovers, for ${SEEDS} seeds`, { timeout: 240_000 }, () => {
    const total = { elections: 0, committed: 0, installed: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = runSimulation({ seed, raft });
      total.elections += run.elections;
      total.committed += run.committed;
      total.installed += run.installed;
    }
    // The faults must have left something to check: a cluster that is always down violates nothing.
    expect(total.elections).toBeGreaterThan(3 * SEEDS);
    expect(total.committed).toBeGreaterThan(200 * SEEDS);
    expect(total.installed).toBeGreaterThan(SEEDS / 2);
  });

  it('does the same for the same seed, and something else for another', () => {
    const trace = (seed: number): number => runSimulation({ seed, raft }).trace;
    expect(trace(7)).toBe(trace(7));
    expect(trace(7)).not.toBe(trace(8));
  });

  it('names the seed, the step and the command that runs it again when something fails', () => {
    const broken: RaftModule = {
      ...raft,
      replay: (state, record) => {
        if (record.type !== 'hardState') raft.replay(state, record); // forgets term and vote
      },
    };
    const failures = failingSeeds(broken, 300, 1);
    expect(failures).toHaveLength(1);
    const { seed, message } = failures[0]!;
    expect(message).toMatch(new RegExp(`^seed ${seed}, step \\d+: `));
    expect(message).toContain(`npm run sim -- raft --seed ${seed} --runs 1`);
    expect(() => runSimulation({ seed, raft: broken })).toThrow(message.split('\n')[0]);
  });
});

describe('Raft with a planted bug: the simulation finds one that', () => {
  afterAll(() => raftMutants.forEach(uproot));

  it.each(raftMutants)('$name', { timeout: 120_000 }, async (mutant) => {
    const copy = (await import(`${plant(mutant)}raft/index.ts`)) as RaftModule;
    expect(failingSeeds(copy, 2 * SEEDS, 1)).toHaveLength(1);
  });
});

function failingSeeds(module: RaftModule, seeds: number, enough: number): { seed: number; message: string }[] {
  const found: { seed: number; message: string }[] = [];
  for (let seed = 1; seed <= seeds && found.length < enough; seed++) {
    try {
      runSimulation({ seed, raft: module });
    } catch (error) {
      found.push({ seed, message: (error as Error).message });
    }
  }
  return found;
}
