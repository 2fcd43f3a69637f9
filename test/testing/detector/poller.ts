import type { FailureDetector } from 'quorate/detector';
import type { HeartbeatTrace } from 'quorate/testing';

/** What a naive monitor sees that asks every millisecond whether the process is suspected. */
export interface Polled {
  readonly mistakes: number;
  readonly suspectedMs: number;
  /** For a crash right after each heartbeat from the warm-up on. */
  readonly detectionTimesMs: readonly number[];
}

interface Arrival {
  readonly at: number;
  readonly sequence: number;
}

function arrivals({ arrivedAt }: HeartbeatTrace, below = Infinity): Arrival[] {
  return Array.from(arrivedAt, (at, sequence) => ({ at, sequence }))
    .filter(({ at, sequence }) => at < Infinity && sequence < below)
    .sort((one, other) => one.at - other.at || one.sequence - other.sequence);
}

/** Asks from 0 until the end, behind what arrives at that time, and calls back with the time and the answer. */
function poll(
  detector: FailureDetector,
  beats: Arrival[],
  end: number,
  each: (now: number, suspect: boolean) => void,
): void {
  for (let now = 0; now <= end; now++) {
    while (beats.length > 0 && beats[0]!.at <= now) {
      const { at, sequence } = beats.shift()!;
      detector.heartbeat(at, sequence);
    }
    each(now, detector.isSuspect(now));
  }
}

/** Polls through the trace once for mistakes, and once more with a new detector for each crash. */
export function pollDetector(
  make: () => FailureDetector,
  trace: HeartbeatTrace,
  { warmUp, silence }: { warmUp: number; silence: number },
): Polled {
  const { sentAt } = trace;
  const [start, end] = [sentAt[warmUp]!, sentAt[sentAt.length - 1]!];
  let mistakes = 0;
  let suspectedMs = 0;
  let before = false;
  let counts = false;
  poll(make(), arrivals(trace), end - 1, (now, suspect) => {
    if (suspect && !before) counts = now >= start;
    if (suspect && !before && counts) mistakes++;
    if (suspect && counts) suspectedMs++;
    before = suspect;
  });
  const detectionTimesMs: number[] = [];
  for (let crash = warmUp; crash < sentAt.length; crash++) {
    let from = Infinity;
    let last = false;
    poll(make(), arrivals(trace, crash + 1), sentAt[crash]! + silence, (now, suspect) => {
      if (suspect && !last) from = now;
      last = suspect;
    });
    detectionTimesMs.push(Math.max(0, from - sentAt[crash]!));
  }
  return { mistakes, suspectedMs, detectionTimesMs };
}
