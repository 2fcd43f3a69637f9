import { shrink } from '../../src/testing/index.js';
import type { Scenario } from './raft-scenario.js';
import { runScenario, SimulationFailure, type RaftModule } from './raft-simulation.js';

/**
 * Takes away from a failing scenario what it fails without: faults, crashes of leaders, and what clients do.
 *
 * @param budget - how many runs each of the three may take
 */
export function shrinkScenario(scenario: Scenario, raft: RaftModule, budget = 200): SimulationFailure {
  let smallest = failureOf(scenario, raft);
  if (smallest === null) throw new Error(`seed ${scenario.seed} does not fail`);
  const fails = (changed: Partial<Scenario>): boolean => {
    const failure = failureOf({ ...smallest!.scenario, ...changed }, raft);
    if (failure !== null) smallest = failure;
    return failure !== null;
  };
  const { at, steps } = smallest;
  fails({
    actions: scenario.actions.filter((action) => action.at <= at),
    faults: scenario.faults.filter((timed) => ('at' in timed ? timed.at <= at : timed.afterStep <= steps)),
  });
  shrink(smallest.scenario.faults, (faults) => fails({ faults }), budget);
  shrink(smallest.scenario.leaderCrashes, (leaderCrashes) => fails({ leaderCrashes }), budget);
  shrink(smallest.scenario.leaderChanges, (leaderChanges) => fails({ leaderChanges }), budget);
  shrink(smallest.scenario.actions, (actions) => fails({ actions }), budget);
  return smallest;
}

function failureOf(scenario: Scenario, raft: RaftModule): SimulationFailure | null {
  try {
    runScenario(scenario, raft);
    return null;
  } catch (error) {
    if (error instanceof SimulationFailure) return error;
    throw error;
  }
}
