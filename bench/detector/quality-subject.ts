/**
 * A process that plays traces to one detector. Each has one of its own: what detectors share would otherwise be compiled for
 * all of them at once, and be several times as slow.
 */
import { exponentialTrace, measureDetector, wideAreaTrace } from 'quorate/testing';
import { answer } from '../child.js';
import { link, methods, rows, type Method } from './chen-simulation.js';
import { atDetectionTime, bertier, contenders, type Tuned } from './contenders.js';

/** What to play: a wide area to a contender, or Chen's link to a detector of theirs. */
export type Question =
  | {
      readonly trace: 'stationary' | 'bursts';
      readonly seed: number;
      readonly heartbeats: number;
      readonly contender: string;
      /** Mean detection times, ascending; none for the one without a knob. */
      readonly targets: readonly number[];
    }
  | { readonly trace: 'chen'; readonly seed: number; readonly heartbeats: number; readonly method: Method };

/** For each target, or for each of Chen's bounds, what was measured; null where the contender cannot be there. */
export type Played = readonly (Tuned | null)[];

/** The knobs that were found, which are good guesses for other seeds. */
const knobs = new Map<string, number>();

answer((question: Question): Played => {
  const { trace: kind, seed, heartbeats } = question;
  if (kind === 'chen') {
    const trace = exponentialTrace({ seed, heartbeats, ...link });
    return rows.map(({ bound }) => ({
      knob: bound,
      measured: measureDetector(methods[question.method](bound), trace),
    }));
  }
  const trace = wideAreaTrace({ seed, heartbeats, bursts: kind === 'bursts' });
  const one = contenders.find(({ name }) => name === question.contender);
  if (one === undefined) return [{ knob: NaN, measured: measureDetector(bertier.make(trace.intervalMs), trace) }];
  return question.targets.map((target) => {
    const key = `${kind} ${target}`;
    const tuned = atDetectionTime(one, trace, target, knobs.get(key));
    if (tuned !== null) knobs.set(key, tuned.knob);
    return tuned;
  });
});
