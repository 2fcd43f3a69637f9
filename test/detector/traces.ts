import fc from 'fast-check';

/** What a monitor tells a detector. */
export interface Event {
  readonly type: 'heartbeat' | 'expectFrom';
  readonly at: number;
  readonly sequence: number;
}

/** Heartbeats of an interval of 100 ms that are late, lost, overtaken and repeated, with the monitor's own pauses. */
export const traces: fc.Arbitrary<readonly Event[]> = fc
  .array(
    fc.record({
      lost: fc.integer({ min: 0, max: 9 }).map((n) => (n < 8 ? 0 : n - 7)),
      delay: fc.oneof(
        { weight: 5, arbitrary: fc.double({ min: 0, max: 30, noNaN: true }) },
        { weight: 1, arbitrary: fc.double({ min: 0, max: 450, noNaN: true }) },
      ),
      repeated: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      paused: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((beats) => {
    const events: Event[] = [];
    let sequence = -1;
    for (const { lost, delay, repeated, paused } of beats) {
      sequence += 1 + lost;
      const at = sequence * 100 + delay;
      events.push({ type: 'heartbeat', at, sequence });
      if (repeated) events.push({ type: 'heartbeat', at: at + delay, sequence });
      if (paused) events.push({ type: 'expectFrom', at: at + 37, sequence: 0 });
    }
    return events.sort((a, b) => a.at - b.at); // delays may let one overtake another
  });
