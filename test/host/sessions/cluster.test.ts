import { describe, expect, it } from 'vitest';
import { seededRandom, systemClock } from '../../../src/core/index.js';
import { openRequests, type StateMachine } from '../../../src/host/index.js';
import {
  openSession,
  withSessions,
  type Proposer,
  type Session,
  type SessionAnswer,
  type SessionMachine,
} from '../../../src/host/sessions.js';
import { NotLeaderError } from '../../../src/raft/index.js';
import { MemoryNetwork } from '../../../src/transport/memory.js';
import { line, Notebook, startCluster } from '../../raft/node-cluster.js';
import { encodeSessionCommand as encoded } from '../../../src/host/sessions/session-command.js';
import { collect, Log } from './ledger.js';

type Cluster = Awaited<ReturnType<typeof startCluster>>;

/** Three members whose notebooks are wrapped, and a client that goes to whoever leads. */
class SessionCluster implements Proposer<string> {
  readonly cluster: Cluster;
  readonly notebooks = new Map<string, Notebook>();
  readonly machines = new Map<string, SessionMachine<string>>();
  #proposals = 0;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** Starts the members anew, on blank journals and with sessions. */
  static async start(): Promise<SessionCluster> {
    const sessions = new SessionCluster(await startCluster());
    const ids = ['a', 'b', 'c'];
    for (const id of ids) {
      await sessions.cluster.stop(id);
      sessions.cluster.wipe(id);
    }
    for (const id of ids) await sessions.startMember(id);
    return sessions;
  }

  async startMember(id: string): Promise<void> {
    const notebook = new Notebook();
    const machine = withSessions(notebook);
    this.notebooks.set(id, notebook);
    this.machines.set(id, machine);
    await this.cluster.start(id, { stateMachine: machine as StateMachine<unknown> as StateMachine<string> });
  }

  async propose(command: Uint8Array): Promise<SessionAnswer<string>> {
    this.#proposals++;
    const leader = [...this.cluster.running.values()].find(({ node }) => node.status().role === 'leader');
    if (leader === undefined) throw new NotLeaderError(null);
    return leader.node.propose(command) as Promise<unknown> as Promise<SessionAnswer<string>>;
  }

  /** How many proposals were made since the last call. */
  proposals(): number {
    const made = this.#proposals;
    this.#proposals = 0;
    return made;
  }

  open(): Promise<Session<string>> {
    return this.cluster.settled(
      openSession<string>(this, { clock: this.cluster.timers, random: () => 0, id: 'client' }),
    );
  }

  /** Waits until all members that run have applied the same. */
  async inStep(): Promise<void> {
    await this.cluster.until('all in step', () => {
      const applied = [...this.cluster.running.values()].map(({ node }) => node.status().appliedIndex);
      const last = [...this.cluster.running.values()].map(({ node }) => node.status().lastIndex);
      return new Set([...applied, ...last]).size === 1;
    });
  }

  /** The lines of each member that runs. */
  lines(): string[][] {
    return [...this.cluster.running.keys()].map((id) => this.notebooks.get(id)!.lines);
  }
}

describe('on a cluster of Raft', () => {
  it('a leader that dies between commit and answer: the repeated proposal is applied once', async () => {
    const sessions = await SessionCluster.start();
    const { cluster } = sessions;
    const { id } = await cluster.leader();
    const session = await sessions.open();
    expect(await cluster.settled(session.propose(line('before')))).toBe('1: before');
    sessions.proposals();

    // The leader's state machine hangs: others apply, and nobody is answered.
    sessions.notebooks.get(id)!.beforeApply = () => new Promise(() => {});
    const proposal = session.propose(line('once'));
    const others = cluster.others(id).map((other) => sessions.notebooks.get(other)!);
    await cluster.until('commit', () => others.every(({ lines }) => lines.includes('once')));
    await cluster.stop(id);

    expect(await cluster.settled(proposal)).toBe('2: once');
    expect(sessions.proposals()).toBeGreaterThan(1);
    await sessions.startMember(id);
    await sessions.inStep();
    expect(sessions.lines()).toEqual(new Array(3).fill(['before', 'once']));
    await cluster.settled(session.close());
  });

  it('without a session the same client applies it twice', async () => {
    const sessions = await SessionCluster.start();
    const { cluster } = sessions;
    const { id, node } = await cluster.leader();
    sessions.notebooks.get(id)!.beforeApply = () => new Promise(() => {});
    const plain = Uint8Array.of(0xf8, ...line('twice'));
    const first = node.propose(plain).catch((error: unknown) => error);
    const others = cluster.others(id).map((other) => sessions.notebooks.get(other)!);
    await cluster.until('commit', () => others.every(({ lines }) => lines.length === 1));
    await cluster.stop(id);
    expect(await first).toMatchObject({ outcome: 'unknown' });
    const next = await cluster.leader();
    await cluster.settled(next.node.propose(plain));
    expect(sessions.notebooks.get(next.id)!.lines).toEqual(['twice', 'twice']);
  });

  it('a member that was restored from a snapshot remembers what was applied', async () => {
    const sessions = await SessionCluster.start();
    const { cluster } = sessions;
    await cluster.leader();
    const session = await sessions.open();
    await cluster.settled(session.propose(line('one')));
    await sessions.inStep();
    for (const id of ['a', 'b', 'c']) await cluster.settled(cluster.get(id).node.snapshot());
    for (const id of ['a', 'b', 'c']) await cluster.stop(id);
    for (const id of ['a', 'b', 'c']) await sessions.startMember(id);
    await cluster.leader();
    const log = new Log();
    const copy = await cluster.settled(sessions.propose(encoded(log.command(session.number, 1, 'one'))));
    expect(copy).toEqual({ type: 'result', result: '1: one' });
    expect(await cluster.settled(session.propose(line('two')))).toBe('2: two');
    await sessions.inStep();
    const snapshots = await Promise.all([...sessions.machines.values()].map((machine) => collect(machine.snapshot())));
    expect(snapshots[1]).toEqual(snapshots[0]);
    expect(snapshots[2]).toEqual(snapshots[0]);
    await cluster.settled(session.close());
  });

  const seeds = [1, 2, 3, 4, 5];
  it.each(seeds)(
    'leaders that die while a client writes: each line is there once, in all members (seed %d)',
    async (seed) => {
      const random = seededRandom(seed);
      const sessions = await SessionCluster.start();
      const { cluster } = sessions;
      await cluster.leader();
      const session = await sessions.open();
      const answers: Promise<string>[] = [];
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 10; i++) answers.push(session.propose(line(`line ${round}-${i}`)));
        await cluster.run(Math.floor(random() * 8)); // somewhere between sending, storing and answering
        const { id } = await cluster.leader();
        await cluster.stop(id);
        await cluster.leader();
        await sessions.startMember(id);
      }
      const results = await cluster.settled(Promise.all(answers));
      await sessions.inStep();
      const [lines, ...others] = sessions.lines();
      for (const other of others) expect(other).toEqual(lines);
      expect(new Set(lines).size).toBe(lines!.length);
      expect(results.map((result) => result.replace(/^\d+: /, '')).sort()).toEqual([...lines!].sort());
      await cluster.settled(session.close());
    },
  );
});

describe('over the network', () => {
  it('a client that is no member has its commands applied once, though requests are lost', async () => {
    const network = new MemoryNetwork();
    const log = new Log();
    let asked = 0;
    openRequests(network.transport('server').channel('log'), {
      clock: systemClock,
      handler: async (body) => {
        const answer = await log.one(body as Uint8Array);
        if (++asked % 2 === 0) throw new Error('the answer is lost');
        return answer;
      },
    });
    const requests = openRequests(network.transport('client').channel('log'), { clock: systemClock });
    const proposer: Proposer<string> = {
      propose: (command, options) => requests.request('server', command, options) as Promise<SessionAnswer<string>>,
    };
    const session = await openSession(proposer, { minPauseMs: 1, maxPauseMs: 1 });
    const results = await Promise.all(['a', 'b', 'c'].map((text) => session.propose(line(text))));
    expect(results.map((result) => result.slice(3))).toEqual(['a', 'b', 'c']);
    expect(log.ledger.lines).toEqual(['a', 'b', 'c']);
    await session.close();
    await requests.close();
  });
});
