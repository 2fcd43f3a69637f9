import * as raft from '../../src/raft/index.js';
import { scenarioOf, type ScenarioOptions } from '../raft/raft-scenario.js';
import { runScenario } from '../raft/raft-simulation.js';

/** Seeds for a worker to run. */
export interface Block {
  readonly first: number;
  readonly count: number;
  /** Whether each seed runs twice and must do the same. */
  readonly twice: boolean;
  readonly options: Omit<ScenarioOptions, 'seed'>;
}

/** What came of a block: of all its seeds, or of those before the first that failed. */
export interface BlockResult {
  readonly first: number;
  readonly runs: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly traces: readonly number[];
  /** The seed that failed, and how; `null` when all went well. */
  readonly failed: { readonly seed: number; readonly message: string } | null;
}

/** Runs the seeds of a block, in order. */
export function runBlock({ first, count, twice, options }: Block): BlockResult {
  const total = { steps: 0, simulatedMs: 0, traces: [] as number[] };
  for (let seed = first; seed < first + count; seed++) {
    try {
      const scenario = scenarioOf({ ...options, seed });
      const run = runScenario(scenario, raft);
      if (twice && runScenario(scenario, raft).trace !== run.trace) throw new Error('two runs of one seed differ');
      total.steps += run.steps;
      total.simulatedMs += run.simulatedMs;
      total.traces.push(run.trace);
    } catch (error) {
      return { first, runs: seed - first + 1, ...total, failed: { seed, message: (error as Error).message } };
    }
  }
  return { first, runs: count, ...total, failed: null };
}

if (process.send !== undefined) {
  process.on('message', (block: Block) => process.send?.(runBlock(block)));
  process.on('disconnect', () => process.exit());
}
