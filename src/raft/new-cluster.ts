import { type Journal, type JournalRecord, QuorateError, type NodeId } from '../core/index.js';
import { introductionsNeeded } from './admission.js';
import { withHeader } from './checkpoints.js';
import { configurationOf } from './configuration.js';
import type { Configuration, RaftRecord } from './entry.js';
import { checkMembers } from './node-members.js';
import { newIdentity } from './node-options.js';
import { decodeRecord, encodeRecord, openSnapshot } from './record-codec.js';
import { checkEnd } from './recovery.js';
import { initialState, replay, replaySnapshot, type RaftState } from './state.js';

/** How many bytes of records one append takes together. */
const BATCH_BYTES = 1024 * 1024;

/** Options of {@link seedNewCluster}. */
export interface NewClusterOptions {
  /** The member whose journal the target is. */
  readonly node: NodeId;
  /** The members of the new cluster with their addresses, `node` among them. The same for each of its journals. */
  readonly members: Readonly<Record<NodeId, string | null>>;
}

/** A log with which a new cluster begins. */
export interface SeededGroup {
  readonly group: string;
  /** The last entry that was taken over. */
  readonly lastIndex: number;
  /** The term with which the new cluster begins. */
  readonly term: number;
}

/**
 * Founds a cluster on the log of a member of another one that is lost for good: fills an empty journal with what `source`
 * has, and appends who the members are from now on. Do it for each new member, from one and the same source; those of two
 * differ, and members with different logs must not found one cluster.
 *
 * What is taken over is the log as this one member had it: entries that it had not yet received are lost, though they
 * may have been acknowledged, and entries that were never committed are in it. What the old member was is not taken
 * over: not its vote, not its identity, not whom it knew. The old members in the log become no-ops, so that nobody
 * calls at their addresses. Nothing here can take part in the old cluster.
 *
 * Not for bringing a member of a living cluster back: that needs its own journal.
 *
 * @param target - an empty journal of the new cluster; of no use when this rejects
 * @throws (as rejections) InvalidOptionError; QuorateError `not-raft` when a group was not written by Raft, `empty` when
 *   there is no group, `journal-inconsistent` when entries are missing
 */
export async function seedNewCluster(
  source: Pick<Journal, 'replay'>,
  target: Journal,
  options: NewClusterOptions,
): Promise<SeededGroup[]> {
  const seeding = new Seeding(target, options);
  for await (const item of source.replay()) {
    if (item.type === 'record') await seeding.record(item.record);
    else await seeding.checkpoint(item.group, item.chunks);
  }
  return seeding.finish();
}

class Seeding {
  readonly #target: Journal;
  readonly #node: NodeId;
  readonly #configuration: Configuration;
  readonly #groups = new Map<string, RaftState>();
  #batch: JournalRecord[] = [];
  #batchBytes = 0;

  constructor(target: Journal, { node, members }: NewClusterOptions) {
    this.#target = target;
    this.#node = node;
    this.#configuration = configurationOf(checkMembers(members, node));
  }

  async checkpoint(group: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { header, rest } = await openSnapshot(chunks).catch((error: unknown) =>
      Promise.reject(notRaft(group, error)),
    );
    replaySnapshot(this.#stateOf(group), header);
    const content = withHeader({ ...header, configuration: this.#configuration }, rest);
    await this.#target.checkpoint(group, content, { keepFrom: Infinity, carry: [] });
  }

  async record(record: JournalRecord): Promise<void> {
    const { group } = record;
    const decoded = decode(record);
    replay(this.#stateOf(group), decoded);
    const { type } = decoded;
    if (type === 'command' || type === 'noop') await this.#append(record);
    if (type === 'configuration') {
      await this.#append(encodeRecord(group, { type: 'noop', index: decoded.index, term: decoded.term, data: null }));
    }
  }

  async finish(): Promise<SeededGroup[]> {
    if (this.#groups.size === 0) throw new QuorateError('empty', 'there is nothing to found a cluster on');
    const seeded: SeededGroup[] = [];
    for (const [group, state] of this.#groups) {
      checkEnd(state);
      const { currentTerm, log } = state;
      const term = currentTerm + 1;
      for (const record of this.#founding(term, log.lastIndex + 1)) await this.#append(encodeRecord(group, record));
      seeded.push({ group, lastIndex: log.lastIndex, term });
    }
    await this.#flush();
    return seeded;
  }

  /** As `bootstrap` founds a blank server, but behind a log; the term before the entry that has it. */
  #founding(term: number, index: number): RaftRecord[] {
    const alone = introductionsNeeded(this.#configuration.voters.length) === 0;
    return [
      { type: 'identity', identity: newIdentity(), admitted: alone, introduced: alone },
      { type: 'hardState', term, votedFor: null },
      { type: 'configuration', index, term, data: this.#configuration },
    ];
  }

  #stateOf(group: string): RaftState {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const state = initialState({ id: this.#node, seed: 0 });
    this.#groups.set(group, state);
    return state;
  }

  async #append(record: JournalRecord): Promise<void> {
    this.#batch.push(record);
    this.#batchBytes += record.data.length;
    if (this.#batchBytes >= BATCH_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    await this.#target.append(batch);
  }
}

function decode(record: JournalRecord): RaftRecord {
  try {
    return decodeRecord(record);
  } catch (error) {
    throw notRaft(record.group, error);
  }
}

function notRaft(group: string, cause: unknown): QuorateError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `group ${group} was not written by Raft (${why}), and what it promised is not known here`;
  return new QuorateError('not-raft', message, { cause });
}
