import { describe, expect, it } from 'vitest';
import { Server, type ServerOptions } from './script.js';

const ENTRIES = 100;
/** Ten entries behind a snapshot stay in any case, forty at most. */
const LIMITS = { trailingEntries: 10, maxTrailingEntries: 40 };

/** A leader of a log of a hundred entries, all applied; c has all of them, b as many as is said. */
function leader(matchIndex: number, options: ServerOptions = {}): Server {
  const log = Array.from({ length: ENTRIES - 1 }, () => 1);
  const server = new Server('a', { log, ...LIMITS, ...options });
  server.elect();
  server.stored();
  server.accept('c');
  server.accept('b', matchIndex);
  server.command({ type: 'applied', index: ENTRIES });
  expect(server.state.lastApplied).toBe(ENTRIES);
  return server;
}

/** From where on the log stays behind a snapshot of everything. */
function keptFrom(server: Server, index = ENTRIES): number | undefined {
  return server.command({ type: 'snapshot', index }).said('checkpoint')[0]?.firstIndex;
}

describe('the log that stays behind a snapshot', () => {
  it('has as many entries as were chosen', () => {
    expect(keptFrom(leader(ENTRIES))).toBe(91);
  });

  it('has what a follower that answers still needs', () => {
    expect(keptFrom(leader(70))).toBe(71);
  });

  it('has no more than the most that was chosen, whatever is needed', () => {
    expect(keptFrom(leader(20))).toBe(61);
    expect(keptFrom(leader(0))).toBe(61);
  });

  it('is not longer for a follower that does not answer', () => {
    const server = leader(70, { checkQuorum: false });
    for (let beat = 0; beat < 10; beat++) {
      server.accept('c');
      server.pass(10);
    }
    expect(keptFrom(server)).toBe(91);
  });

  it('is longer for a follower that answered within an election timeout', () => {
    const server = leader(70);
    server.pass(99);
    expect(keptFrom(server)).toBe(71);
  });

  it('has what a learner needs, too', () => {
    const server = leader(ENTRIES, { learners: ['d'] });
    server.accept('d', 80);
    expect(keptFrom(server)).toBe(81);
  });

  it('has what the slowest of several needs', () => {
    const server = leader(70, { learners: ['d', 'e'] });
    server.accept('d', 65);
    server.accept('e', 90);
    expect(keptFrom(server)).toBe(66);
  });

  it('has what follows the snapshot that a follower is being sent', () => {
    const server = leader(ENTRIES, { learners: ['d'] });
    server.command({ type: 'compacted', index: 75, firstIndex: 76 });
    const refusal = { success: false, prevLogIndex: 99, conflictTerm: 0, conflictIndex: 1, round: 0 } as const;
    const term = server.state.currentTerm;
    const asked = server.receive('d', { type: 'appendEntriesReply', term, ...refusal });
    expect(asked.said('readSnapshot')).toMatchObject([{ index: 75 }]);
    expect(keptFrom(server)).toBe(76);
  });

  it('begins no earlier than it does', () => {
    const server = leader(70);
    server.command({ type: 'compacted', index: 85, firstIndex: 86 });
    expect(keptFrom(server)).toBe(86);
  });

  it('begins no earlier than a log can', () => {
    const server = new Server('a', { log: [1, 1, 1], committed: 3, ...LIMITS });
    expect(keptFrom(server, 3)).toBe(1);
  });

  it('is what was chosen on a server that does not lead: it knows of nobody', () => {
    const log = Array.from({ length: ENTRIES }, () => 1);
    expect(keptFrom(new Server('a', { log, committed: ENTRIES, ...LIMITS }))).toBe(91);
  });

  it('can be none', () => {
    expect(keptFrom(leader(0, { trailingEntries: 0, maxTrailingEntries: 0 }))).toBe(ENTRIES + 1);
  });
});
