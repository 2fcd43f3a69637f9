import { describe, expect, it } from 'vitest';
import { isQuorateError } from 'quorate/core';
import {
  Bertier,
  ChenNfdE,
  ChenNfdS,
  ExponentialPhi,
  FixedTimeout,
  LogisticPhi,
  MissedChecks,
  NormalPhi,
  TwoWindow,
} from 'quorate/detector';

const wrong: readonly [string, () => unknown][] = [
  ['timeoutMs is 0; it must be a number at least 0.001', () => new FixedTimeout({ timeoutMs: 0 })],
  ['timeoutMs is Infinity; it must be a number at least 0.001', () => new FixedTimeout({ timeoutMs: Infinity })],
  ['intervalMs is -1; it must be a number at least 0.001', () => new MissedChecks({ intervalMs: -1 })],
  ['misses is 0; it must be a whole number at least 1', () => new MissedChecks({ misses: 0 })],
  ['misses is 1.5; it must be a whole number at least 1', () => new MissedChecks({ misses: 1.5 })],
  ['shiftMs is NaN; it must be a number at least 0.001', () => new ChenNfdS({ firstSentAt: 0, shiftMs: NaN })],
  ['intervalMs is 0; it must be a number at least 0.001', () => new ChenNfdS({ firstSentAt: 0, intervalMs: 0 })],
  ['marginMs is 0; it must be a number at least 0.001', () => new ChenNfdE({ marginMs: 0 })],
  ['windowSize is 0; it must be a whole number from 1 to 1048576', () => new ChenNfdE({ windowSize: 0 })],
  [
    'windowSize is 2097152; it must be a whole number from 1 to 1048576',
    () => new LogisticPhi({ windowSize: 2 ** 21 }),
  ],
  ['windowSize is 3; it must be a whole number at least 4', () => new TwoWindow({ windowSize: 3, shortWindowSize: 4 })],
  ['shortWindowSize is 65; it must be a whole number from 1 to 64', () => new TwoWindow({ shortWindowSize: 65 })],
  ['shortWindowSize is NaN; it must be a whole number from 1 to 64', () => new TwoWindow({ shortWindowSize: NaN })],
  ['gamma is 1.1; it must be a number from 0.000001 to 1', () => new Bertier({ gamma: 1.1 })],
  ['phi is 0; it must be a number from 0.000001 to 1000', () => new Bertier({ phi: 0 })],
  ['beta is -1; it must be a number from 0 to 1000', () => new Bertier({ beta: -1 })],
  ['threshold is 301; it must be a number from 0.001 to 300', () => new NormalPhi({ threshold: 301 })],
  ['acceptablePauseMs is -1; it must be a number at least 0', () => new LogisticPhi({ acceptablePauseMs: -1 })],
  [
    'minStandardDeviationMs is 0; it must be a number at least 0.001',
    () => new LogisticPhi({ minStandardDeviationMs: 0 }),
  ],
  ['maxIntervalMs is 0; it must be a number at least 0.001', () => new ExponentialPhi({ maxIntervalMs: 0 })],
];

describe('a wrong option is refused, by name, value and what is allowed', () => {
  it.each(wrong)('%s', (message, make) => {
    expect(make).toThrow(message);
    let code: unknown;
    try {
      make();
    } catch (error) {
      code = isQuorateError(error, 'invalid-option') && error.code;
    }
    expect(code).toBe('invalid-option');
  });
});

describe('defaults', () => {
  const patience = (detector: FixedTimeout | MissedChecks | ChenNfdE): number => {
    for (let i = 0; i <= 50; i++) detector.heartbeat(i * 1000);
    return detector.deadline() - 50_000;
  };

  it('FixedTimeout waits 5 s, MissedChecks three intervals after a heartbeat at the time of a check, ChenNfdE 2.5 s', () => {
    expect([new FixedTimeout(), new MissedChecks(), new ChenNfdE()].map(patience)).toEqual([5000, 3000, 2500]);
  });

  it('ChenNfdS suspects a process whose first heartbeat has not come a shift after it was sent', () => {
    const detector = new ChenNfdS({ firstSentAt: 100 });
    expect(detector.deadline()).toBe(1600);
    expect(detector.isSuspect(1600)).toBe(true);
    detector.heartbeat(1700, 0);
    expect(detector.deadline()).toBe(2600);
  });
});
