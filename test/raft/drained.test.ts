import { describe, expect, it } from 'vitest';
import { Server, type ServerOptions, type Taken } from './script.js';

/** What the entry of a payload of one byte counts for. */
const ENTRY = 65;
const ROOM_FOR_FOUR = { maxUncommittedBytes: 4 * ENTRY };

/** A leader that has finished all it took on. */
function leader(options: ServerOptions = ROOM_FOR_FOUR): Server {
  const server = new Server('a', options).lead();
  server.command({ type: 'applied', index: 1 });
  expect(server.state.backlogBytes).toBe(0);
  return server;
}

/** Everything up to an index is durable, committed and applied. */
function finish(server: Server, index: number): Taken {
  server.accept('b', index);
  server.accept('c', index);
  server.stored();
  return server.command({ type: 'applied', index });
}

/** A leader with four entries, 2 to 5, that refused a fifth. */
function overloaded(): Server {
  const server = leader();
  for (let i = 0; i < 4; i++) server.propose(1);
  expect(server.propose(1).said('refused')).toHaveLength(1);
  return server;
}

/** Applies one entry after the other, each in its turn. */
function finishOneByOne(server: Server, from: number, to: number): number[] {
  const drained: number[] = [];
  for (let index = from; index <= to; index++) {
    // One batch at a time is applied, so let each be committed on its own.
    if (finish(server, index).said('drained').length > 0) drained.push(index);
  }
  return drained;
}

describe('a leader that refused a proposal as too much', () => {
  it('says when half of the room is free, and says so once', () => {
    expect(finishOneByOne(overloaded(), 2, 5)).toEqual([3]);
  });

  it('takes proposals again when it says so', () => {
    const server = overloaded();
    finishOneByOne(server, 2, 3);
    expect(server.propose(1).said('accepted')).toHaveLength(1);
  });

  it('says so again after it refused again', () => {
    const server = overloaded();
    finishOneByOne(server, 2, 3);
    for (let i = 0; i < 2; i++) expect(server.propose(1).said('accepted')).toHaveLength(1);
    expect(server.propose(1).said('refused')).toHaveLength(1);
    expect(finishOneByOne(server, 4, 7)).toEqual([5]);
  });

  it('says nothing when it refused nothing', () => {
    const server = leader();
    for (let i = 0; i < 4; i++) server.propose(1);
    expect(finishOneByOne(server, 2, 5)).toEqual([]);
  });

  it('does not say so at once to one that is too large for what is free: it would ask for ever', () => {
    const server = leader();
    server.propose(1);
    const payloads = [new Uint8Array(3 * ENTRY)];
    const taken = server.command({ type: 'propose', id: 9, payloads });
    expect(taken.outputs.map(({ type }) => type)).toEqual(['refused']);
    expect(finishOneByOne(server, 2, 2)).toEqual([2]);
    expect(server.command({ type: 'propose', id: 9, payloads }).said('accepted')).toHaveLength(1);
  });

  it('waits until all is done for one that is larger than all room', () => {
    const server = leader();
    for (let i = 0; i < 3; i++) server.propose(1);
    const payloads = [new Uint8Array(1000)];
    expect(server.command({ type: 'propose', id: 9, payloads }).said('refused')).toHaveLength(1);
    expect(finishOneByOne(server, 2, 4)).toEqual([4]);
    expect(server.command({ type: 'propose', id: 9, payloads }).said('accepted')).toHaveLength(1);
  });

  it('has refused nothing any more when it leads no more', () => {
    const server = overloaded();
    expect(server.append('b', { term: 2 }).said('drained')).toEqual([]);
    expect(server.state.refusedBytes).toBe(0);
  });

  it('begins anew in its next term', () => {
    const server = overloaded();
    server.stored();
    server.append('b', { term: 2 });
    server.lead();
    expect(finish(server, server.state.log.lastIndex).said('drained')).toEqual([]);
    expect(server.propose(1).said('accepted')).toHaveLength(1);
  });
});

describe('room is free when an entry is', () => {
  it.each([
    ['committed and durable, and not applied', (server: Server) => [server.stored(), server.accept('b', 5)]],
    ['durable, and not committed', (server: Server) => [server.stored()]],
    ['committed, and not durable here', (server: Server) => [server.accept('b', 5), server.accept('c', 5)]],
  ])('applied too, not when it is only %s', (_, happens) => {
    const server = overloaded();
    for (const taken of happens(server)) expect(taken.said('drained')).toEqual([]);
    expect(server.propose(1).said('refused')).toHaveLength(1);
  });

  it('counts configurations and the entry that begins a term as well', () => {
    const server = new Server('a');
    server.elect();
    expect(server.state.backlogBytes).toBe(64);
    server.stored();
    server.accept('b');
    server.command({ type: 'applied', index: 1 });
    expect(server.state.backlogBytes).toBe(0);
    server.change({ type: 'remove', member: 'c' });
    expect(server.state.backlogBytes).toBe(64);
  });
});
