import { afterAll, describe, expect, it } from 'vitest';
import { hashKey128 } from '../../src/hashing/index.js';
import * as raft from '../../src/raft/index.js';
import { formatEvent } from '../../src/testing/index.js';
import { plant, uproot } from '../mutants.js';
import { raftMutants } from './mutants.js';
import { scenarioOf, type Scenario } from './raft-scenario.js';
import { runScenario, type RaftModule, type RunResult } from './raft-simulation.js';
import { shrinkScenario } from './shrink-scenario.js';

const SEEDS = 1000;

function runSeed(seed: number): RunResult {
  return runScenario(scenarioOf({ seed }), raft);
}

function partsOf({ faults, leaderCrashes, leaderChanges, actions }: Scenario): number {
  return faults.length + leaderCrashes.length + leaderChanges.length + actions.length;
}

describe('Raft in simulation', () => {
  it(`keeps every invariant, and recovers, for ${SEEDS} seeds`, { timeout: 240_000 }, () => {
    const total = { elections: 0, committed: 0, installed: 0, changes: 0, transfers: 0, recoverable: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = runSeed(seed);
      for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += Number(run[name]);
    }
    // The faults must have left something to check: a cluster that is always down violates nothing.
    expect(total.elections).toBeGreaterThan(3 * SEEDS);
    expect(total.committed).toBeGreaterThan(50 * SEEDS);
    expect(total.installed).toBeGreaterThan(SEEDS / 4);
    expect(total.changes).toBeGreaterThan(SEEDS / 2);
    expect(total.transfers).toBeGreaterThan(SEEDS / 2);
    expect(total.recoverable).toBeGreaterThan(0.9 * SEEDS);
  });

  it('does the same for the same seed, and something else for another', () => {
    expect(runSeed(7).trace).toBe(runSeed(7).trace);
    expect(runSeed(7).trace).not.toBe(runSeed(8).trace);
  });

  it('does the same on every version of Node', () => {
    const events: string[] = [];
    const { trace } = runScenario(scenarioOf({ seed: 3 }), raft, (event) => events.push(formatEvent(event)));
    const text = hashKey128(events.join('\n'));
    expect({ events: events.length, text, trace }).toMatchInlineSnapshot(`
      {
        "events": 3500,
        "text": "2a6ad6e85aca92ac424e79c823942728",
        "trace": 3373509022,
      }
    `);
  });

  it('names the seed and the step, and shrinks what it takes, when something fails', () => {
    const broken: RaftModule = {
      ...raft,
      replay: (state, record) => {
        if (record.type !== 'hardState') raft.replay(state, record); // forgets term and vote
      },
    };
    const [failing] = failingSeeds(broken, 300, 1);
    const { seed, message } = failing!;
    expect(message).toMatch(new RegExp(`^seed ${seed}, step \\d+: `));
    expect(() => runScenario(scenarioOf({ seed }), broken)).toThrow(message);
    const whole = scenarioOf({ seed });
    const { scenario } = shrinkScenario(whole, broken, 300);
    expect(partsOf(scenario)).toBeLessThan(partsOf(whole) / 2);
    expect(() => runScenario(scenario, broken)).toThrow();
  });
});

describe('Raft with a planted bug: the simulation finds one that', () => {
  const planted = raftMutants.slice(0, 3);
  afterAll(() => planted.forEach(uproot));

  it.each(planted)('$name', { timeout: 240_000 }, async (mutant) => {
    const copy = (await import(`${plant(mutant)}raft/index.ts`)) as RaftModule;
    expect(failingSeeds(copy, 4 * SEEDS, 1)).toHaveLength(1);
  });
});

function failingSeeds(module: RaftModule, seeds: number, enough: number): { seed: number; message: string }[] {
  const found: { seed: number; message: string }[] = [];
  for (let seed = 1; seed <= seeds && found.length < enough; seed++) {
    try {
      runScenario(scenarioOf({ seed }), module);
    } catch (error) {
      found.push({ seed, message: (error as Error).message });
    }
  }
  return found;
}
