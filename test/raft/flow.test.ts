import { describe, expect, it } from 'vitest';
import { Server, type Message, type ServerOptions } from './script.js';

/** What the entry of a payload of one byte counts for. */
const ENTRY = 65;

/** A leader whose followers are in step: appends follow each other without waiting. */
function leaderInStep(options: ServerOptions = {}): Server {
  return new Server('a', options).lead();
}

function peer(server: Server, id: string) {
  return server.state.peers.find((other) => other.id === id)!;
}

function indexes(appends: readonly Message<'appendEntries'>[]): number[][] {
  return appends.map(({ entries }) => entries.map(({ index }) => index));
}

describe('bytes on the way to a follower', () => {
  it('are limited, and the next entries leave when some have arrived', () => {
    const server = leaderInStep({ maxInflightBytes: 2 * ENTRY });
    expect(indexes(server.propose(1).sent('appendEntries', 'b'))).toEqual([[2]]);
    expect(indexes(server.propose(1).sent('appendEntries', 'b'))).toEqual([[3]]);
    expect(server.propose(1).sent('appendEntries', 'b')).toEqual([]);
    expect(indexes(server.accept('b', 2).sent('appendEntries', 'b'))).toEqual([[4]]);
  });

  it('of one append may be more: else it would never arrive', () => {
    const server = leaderInStep({ maxInflightBytes: 1 });
    const payloads = [new Uint8Array(1000)];
    expect(server.command({ type: 'propose', id: 1, payloads }).sent('appendEntries', 'b')).toHaveLength(1);
    expect(server.propose(1).sent('appendEntries', 'b')).toEqual([]);
    expect(indexes(server.accept('b', 2).sent('appendEntries', 'b'))).toEqual([[3]]);
  });

  it('of one follower do not hold up another', () => {
    const server = leaderInStep({ maxInflightBytes: ENTRY });
    server.propose(1);
    server.accept('c', 2);
    const taken = server.propose(1);
    expect(taken.sent('appendEntries', 'b')).toEqual([]);
    expect(indexes(taken.sent('appendEntries', 'c'))).toEqual([[3]]);
  });

  it('do not hold up heartbeats', () => {
    const server = leaderInStep({ maxInflightBytes: 1 });
    server.propose(1);
    expect(server.passToWake().sent('appendEntries', 'b')).toMatchObject([{ entries: [], round: 1 }]);
  });

  it('do not count heartbeats', () => {
    const server = leaderInStep({ maxInflightBytes: 1 });
    for (let i = 0; i < 3; i++) server.passToWake();
    expect(server.propose(1).sent('appendEntries', 'b')).toHaveLength(1);
  });

  it('arrive together when one answer covers several appends', () => {
    const server = leaderInStep({ maxInflightBytes: 3 * ENTRY });
    for (let i = 0; i < 4; i++) server.propose(1);
    expect(peer(server, 'b').inflightBytes).toEqual([ENTRY, ENTRY, ENTRY]);
    expect(indexes(server.accept('b', 4).sent('appendEntries', 'b'))).toEqual([[5]]);
    expect(peer(server, 'b')).toMatchObject({ inflight: [5], inflightBytes: [ENTRY] });
  });

  it('count as lost when the follower refuses what it was sent', () => {
    const server = leaderInStep({ maxInflightBytes: ENTRY });
    server.propose(1);
    const refusal = { success: false, prevLogIndex: 2, conflictTerm: 0, conflictIndex: 2, round: 0 } as const;
    const taken = server.receive('b', { type: 'appendEntriesReply', term: 1, ...refusal });
    expect(indexes(taken.sent('appendEntries', 'b'))).toEqual([[2]]);
    expect(peer(server, 'b').inflightBytes).toEqual([ENTRY]);
  });

  it('are bounded also by the number of appends', () => {
    const server = leaderInStep({ maxInflightAppends: 2 });
    for (let i = 0; i < 5; i++) server.propose(1);
    expect(peer(server, 'b').inflight).toEqual([2, 3]);
  });

  it('are many by default: 8 MiB', () => {
    expect(initialLimit()).toBe(8 * 1024 * 1024);
  });
});

/** How many bytes are on the way when no more leave. */
function initialLimit(): number {
  const server = leaderInStep({ maxAppendBytes: 2 ** 20, maxInflightAppends: 1000, maxUncommittedBytes: 2 ** 30 });
  const payloads = [new Uint8Array(2 ** 20 - 64)];
  for (let i = 0; i < 20; i++) server.command({ type: 'propose', id: i, payloads });
  return peer(server, 'b').inflightBytes.reduce((sum, bytes) => sum + bytes, 0);
}
