import { InvariantViolation } from '../../src/testing/index.js';
import type { NodeId } from '../../src/core/index.js';
import type * as Raft from '../../src/raft/index.js';
import { isEntry } from '../../src/raft/index.js';
import type { MembershipChange } from './raft-scenario.js';
import type { Application, Host } from './raft-simulation.js';

type Member = Raft.Configuration['voters'][number];

interface KnownEntry {
  readonly entry: Raft.Entry;
  readonly previousTerm: number | undefined;
}

/** What a node had when it was last looked at. */
interface Seen {
  commitIndex: number;
  term: number;
  votedFor: string | null;
  /** The index of its configuration. */
  configuration: number;
}

/**
 * The properties of figure 3 of the Raft paper, and what changes of members must keep to besides (section 6), kept as global knowledge that every step of every node is held against,
 * so that each check costs no more than the change it looks at.
 */
export class RaftInvariants {
  /** How many leaders were elected. */
  elections = 0;
  readonly #leaders = new Map<number, string>();
  /** Every entry ever written, by index, then by term: log matching means that these determine it and all before it. */
  readonly #entries: Map<number, KnownEntry>[] = [];
  /** The term of each committed entry, by index. */
  readonly #committedTerms: number[] = [];
  /** The term of whoever first held it to be committed, by index; does not fall. */
  readonly #committedIn: number[] = [];
  /** The digest of the state machine after each index. */
  readonly #digests: (number | undefined)[] = [0];
  readonly #seen = new WeakMap<Raft.RaftState, Seen>();
  readonly #reads = new Map<number, number>();
  #latest: Raft.RaftState['configurations'][number] | null = null;

  /** The highest index that any node held to be committed. */
  get committed(): number {
    return this.#committedTerms.length - 1;
  }

  /** The last configuration that any node held to be committed; `null` when nothing ever was. */
  get latestConfiguration(): Raft.RaftState['configurations'][number] | null {
    return this.#latest;
  }

  /** Log matching: equal index and term, equal entry and equal everything before. */
  written(host: Host, writes: readonly Raft.RaftRecord[]): void {
    const { log } = host.state();
    const unheard = leadsUnheard(host.state());
    for (const record of writes) {
      if (!isEntry(record)) continue;
      if (record.type === 'configuration') this.#checkConfiguration(host, record.index);
      if (unheard) continue;
      const previousTerm = termBefore(log, record.index);
      const byTerm = (this.#entries[record.index] ??= new Map<number, KnownEntry>());
      const known = byTerm.get(record.term);
      if (known === undefined) byTerm.set(record.term, { entry: record, previousTerm });
      else this.#compareEntries(host, known, { entry: record, previousTerm });
    }
  }

  #compareEntries({ id }: Host, known: KnownEntry, { entry, previousTerm }: KnownEntry): void {
    const which = `${entry.index} of term ${entry.term}`;
    if (!sameEntry(known.entry, entry)) throw new InvariantViolation(`log matching: two entries ${which}`);
    if (known.previousTerm === undefined || previousTerm === undefined) return;
    if (known.previousTerm !== previousTerm) {
      throw new InvariantViolation(`log matching: ${id} has entry ${which} behind term ${previousTerm}`);
    }
  }

  /** Everything that must hold of a node after a step. */
  check(host: Host): void {
    const state = host.state();
    const seen = this.#seenOf(state);
    this.#checkTerm(host, state, seen);
    if (state.commitIndex > seen.commitIndex) this.#checkCommit(host, state, seen.commitIndex);
    else if (state.commitIndex < seen.commitIndex) throw new InvariantViolation(`${host.id} took a commit back`);
    if (state.role === 'leader' && !leadsUnheard(state)) this.#checkLeader(host, state);
    if (state.commitIndex > state.log.lastIndex) throw new InvariantViolation(`${host.id} committed behind its log`);
    this.#noteConfiguration(state, seen);
    seen.commitIndex = state.commitIndex;
    seen.term = state.currentTerm;
    seen.votedFor = state.votedFor;
  }

  #seenOf(state: Raft.RaftState): Seen {
    let seen = this.#seen.get(state);
    if (seen === undefined) {
      seen = { commitIndex: 0, term: 0, votedFor: null, configuration: 0 };
      this.#seen.set(state, seen);
    }
    return seen;
  }

  #checkTerm(host: Host, state: Raft.RaftState, seen: Seen): void {
    if (state.currentTerm < seen.term) throw new InvariantViolation(`${host.id} went back to an older term`);
    const changed = state.currentTerm === seen.term && seen.votedFor !== null && state.votedFor !== seen.votedFor;
    if (changed) throw new InvariantViolation(`${host.id} changed its vote in term ${seen.term}`);
  }

  /**
   * Two configurations that follow each other have no majorities that could decide without each other, and a leader appends
   * one only when no other is open. Holds at each append, and so for all that are committed.
   */
  #checkConfiguration(host: Host, index: number): void {
    const { id } = host;
    const { configurations, commitIndex, role } = host.state();
    const place = configurations.findLastIndex((known) => known.index === index);
    const before = configurations[place - 1];
    if (before === undefined) return;
    if (!alwaysMeet(before.configuration, configurations[place]!.configuration)) {
      throw new InvariantViolation(`${id}: the configurations at ${before.index} and ${index} can decide separately`);
    }
    if (role === 'leader' && before.index > commitIndex) {
      throw new InvariantViolation(`${id} appended a configuration at ${index} while that at ${before.index} was open`);
    }
  }

  #noteConfiguration({ configurations, commitIndex }: Raft.RaftState, seen: Seen): void {
    if (configurations.length === 0 || seen.configuration === configurations.at(-1)!.index) {
      if (seen.commitIndex === commitIndex) return;
    }
    seen.configuration = configurations.at(-1)?.index ?? 0;
    const committed = configurations.findLast(({ index }) => index <= commitIndex);
    if (committed !== undefined && committed.index > (this.#latest?.index ?? 0)) this.#latest = committed;
  }

  /** Election safety and leader completeness. */
  #checkLeader(host: Host, state: Raft.RaftState): void {
    this.#checkMembership(host, state);
    const leader = this.#leaders.get(state.currentTerm);
    if (leader === host.id) return;
    if (leader !== undefined) {
      throw new InvariantViolation(`election safety: ${leader} and ${host.id} lead in term ${state.currentTerm}`);
    }
    this.#leaders.set(state.currentTerm, host.id);
    this.elections++;
    // What was committed in a term is in the logs of the leaders of later terms. One that slept through all of them may
    // still win an old term.
    const last = this.#committedIn.findLastIndex((term) => term < state.currentTerm);
    if (last < 1 || state.log.snapshotIndex >= last) return;
    const term = termAt(state.log, last);
    if (term !== this.#committedTerms[last]) {
      throw new InvariantViolation(`leader completeness: ${host.id} leads without the committed entry ${last}`);
    }
  }

  /** A leader that knows it is no voter any more steps down; and no leader has two configurations that are open. */
  #checkMembership({ id }: Host, { configurations, commitIndex }: Raft.RaftState): void {
    const { index, configuration } = configurations.at(-1)!;
    const { voters, outgoing } = configuration;
    const votes = voters.some((voter) => voter.id === id) || outgoing.some((voter) => voter.id === id);
    if (index <= commitIndex && !votes) throw new InvariantViolation(`${id} leads, and was removed at ${index}`);
    const before = configurations.at(-2);
    if (before !== undefined && before.index > this.committed) {
      throw new InvariantViolation(`${id} leads with open configurations at ${before.index} and ${index}`);
    }
  }

  /** A change of members was said to be made: what was asked for is committed, and in force at that index. */
  changed(host: Host, index: number, change: MembershipChange): void {
    const { commitIndex, configurations } = host.state();
    if (index > commitIndex) throw new InvariantViolation(`${host.id}: the change at ${index} is not committed`);
    const { configuration } = configurations.findLast((known) => known.index <= index)!;
    if (isTarget(configuration, change)) return;
    throw new InvariantViolation(`${host.id}: another configuration than was asked for is in force at ${index}`);
  }

  #checkCommit(host: Host, state: Raft.RaftState, before: number): void {
    for (let index = Math.max(before + 1, state.log.snapshotIndex); index <= state.commitIndex; index++) {
      const term = termAt(state.log, index);
      if (index === 0 || term === undefined) continue;
      const known = this.#committedTerms[index];
      if (known !== undefined && known !== term) {
        throw new InvariantViolation(`${host.id} committed entry ${index} of term ${term}, not ${known}`);
      }
      this.#committedTerms[index] = term;
      this.#committedIn[index] ??= state.currentTerm;
    }
  }

  /** State machine safety: the same entry at the same index everywhere, one after the other. Returns the new digest. */
  applied(host: Host, application: Application, entry: Raft.Entry): number {
    if (entry.index !== application.index + 1) {
      throw new InvariantViolation(`${host.id} applied ${entry.index} after ${application.index}`);
    }
    let digest = Math.imul(application.digest ^ entry.term, 0x0100_0193);
    if (entry.type === 'command') for (const byte of entry.data) digest = Math.imul(digest ^ byte, 0x0100_0193);
    this.#compareDigest(host, entry.index, digest);
    return digest;
  }

  /** A snapshot must hold the same state that applying would have led to. */
  restored(host: Host, application: Application): void {
    this.#compareDigest(host, application.index, application.digest);
  }

  #compareDigest(host: Host, index: number, digest: number): void {
    const known = this.#digests[index];
    if (known === undefined) this.#digests[index] = digest;
    else if (known !== digest) throw new InvariantViolation(`state machine safety: ${host.id} differs at ${index}`);
  }

  /** A client asks for a read: everything committed anywhere by now must be covered. */
  startRead(id: number): void {
    this.#reads.set(id, this.committed);
  }

  /** Reads are linearizable: the read index covers what was committed when the read began. */
  readable(id: number, index: number): void {
    const committed = this.#reads.get(id)!;
    if (index < committed) {
      throw new InvariantViolation(`read ${id} got index ${index}, but ${committed} was committed when it began`);
    }
  }
}

/**
 * Whether a server, the only voter, leads in a term that its disk does not have yet. Nothing of it has left the server: when
 * it crashes, that leader has never been, and the term can have another one.
 */
function leadsUnheard({ role, hardStateWrite }: Raft.RaftState): boolean {
  return role === 'leader' && hardStateWrite > 0;
}

function has(members: readonly Member[], id: NodeId): boolean {
  return members.some((member) => member.id === id);
}

/** Whether these servers decide in a configuration, said as plainly as it can be: it is what the library is held against. */
export function hasQuorum({ voters, outgoing }: Raft.Configuration, ids: readonly NodeId[]): boolean {
  return [voters, outgoing].every((set) => {
    return set.length === 0 || 2 * set.filter(({ id }) => ids.includes(id)).length > set.length;
  });
}

/** Whether there are no two groups without a common member of which one decides in `a` and the other in `b`. */
function alwaysMeet(a: Raft.Configuration, b: Raft.Configuration): boolean {
  const ids = [...new Set([a.voters, a.outgoing, b.voters, b.outgoing].flat().map(({ id }) => id))];
  for (let group = 0; group < 1 << ids.length; group++) {
    const side = ids.filter((_, place) => (group >> place) & 1);
    const others = ids.filter((id) => !side.includes(id));
    if (hasQuorum(a, side) && hasQuorum(b, others)) return false;
  }
  return true;
}

/** Whether a configuration is what a change leads to. */
function isTarget({ voters, outgoing, learners }: Raft.Configuration, change: MembershipChange): boolean {
  if (outgoing.length > 0) return false;
  if (change.type === 'remove') return !has(voters, change.member) && !has(learners, change.member);
  if (change.type === 'add') {
    const [role, other] = change.as === 'voter' ? [voters, learners] : [learners, voters];
    const found = role.find(({ id }) => id === change.member.id);
    return found?.address === change.member.address && !has(other, change.member.id);
  }
  return sameList(voters, change.voters) && sameList(learners, change.learners);
}

function sameList(a: readonly Member[], b: readonly Member[]): boolean {
  return a.length === b.length && a.every(({ id }, place) => id === b[place]!.id);
}

function termAt(log: Raft.RaftState['log'], index: number): number | undefined {
  if (index === log.snapshotIndex) return log.snapshotTerm;
  if (index < log.firstIndex || index > log.lastIndex) return undefined;
  for (let i = log.terms.length - 1; i >= 0; i--) if (log.terms[i]!.index <= index) return log.terms[i]!.term;
  return undefined;
}

function termBefore(log: Raft.RaftState['log'], index: number): number | undefined {
  return index === 1 ? 0 : termAt(log, index - 1);
}

function sameEntry(a: Raft.Entry, b: Raft.Entry): boolean {
  if (a === b) return true;
  if (a.type !== b.type) return false;
  if (a.type === 'configuration') return JSON.stringify(a.data) === JSON.stringify(b.data);
  if (a.type !== 'command' || b.type !== 'command') return true;
  return a.data.length === b.data.length && a.data.every((byte, i) => byte === b.data[i]);
}
