import { describe, expect, it } from 'vitest';
import { runHeartbeats, type Tally } from './heartbeat-simulation.js';

const SEEDS = 200;

describe('heartbeats in simulation', () => {
  it(`say nothing that cannot be, and trust all in the end, for ${SEEDS} seeds`, { timeout: 120_000 }, () => {
    const total: Tally = { trusted: 0, suspected: 0, restarted: 0, stopped: 0, paused: 0, crashesNoticed: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { tally } = runHeartbeats(seed);
      for (const name of Object.keys(total) as (keyof Tally)[]) total[name] += tally[name];
    }
    // Something must have happened: processes among which nothing does violate nothing.
    expect(total.trusted).toBeGreaterThan(40 * SEEDS);
    expect(total.suspected).toBeGreaterThan(40 * SEEDS);
    expect(total.restarted).toBeGreaterThan(20 * SEEDS);
    expect(total.stopped).toBeGreaterThan(2 * SEEDS);
    expect(total.paused).toBeGreaterThan(5 * SEEDS);
    expect(total.crashesNoticed).toBeGreaterThan(2 * SEEDS);
  });

  it('does the same for the same seed, and something else for another', () => {
    expect(runHeartbeats(7).trace).toBe(runHeartbeats(7).trace);
    expect(runHeartbeats(7).trace).not.toBe(runHeartbeats(8).trace);
  });
});
