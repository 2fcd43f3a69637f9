import { describe, expect, it } from 'vitest';
import { MAX_MEMBERS } from '../../src/raft/configuration.js';
import {
  configurationEntry,
  configurationOf,
  entries,
  Group,
  inShort,
  membersOf,
  Server,
  type Taken,
} from './script.js';

/** The configurations that a turn appended. */
function appended(taken: Taken): string[] {
  return taken.writes.flatMap((record) => (record.type === 'configuration' ? [inShort(record.data)] : []));
}

/** All configurations in the log of a server, that of the beginning included. */
function history({ state }: Server): string[] {
  return state.configurations.map(({ configuration }) => inShort(configuration));
}

function voters(...ids: string[]) {
  return { type: 'set', voters: membersOf(ids), learners: [] } as const;
}

const add = (id: string, as: 'voter' | 'learner' = 'voter') => {
  return { type: 'add', member: { id, address: null }, as } as const;
};
const remove = (member: string) => ({ type: 'remove', member }) as const;

/** Servers that are members, and others that know nobody; the first one leads. */
function cluster(members: readonly string[], ...others: readonly string[]): Group {
  const servers = members.map((id) => new Server(id, { members }));
  const group = new Group(...servers, ...others.map((id) => new Server(id, { members: [] })));
  group.campaign(members[0]!);
  return group;
}

describe('a change of members (section 6; thesis, chapter 4)', () => {
  it('adds a voter as a learner first, and all servers know', () => {
    const group = cluster(['a', 'b', 'c'], 'd');
    group.command('a', { type: 'changeMembers', id: 7, change: add('d') });
    group.heartbeat('a');
    for (const id of ['a', 'b', 'c']) {
      expect(history(group.servers.get(id)!)).toEqual(['a b c', 'a b c +d', 'a b c d']);
    }
    expect(inShort(group.servers.get('d')!.configuration)).toBe('a b c d');
    expect(group.said('a', 'membersChanged')).toMatchObject([{ id: 7 }]);
  });

  it('of one voter is one step', () => {
    expect(appended(new Server('a').lead().change(remove('c')))).toEqual(['a b']);
  });

  it('of two voters goes through a joint configuration, which is left without being asked', () => {
    const server = new Server('a', { members: ['a', 'b', 'c', 'd', 'e'] }).lead();
    expect(appended(server.change(voters('a', 'b', 'c')))).toEqual(['a b c|a b c d e']);
    server.stored();
    server.accept('b');
    expect(appended(server.accept('c'))).toEqual(['a b c']);
  });

  it('replaces all servers by others, without waiting for a heartbeat', () => {
    const group = cluster(['a', 'b', 'c'], 'd', 'e');
    group.command('a', { type: 'changeMembers', id: 1, change: voters('d', 'e') });
    expect(group.said('a', 'membersChanged')).toHaveLength(1);
    const leaders = ['d', 'e'].filter((id) => group.servers.get(id)!.state.role === 'leader');
    expect(leaders).toHaveLength(1);
    expect(inShort(group.servers.get(leaders[0]!)!.configuration)).toBe('d e');
  });

  it('holds as soon as it is in the log', () => {
    const server = new Server('a').lead();
    server.change(remove('c'));
    server.stored();
    server.accept('c');
    expect(server.state.commitIndex).toBe(1);
    server.accept('b');
    expect(server.state.commitIndex).toBe(2);
  });

  it('holds on followers as soon as it is in the log', () => {
    const server = new Server('a', { log: [1] });
    server.append('b', { entries: [configurationEntry(2, 1, configurationOf(['a', 'b', 'c', 'd', 'e']))] });
    server.stored();
    expect(server.passToWake().sent('preVote')).toHaveLength(4);
  });

  it('is complete when its last configuration is committed, not before', () => {
    const server = new Server('a').lead();
    expect(server.change(remove('c'), 5).said('membersChanged')).toEqual([]);
    expect(server.stored().said('membersChanged')).toEqual([]);
    expect(server.accept('b').said('membersChanged')).toEqual([{ type: 'membersChanged', id: 5, index: 2 }]);
  });

  it('to what there is already is complete at once, and writes nothing', () => {
    const server = new Server('a').lead();
    for (const change of [add('b'), remove('x'), voters('c', 'b', 'a')]) {
      const taken = server.change(change);
      expect(taken.writes).toEqual([]);
      expect(taken.said('membersChanged')).toHaveLength(1);
    }
  });

  it('gives a member another address', () => {
    const server = new Server('a').lead();
    server.change({ type: 'add', member: { id: 'b', address: 'there' }, as: 'voter' });
    expect(server.configuration).toEqual({ ...configurationOf(['a', 'c']), voters: [{ id: 'a', address: null }, { id: 'b', address: 'there' }, { id: 'c', address: null }] }); // prettier-ignore
  });

  it('of the only voter to another goes over to that', () => {
    const group = cluster(['a'], 'b');
    group.command('a', { type: 'changeMembers', id: 1, change: voters('b') });
    const b = group.servers.get('b')!;
    expect(inShort(b.configuration)).toBe('b');
    expect(b.state.role).toBe('leader');
  });

  it('to one voter, which is then a quorum alone, is complete with its own disk', () => {
    const server = new Server('a', { members: ['a', 'b'] }).lead();
    server.change(remove('b'));
    expect(server.stored().said('membersChanged')).toHaveLength(1);
  });
});

describe('at most one configuration is not committed', () => {
  it('a second change is refused while one is under way', () => {
    const server = new Server('a').lead();
    server.change(add('d'), 1);
    const refused = { type: 'refused', id: 2, reason: 'changing', leader: 'a' };
    expect(server.change(remove('b'), 2).said('refused')).toEqual([refused]);
  });

  it('a second change waits when the first was given up', () => {
    const server = new Server('a').lead();
    server.change(remove('c'), 1);
    server.command({ type: 'cancelChange', id: 1 });
    expect(appended(server.change(remove('b'), 2))).toEqual([]);
    server.stored();
    expect(appended(server.accept('b'))).toEqual(['a']);
  });

  it('the steps of one change wait for each other', () => {
    const server = new Server('a').lead();
    expect(appended(server.change(add('d')))).toEqual(['a b c +d']);
    server.stored();
    expect(appended(server.accept('d'))).toEqual([]); // d has it, and is no voter: it is not committed yet
    expect(appended(server.accept('b'))).toEqual(['a b c d']);
  });

  it('another change is taken once the one before is complete', () => {
    const server = new Server('a').lead();
    server.change(remove('c'), 1);
    server.stored();
    server.accept('b');
    expect(appended(server.change(remove('b'), 2))).toEqual(['a']);
  });
});

describe('a new leader', () => {
  it('changes no members before an entry of its own term is committed (Ongaro, raft-dev, 2015)', () => {
    const server = new Server('a', { log: [1] });
    server.elect();
    expect(appended(server.change(remove('c')))).toEqual([]);
    server.stored();
    expect(appended(server.accept('b', 1))).toEqual([]); // a majority has the entry of the older term
    expect(appended(server.accept('b', 2))).toEqual(['a b']);
  });

  it('and another one, who both change the same four servers, leave nothing lost (the example of raft-dev)', () => {
    const servers = ['s1', 's2', 's3', 's4', 's5'];
    const options = { members: servers.slice(0, 4), learners: ['s5'] };
    const group = new Group(...servers.map((id) => new Server(id, options)));
    const [s1, s2, , s4] = [...group.servers.values()];
    group.campaign('s1');
    // s1 adds s5, and brings that to s5 only.
    group.cut('s2', 's3', 's4');
    group.command('s1', { type: 'changeMembers', id: 1, change: add('s5') });
    expect(inShort(s1!.configuration)).toBe('s1 s2 s3 s4 s5');
    // s2 leads with the votes of s3 and s4, and brings its first entry to s3 only. It is to remove s1.
    group.heal();
    group.cut('s1', 's5');
    group.lose = ({ to, message }) => to === 's4' && message.type === 'appendEntries';
    group.campaign('s2');
    expect(s2!.state).toMatchObject({ role: 'leader', currentTerm: 2 });
    group.command('s2', { type: 'changeMembers', id: 2, change: remove('s1') });
    // Of the three servers that would be left, two have all this: with a removal it would now be committed.
    expect(s2!.state.commitIndex).toBe(1);
    expect(inShort(s2!.configuration)).toBe('s1 s2 s3 s4 +s5');
    // s1 leads again with the votes of s4 and s5, a majority of five.
    group.heal();
    group.cut('s2', 's3');
    group.settle('s1', s1!.pass(200));
    for (let i = 0; i < 3 && s1!.state.role !== 'leader'; i++) group.campaign('s1');
    expect(s1!.state).toMatchObject({ role: 'leader', currentTerm: 3, commitIndex: 3 });
    group.heal();
    group.heartbeat('s1');
    for (const server of group.servers.values()) {
      expect(server.terms).toEqual([1, 1, 3]);
      expect(inShort(server.configuration)).toBe('s1 s2 s3 s4 s5');
    }
    expect(group.said('s2', 'refused')).toMatchObject([{ id: 2, reason: 'notLeader' }]);
    expect(s4!.state.commitIndex).toBe(3);
  });

  it('leaves a joint configuration that it finds, unasked', () => {
    const server = new Server('a', { members: ['a', 'b', 'd'], outgoing: ['a', 'b', 'c'], log: [1] });
    server.elect();
    server.stored();
    expect(appended(server.accept('b', 1))).toEqual([]);
    expect(appended(server.accept('b', 2))).toEqual(['a b d']);
  });

  it('goes on where the leader before it died in the middle of a change', () => {
    const group = cluster(['a', 'b', 'c'], 'd', 'e');
    group.lose = ({ message }) => message.type === 'appendEntriesReply' && group.servers.get('b')!.state.configurations.length > 2; // prettier-ignore
    group.command('a', { type: 'changeMembers', id: 1, change: voters('b', 'd', 'e') });
    group.heartbeat('a');
    expect(inShort(group.servers.get('b')!.configuration)).toBe('b d e|a b c');
    group.heal();
    group.cut('a');
    group.campaign('b');
    expect(group.servers.get('b')!.state.role).toBe('leader');
    group.heartbeat('b');
    for (const id of ['b', 'd', 'e']) expect(inShort(group.servers.get(id)!.configuration)).toBe('b d e');
  });

  it('does not go on with a change that it was not asked for', () => {
    const server = new Server('a', { learners: ['d'] }).lead();
    for (let i = 0; i < 5; i++) {
      expect(appended(server.passToWake())).toEqual([]);
      for (const id of ['b', 'c', 'd']) expect(appended(server.accept(id, 1, server.state.round))).toEqual([]);
    }
  });
});

describe('a change whose leader leads no more', () => {
  it('is refused when nothing of it is in the log', () => {
    const server = new Server('a');
    server.elect(); // and no entry of its term is committed
    server.change(remove('c'), 3);
    const taken = server.append('b', { term: 9 });
    expect(taken.said('refused')).toMatchObject([{ id: 3, reason: 'notLeader' }]);
    expect(taken.said('lost')).toEqual([]);
  });

  it('is lost when something of it is: it may take place or not', () => {
    const server = new Server('a').lead();
    server.change(remove('c'), 3);
    const taken = server.append('b', { term: 9, prevLogIndex: 1 });
    expect(taken.said('lost')).toEqual([{ type: 'lost', id: 3 }]);
    expect(taken.said('refused')).toEqual([]);
  });

  it('is taken back when its entry is replaced: the configuration before holds again', () => {
    const server = new Server('a').lead();
    server.change(remove('c'));
    expect(inShort(server.configuration)).toBe('a b');
    server.append('b', { term: 9, prevLogIndex: 1, prevLogTerm: 1, entries: entries(1, 9) });
    expect(inShort(server.configuration)).toBe('a b c');
    server.stored();
    expect(server.passToWake().sent('preVote')).toHaveLength(2);
  });

  it('is not gone on with when the server leads again', () => {
    const server = new Server('a').lead();
    server.change(add('d'));
    server.append('b', { term: 9, prevLogIndex: 1, prevLogTerm: 1, entries: entries(1, 9) });
    server.stored();
    server.lead();
    for (const id of ['b', 'c']) expect(appended(server.accept(id))).toEqual([]);
    expect(server.state.change).toBe(null);
  });
});

describe('a change of members is refused', () => {
  it('by a server that does not lead', () => {
    const server = new Server('a', { log: [1] });
    server.append('b');
    expect(server.change(remove('c')).said('refused')).toMatchObject([{ reason: 'notLeader', leader: 'b' }]);
  });

  it('by a leader that hands over', () => {
    const server = new Server('a').lead();
    server.command({ type: 'transfer', id: 1, to: 'b' });
    expect(server.change(remove('c'), 2).said('refused')).toMatchObject([{ id: 2, reason: 'transferring' }]);
  });

  it('when no voter would be left', () => {
    const server = new Server('a', { members: ['a'], learners: ['b'] }).lead();
    for (const change of [remove('a'), add('a', 'learner'), voters()]) {
      expect(server.change(change).said('refused')).toMatchObject([{ reason: 'invalidChange' }]);
    }
  });

  it(`when there would be more than ${MAX_MEMBERS} members, before and after together`, () => {
    const many = Array.from({ length: MAX_MEMBERS }, (_, i) => `m${i}`);
    const server = new Server('a', { members: ['a'] }).lead();
    expect(server.change(voters(...many)).said('refused')).toMatchObject([{ reason: 'invalidChange' }]);
    expect(server.change(voters('a', ...many.slice(1))).said('refused')).toEqual([]);
  });

  it('when a member is named twice: no other server would take that configuration', () => {
    const server = new Server('a').lead();
    for (const list of [
      { voters: ['a', 'b', 'b'], learners: [] },
      { voters: ['a'], learners: ['x', 'x'] },
    ]) {
      const change = { type: 'set', voters: membersOf(list.voters), learners: membersOf(list.learners) } as const;
      expect(server.change(change).said('refused')).toMatchObject([{ reason: 'invalidChange' }]);
    }
  });
});

describe('a change that is given up', () => {
  it('is lost, and goes no further than it is', () => {
    const server = new Server('a').lead();
    server.change(add('d'), 4);
    server.stored();
    expect(server.command({ type: 'cancelChange', id: 4 }).said('lost')).toEqual([{ type: 'lost', id: 4 }]);
    for (const id of ['b', 'c', 'd']) expect(appended(server.accept(id))).toEqual([]);
    expect(inShort(server.configuration)).toBe('a b c +d');
  });

  it('in a joint configuration leaves that, as ever', () => {
    const server = new Server('a', { members: ['a', 'b', 'c', 'd', 'e'] }).lead();
    server.change(voters('a', 'b', 'c'), 4);
    server.command({ type: 'cancelChange', id: 4 });
    server.stored();
    server.accept('b');
    expect(appended(server.accept('c'))).toEqual(['a b c']);
  });

  it('is the one that was meant, and no other', () => {
    const server = new Server('a').lead();
    server.change(add('d'), 4);
    expect(server.command({ type: 'cancelChange', id: 3 }).outputs).toEqual([]);
    expect(server.state.change).toMatchObject({ id: 4 });
  });

  it('makes room for another one', () => {
    const server = new Server('a').lead();
    server.change(add('d'), 4);
    server.command({ type: 'cancelChange', id: 4 });
    expect(server.change(remove('d'), 5).said('refused')).toEqual([]);
  });
});
