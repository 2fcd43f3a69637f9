import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  formatPath,
  type ExploreOptions,
  type ExploreProgress,
  type ExploreResult,
  type PropertyResult,
} from '../../src/testing/index.js';
import { models } from '../models/index.js';

/** One exploration: of a model, in a size. */
export interface ExploreRun {
  readonly model: string;
  readonly size: number;
  readonly depthFirst?: boolean;
  readonly symmetry?: boolean;
  readonly bug?: string;
  readonly maxStates: number;
  readonly seconds?: number;
}

/** What `--json` prints of a run. */
export interface ExploreLine {
  readonly model: string;
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
  readonly complete: boolean;
  readonly violation: string | null;
  readonly statesPerSecond: number;
  readonly bytesPerState: number;
  readonly size: number;
}

/** What came of a run, as data and as texts. */
export interface ExploreReport {
  readonly line: ExploreLine;
  /** A line for each property. */
  readonly outcomes: readonly string[];
  /** What is to be said of it: that a bound stopped it, and a violation with the steps that lead there. */
  readonly remarks: readonly string[];
}

/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 1000;

/**
 * Explores, and tells the progress on standard error.
 *
 * @param onProgress - called every few thousand states
 */
export function exploreRun(run: ExploreRun, onProgress: () => void = () => {}): ExploreReport {
  const { model, size, symmetry, bug } = run;
  let told = performance.now();
  const options: ExploreOptions = {
    order: run.depthFirst === true ? 'depth-first' : 'breadth-first',
    maxStates: run.maxStates,
    ...(run.seconds === undefined ? {} : { maxMs: run.seconds * 1000 }),
    now: () => performance.now(),
    memory: memoryInUse,
    onProgress: (progress) => {
      onProgress();
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      process.stderr.write(`${model} ${size}: ${describeProgress(progress)}\n`);
    },
  };
  const search = symmetry === true ? models[model]!.runSymmetric! : models[model]!.run;
  return reportOf(run, search(size, options, bug));
}

function describeProgress({ distinct, generated, depth, waiting, elapsedMs }: ExploreProgress): string {
  const perSecond = Math.round((distinct / elapsedMs) * 1000);
  const counts = `${distinct} states, ${generated} generated, depth ${depth}, ${waiting} waiting`;
  return `${(elapsedMs / 1000).toFixed(0)} s, ${counts}, ${perSecond} states/s`;
}

/** Heap and array buffers after a collection. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function reportOf({ model, size }: ExploreRun, result: ExploreResult<unknown>): ExploreReport {
  const { distinct, generated, depth, complete, stopped, violation, elapsedMs, memoryBytes } = result;
  const line = {
    model,
    distinct,
    generated,
    depth,
    complete,
    violation: violation?.name ?? null,
    statesPerSecond: Math.round((distinct / elapsedMs) * 1000),
    bytesPerState: Math.round(memoryBytes! / distinct),
    size,
  };
  const remarks: string[] = [];
  if (stopped !== null && stopped !== 'violation') {
    remarks.push(`stopped at a bound (${stopped}): not every state was seen`);
  }
  if (violation !== null) remarks.push(describeViolation(violation));
  const outcomes = result.properties.map(({ kind, name, outcome }) => `${outcome.padEnd(9)} ${kind} ${name}`);
  return { line, outcomes, remarks };
}

function describeViolation({ kind, name, path, loopsTo }: PropertyResult<unknown>): string {
  const steps = path === null ? 'there is no such state' : formatPath(path, loopsTo);
  return `violated: ${kind} ${name}\n${steps}`;
}
