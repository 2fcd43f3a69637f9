import { describe, expect, it } from 'vitest';
import { Group, Server } from './script.js';

/** How long servers with a priority wait before they campaign, for many seeds. The election timeout is 100. */
function timeouts(electionPriority: number): number[] {
  return Array.from({ length: 500 }, (_, seed) => new Server('a', { electionPriority, seed }).state.electionTimeout);
}

describe('the priority of a server', () => {
  it.each([
    [1, 100],
    [0.5, 150],
    [0, 200],
  ])('of %d lets it wait from %d on before it campaigns, and at most an election timeout longer', (priority, from) => {
    const waits = timeouts(priority);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(from);
    expect(Math.min(...waits)).toBeLessThan(from + 5);
    expect(Math.max(...waits)).toBeLessThan(from + 100);
    expect(Math.max(...waits)).toBeGreaterThan(from + 95);
  });

  it('is 1 by default: nobody waits longer than once more', () => {
    expect(Math.max(...Array.from({ length: 500 }, (_, seed) => new Server('a', { seed }).state.electionTimeout))).toBeLessThan(200); // prettier-ignore
  });

  it('lets the preferred one campaign first, whatever the others draw', () => {
    expect(Math.max(...timeouts(1))).toBeLessThan(Math.min(...timeouts(0)));
  });

  it('holds for each campaign, not for the first only', () => {
    const server = new Server('a', { electionPriority: 0 });
    for (let i = 0; i < 20; i++) {
      server.passToWake();
      expect(server.state.electionTimeout).toBeGreaterThanOrEqual(200);
    }
  });

  it('moves no vote: one that is preferred votes for one that is not', () => {
    const server = new Server('a', { electionPriority: 1, log: [1] });
    const taken = server.receive('b', {
      type: 'requestVote',
      term: 2,
      lastLogIndex: 1,
      lastLogTerm: 1,
      transfer: false,
    });
    expect(taken.sent('requestVoteReply')).toMatchObject([{ voteGranted: true }]);
  });

  it('does not bring a server into office whose log is behind', () => {
    const behind = new Server('a', { electionPriority: 1, log: [1] });
    const group = new Group(behind, ...['b', 'c'].map((id) => new Server(id, { electionPriority: 0, log: [1, 1] })));
    for (let i = 0; i < 5; i++) group.campaign('a');
    expect(behind.state.role).not.toBe('leader');
  });

  it('does not keep others from leading while the preferred one is away', () => {
    const group = new Group(...['b', 'c'].map((id) => new Server(id, { electionPriority: 0 })));
    group.campaign('b');
    expect(group.servers.get('b')!.state.role).toBe('leader');
  });

  it('does not let the preferred one depose a leader that works', () => {
    const group = new Group(new Server('a', { electionPriority: 1 }), new Server('b', { electionPriority: 0 }), new Server('c')); // prettier-ignore
    group.campaign('b');
    const [a, b] = [group.servers.get('a')!, group.servers.get('b')!];
    a.now = b.now;
    group.heartbeat('b');
    expect(a.state.timers.election - a.now).toBeGreaterThanOrEqual(100);
    expect(b.state.role).toBe('leader');
  });
});
