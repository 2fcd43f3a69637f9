import type { NodeId } from '../../core/index.js';
import type { ReadWriteSystem } from '../pairs.js';
import type { QuorumSystem } from '../system.js';
import { minimizeCost, type Column, type Row } from './linear-program.js';
import { quorumLatencyMs, type Capacity, type MembersFigures } from './members.js';
import { minimalSets } from './minimal-quorums.js';
import type { Measure } from './no-strategy.js';
import { meanFraction, type Workload } from './read-fraction.js';
import { fastResilientSets, resilientSets } from './resilient-sets.js';
import { named } from './sets.js';
import { Strategy, type WeightedQuorums } from './strategy.js';

/** What a strategy is wanted for, all checked. */
export interface Problem {
  readonly system: QuorumSystem | ReadWriteSystem;
  readonly workloads: readonly Workload[];
  readonly limits: Readonly<Partial<Record<Measure, number>>>;
  readonly failures: number;
  readonly maxQuorums: number;
  readonly members: MembersFigures;
  /** All members of the system. */
  readonly ids: readonly NodeId[];
  readonly capacities: ReadonlyMap<NodeId, Capacity>;
  /** Null when nobody asks for latencies. */
  readonly latenciesMs: ReadonlyMap<NodeId, number> | null;
}

/** The quorums of one kind of request: a strategy has probabilities that add up to 1 for each kind. */
interface Kind {
  readonly system: QuorumSystem;
  readonly quorums: readonly (readonly NodeId[])[];
  /** How much of the work it is. */
  readonly share: number;
  /** What one picked quorum adds to the load of its member, at a read fraction. */
  readonly loadAt: (capacity: Capacity, fraction: number) => number;
}

/** A column and what it adds to each measure. */
interface MeasuredColumn extends Pick<Column, 'coefficients'> {
  readonly measures: Readonly<Record<Measure, number>>;
}

/** The strategy with the least of one measure, or null when none keeps the limits. */
export async function findStrategy(
  problem: Problem,
  optimize: Measure,
  limits: Problem['limits'],
): Promise<Strategy | null> {
  const kinds = kindsOf(problem);
  const { columns, rows } = programOf(problem, kinds, optimize === 'load' || limits.load !== undefined);
  const unit = unitsOf(problem);
  const limited = Object.entries(limits).map(([measure, max], i) => ({
    measure: measure as Measure,
    row: rows.length + i,
    max: max / unit[measure as Measure],
  }));
  const values = await minimizeCost(
    columns.map(({ coefficients, measures }) => ({
      cost: measures[optimize],
      atMost: measures.load > 0 ? (limits.load ?? 0) / unit.load / measures.load : 1,
      coefficients: [...coefficients, ...limited.map(({ measure, row }) => [row, measures[measure]] as const)],
    })),
    [...rows, ...limited.map(({ max }) => ({ max }))],
  );
  if (values === null) return null;
  let at = 0;
  const [reads, writes] = kinds.map(({ quorums }): WeightedQuorums => quorums.map((quorum) => [quorum, values[at++]!]));
  const { system, members } = problem;
  return new Strategy({ system, members, reads: reads!, ...(writes === undefined ? {} : { writes }) });
}

function kindsOf({ system, workloads, ...problem }: Problem): Kind[] {
  const reads = meanFraction(workloads);
  const kind = (of: QuorumSystem, share: number, loadAt: Kind['loadAt']): Kind => {
    return { system: of, quorums: quorumsOf(of, problem), share, loadAt };
  };
  if ('read' in system) {
    return [
      kind(system.read, reads, (capacity, fraction) => fraction / capacity.read),
      kind(system.write, 1 - reads, (capacity, fraction) => (1 - fraction) / capacity.write),
    ];
  }
  return [kind(system, 1, (capacity, fraction) => fraction / capacity.read + (1 - fraction) / capacity.write)];
}

/** Those that an optimal strategy may need: others have one of these in them that is no worse. */
function quorumsOf(
  system: QuorumSystem,
  { failures, maxQuorums: limit, latenciesMs: latencies }: Pick<Problem, 'failures' | 'maxQuorums' | 'latenciesMs'>,
): NodeId[][] {
  const { members } = system;
  if (failures === 0) return minimalSets(system, limit).map((set) => named(members, set));
  if (latencies === null) return resilientSets(system, failures, limit).map((set) => named(members, set));
  const latenciesMs = members.map((member) => latencies.get(member)!);
  return fastResilientSets(system, { failures, latenciesMs, limit }).map((set) => named(members, set));
}

/** What 1 in the linear program stands for, so that its coefficients are near 1. */
function unitsOf({ capacities, latenciesMs }: Problem): Record<Measure, number> {
  const highest = Math.max(...Array.from(capacities.values(), ({ read, write }) => Math.max(read, write)), 0);
  const slowest = Math.max(...(latenciesMs?.values() ?? []), 0);
  return { load: 1 / (highest || 1), network: 1, latencyMs: slowest || 1 };
}

/**
 * Columns: the probability of each quorum of each kind, then for each read fraction the load at it. Rows: the sum of the
 * probabilities of each kind is 1; the load of each member at each read fraction is at most the load at it. Without loads
 * where they do not matter.
 */
function programOf(
  problem: Problem,
  kinds: readonly Kind[],
  hasLoads: boolean,
): { columns: MeasuredColumn[]; rows: Row[] } {
  const { ids, capacities, latenciesMs } = problem;
  const workloads = hasLoads ? problem.workloads : [];
  const unit = unitsOf(problem);
  const latencies = Object.fromEntries(latenciesMs ?? []);
  const positions = new Map(ids.map((member, i) => [member, i]));
  const loadRow = (k: number, member: NodeId): number => kinds.length + k * ids.length + positions.get(member)!;
  const quorumColumns = kinds.flatMap(({ system, quorums, share, loadAt }, kind) =>
    quorums.map((quorum): MeasuredColumn => {
      const latencyMs = latenciesMs === null ? 0 : quorumLatencyMs(system, quorum, latencies);
      const loads = workloads.flatMap(({ fraction }, k) =>
        quorum.map((member) => [loadRow(k, member), loadAt(capacities.get(member)!, fraction) / unit.load] as const),
      );
      return {
        coefficients: [[kind, 1], ...loads],
        measures: { load: 0, network: share * quorum.length, latencyMs: (share * latencyMs) / unit.latencyMs },
      };
    }),
  );
  const loadColumns = workloads.map(({ probability }, k): MeasuredColumn => ({
    coefficients: ids.map((member) => [loadRow(k, member), -1] as const),
    measures: { load: probability, network: 0, latencyMs: 0 },
  }));
  const rows: Row[] = [
    ...kinds.map(() => ({ equal: 1 as const })),
    ...workloads.flatMap(() => ids.map(() => ({ max: 0 }))),
  ];
  return { columns: [...quorumColumns, ...loadColumns], rows };
}
