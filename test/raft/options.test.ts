import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/core/index.js';
import { create, initialState, type RaftOptions } from '../../src/raft/index.js';
import { resolveOptions } from '../../src/raft/options.js';

describe('the options of a machine', () => {
  it('have defaults that depend on each other', () => {
    expect(resolveOptions({ id: 'a', electionTimeoutMs: 300, trailingEntries: 7 })).toMatchObject({
      heartbeatIntervalMs: 30,
      stalledWriteMs: 300,
      maxTrailingEntries: 70,
    });
  });

  it('are on the safe side by default', () => {
    expect(resolveOptions({ id: 'a' })).toMatchObject({
      preVote: true,
      checkQuorum: true,
      leaseReads: false,
      electionPriority: 1,
      maxClockDrift: 0.1,
      electionTimeoutMs: 1000,
      trailingEntries: 10_000,
      maxTrailingEntries: 100_000,
      maxInflightBytes: 8 * 1024 * 1024,
    });
  });

  it.each<[keyof RaftOptions, unknown]>([
    ['electionPriority', -0.1],
    ['electionPriority', 1.1],
    ['electionPriority', Number.NaN],
    ['leaseReads', 1],
    ['maxClockDrift', -0.1],
    ['maxClockDrift', 1.5],
    ['maxInflightBytes', 0],
    ['maxInflightBytes', 1.5],
    ['maxTrailingEntries', -1],
    ['trailingEntries', -1],
    ['incarnation', -1],
    ['incarnation', 0.5],
    ['preVote', 'yes'],
    ['checkQuorum', 0],
    ['maxPendingReads', 0],
    ['heartbeatIntervalMs', 501],
    ['electionTimeoutMs', 0],
    ['id', ''],
  ])('are checked: %s is not %s', (option, value) => {
    const options = { id: 'a', [option]: value };
    const check = (): unknown => initialState(options);
    expect(check).toThrow(InvalidOptionError);
    expect(check).toThrow(new RegExp(`\\b${option}\\b`));
  });

  it.each<Partial<RaftOptions>>([
    { electionPriority: 0 },
    { electionPriority: 0.5 },
    { maxClockDrift: 0 },
    { maxClockDrift: 1 },
    { maxInflightBytes: 1 },
    { trailingEntries: 0 },
    { trailingEntries: 3, maxTrailingEntries: 3 },
    { leaseReads: true },
    { checkQuorum: false },
    { incarnation: Number.MAX_SAFE_INTEGER },
    { heartbeatIntervalMs: 500 },
  ])('may be %j', (options) => {
    expect(resolveOptions({ id: 'a', ...options })).toMatchObject(options);
  });

  it('keep no fewer entries for the slow than for all', () => {
    expect(() => resolveOptions({ id: 'a', trailingEntries: 10, maxTrailingEntries: 9 })).toThrow(/maxTrailingEntries/);
  });

  it('have no leases without check-quorum: nobody would keep to them', () => {
    expect(() => resolveOptions({ id: 'a', leaseReads: true, checkQuorum: false })).toThrow(/leaseReads.*checkQuorum/s);
  });

  it('are checked where a machine is made, too', () => {
    expect(() => create({ id: 'a', electionPriority: 2 }, initialState({ id: 'a' }))).toThrow(InvalidOptionError);
  });
});
