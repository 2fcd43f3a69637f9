import { checkNumber } from '../../core/index.js';

/** Options of {@link priorityLoads}. */
export interface PriorityLoadsOptions {
  /**
   * How much more a level can take than it gets, as a factor from 1: it has its full load while at least 1 / `overprovisioning`
   * of it is healthy.
   *
   * @defaultValue 1.4, as in Envoy: levels are planned such that they bear the loss of 28 % of their nodes
   */
  readonly overprovisioning?: number;
}

/** A level as its nodes are counted. */
export interface LevelCounts {
  /** From 1. */
  readonly hosts: number;
  readonly available: number;
}

/** How load is divided among levels, in their order. */
export interface LoadDivision {
  /** Whole percentages that are 100 together; all 0 if nothing is healthy. */
  readonly loads: readonly number[];
  /** Which levels use all of their nodes. */
  readonly panics: readonly boolean[];
}

/**
 * What percentage of all requests each priority level gets, the most preferred first: whole numbers that are 100 together, or
 * all 0 when no level has any health. As Envoy documents it ("Priority levels"): the health of a level is
 * min(100, 100 `overprovisioning` share), rounded down; a level gets as much as its health, of what those before it have left;
 * if all healths together are below 100 each gets its part of them, rounded, and the first that has any gets what rounding
 * leaves. (Envoy's code rounds parts down, so that more is left for the first: 37, 35, 28 where its manual has 36, 36, 28.)
 *
 * For a look at what `PriorityLevels` would do. O(levels).
 *
 * @param healthShares - of each level the part of its nodes that is healthy, from 0 to 1
 * @throws InvalidOptionError
 */
export function priorityLoads(healthShares: readonly number[], options: PriorityLoadsOptions = {}): readonly number[] {
  const overprovisioning = checkOverprovisioning(options.overprovisioning);
  healthShares.forEach((share, level) =>
    checkNumber(`healthShares[${level}]`, share, { min: 0, max: 1, integer: false }),
  );
  const healths = healthShares.map((share) => healthOf(share, overprovisioning));
  return percentages(healths, Math.min(100, sum(healths)));
}

/**
 * The loads of levels and who panics: with less than `panicThreshold` of it available a level uses all of its nodes, as long
 * as the healths of all levels together are below 100. When all panic they share by numbers of nodes.
 */
export function divideLoad(
  levels: readonly LevelCounts[],
  overprovisioning: number,
  panicThreshold: number,
): LoadDivision {
  const healths = levels.map(({ available, hosts }) => healthOf(available / hosts, overprovisioning));
  const health = Math.min(100, sum(healths));
  const panics = levels.map(({ available, hosts }) => health < 100 && available / hosts < panicThreshold);
  if (!panics.every(Boolean)) return { loads: percentages(healths, health), panics };
  const hosts = levels.map((level) => level.hosts);
  return { loads: percentages(hosts, sum(hosts)), panics };
}

/** @throws InvalidOptionError */
export function checkOverprovisioning(overprovisioning = 1.4): number {
  return checkNumber('overprovisioning', overprovisioning, { min: 1, integer: false });
}

/** A whole number from 0 to 100. */
function healthOf(share: number, overprovisioning: number): number {
  // A little more, lest what is whole falls below by the rounding of numbers; with fewer than a billion nodes nothing else is
  // that close.
  return Math.min(100, Math.floor(100 * overprovisioning * share + 1e-9));
}

/** Divides 100 among levels in order: each gets the part that it has of the total, as long as something is left. */
function percentages(parts: readonly number[], total: number): number[] {
  let left = 100;
  const loads = parts.map((part) => {
    const load = part === 0 ? 0 : Math.min(left, Math.round((100 * part) / total));
    left -= load;
    return load;
  });
  const first = parts.findIndex((part) => part > 0);
  if (first !== -1) loads[first]! += left;
  return loads;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
