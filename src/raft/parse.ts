import { isNodeId } from '../core/index.js';
import { MAX_ADDRESS_LENGTH, MAX_MEMBERS } from './configuration.js';
import { areConsecutive, type Configuration, type Entry, type Member } from './entry.js';
import type { RaftMessage } from './messages.js';

/** The most entries that one message may carry; what senders of this library keep far below. */
const MAX_ENTRIES = 1 << 20;

/** The longest identity of a journal, in characters. */
const MAX_IDENTITY_LENGTH = 64;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The message that a value from outside is, made anew so that nothing else comes along; `undefined` when it is none.
 * Unknown fields are ignored.
 */
export function parseMessage(value: unknown): RaftMessage | undefined {
  if (!isFields(value)) return undefined;
  if (value.type === 'introduction' || value.type === 'introductionReply') return parseIntroduction(value.type, value);
  if (!isCount(value.term)) return undefined;
  switch (value.type) {
    case 'preVote':
    case 'requestVote':
      return parseVoteRequest(value.type, value.term, value);
    case 'preVoteReply':
      return parsePreVoteReply(value.term, value);
    case 'requestVoteReply':
      return parseRequestVoteReply(value.term, value);
    case 'appendEntries':
      return parseAppendEntries(value.term, value);
    case 'appendEntriesReply':
      return parseAppendEntriesReply(value.term, value);
    case 'installSnapshot':
      return parseInstallSnapshot(value.term, value);
    case 'installSnapshotReply':
      return parseInstallSnapshotReply(value.term, value);
    case 'timeoutNow':
      return { type: 'timeoutNow', term: value.term };
    case 'readIndex':
    case 'readIndexReply':
      return parseReadIndex(value.type, value.term, value);
    default:
      return undefined;
  }
}

function parseIntroduction(
  type: 'introduction' | 'introductionReply',
  { identity, known }: Fields,
): RaftMessage | undefined {
  if (!isIdentity(identity)) return undefined;
  if (type === 'introduction') return { type, identity };
  return isIdentity(known) ? { type, identity, known } : undefined;
}

function parseVoteRequest(type: 'preVote' | 'requestVote', term: number, fields: Fields): RaftMessage | undefined {
  const { lastLogIndex, lastLogTerm, transfer } = fields;
  if (!isCount(lastLogIndex) || !isCount(lastLogTerm)) return undefined;
  if (type === 'preVote') return { type, term, lastLogIndex, lastLogTerm };
  return typeof transfer === 'boolean' ? { type, term, lastLogIndex, lastLogTerm, transfer } : undefined;
}

function parsePreVoteReply(term: number, { campaignTerm, granted }: Fields): RaftMessage | undefined {
  if (!isCount(campaignTerm) || typeof granted !== 'boolean') return undefined;
  return { type: 'preVoteReply', term, campaignTerm, granted };
}

function parseRequestVoteReply(term: number, { voteGranted }: Fields): RaftMessage | undefined {
  if (typeof voteGranted !== 'boolean') return undefined;
  return { type: 'requestVoteReply', term, voteGranted };
}

function parseAppendEntries(term: number, fields: Fields): RaftMessage | undefined {
  const { prevLogIndex, prevLogTerm, leaderCommit, round } = fields;
  if (!isCount(prevLogIndex) || !isCount(prevLogTerm) || !isCount(leaderCommit) || !isCount(round)) return undefined;
  const entries = parseEntries(fields.entries);
  if (entries === undefined || !areConsecutive(entries, prevLogIndex, prevLogTerm)) return undefined;
  if (entries.length > 0 && entries.at(-1)!.term > term) return undefined;
  return { type: 'appendEntries', term, prevLogIndex, prevLogTerm, entries, leaderCommit, round };
}

function parseAppendEntriesReply(term: number, fields: Fields): RaftMessage | undefined {
  const { success, matchIndex, round, prevLogIndex, conflictTerm, conflictIndex } = fields;
  if (!isCount(round)) return undefined;
  const type = 'appendEntriesReply';
  if (success === true) return isCount(matchIndex) ? { type, success, term, matchIndex, round } : undefined;
  if (success !== false || !isCount(prevLogIndex) || !isCount(conflictTerm) || !isCount(conflictIndex))
    return undefined;
  return { type, success, term, prevLogIndex, conflictTerm, conflictIndex, round };
}

function parseInstallSnapshot(term: number, fields: Fields): RaftMessage | undefined {
  const { lastIncludedIndex, lastIncludedTerm, offset, data, done } = fields;
  if (!isCount(lastIncludedIndex) || lastIncludedIndex === 0 || !isCount(lastIncludedTerm)) return undefined;
  if (!isCount(offset) || !(data instanceof Uint8Array) || typeof done !== 'boolean') return undefined;
  const configuration = parseConfiguration(fields.configuration);
  if (configuration === undefined || lastIncludedTerm > term) return undefined;
  return { type: 'installSnapshot', term, lastIncludedIndex, lastIncludedTerm, configuration, offset, data, done };
}

function parseInstallSnapshotReply(term: number, fields: Fields): RaftMessage | undefined {
  const { lastIncludedIndex, offset, installed } = fields;
  if (!isCount(lastIncludedIndex) || !isCount(offset) || typeof installed !== 'boolean') return undefined;
  return { type: 'installSnapshotReply', term, lastIncludedIndex, offset, installed };
}

function parseReadIndex(
  type: 'readIndex' | 'readIndexReply',
  term: number,
  { incarnation, ask, index }: Fields,
): RaftMessage | undefined {
  if (!isCount(incarnation) || !isCount(ask)) return undefined;
  if (type === 'readIndex') return { type, term, incarnation, ask };
  return isCount(index) ? { type, term, incarnation, ask, index } : undefined;
}

function parseEntries(value: unknown): Entry[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ENTRIES) return undefined;
  const entries: Entry[] = [];
  for (const item of value) {
    const entry = parseEntry(item);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}

function parseEntry(value: unknown): Entry | undefined {
  if (!isFields(value)) return undefined;
  const { type, index, term, data } = value;
  if (!isCount(index) || index === 0 || !isCount(term) || term === 0) return undefined;
  switch (type) {
    case 'command':
      return data instanceof Uint8Array ? { type, index, term, data } : undefined;
    case 'noop':
      return { type, index, term, data: null };
    case 'configuration': {
      const configuration = parseConfiguration(data);
      return configuration === undefined ? undefined : { type, index, term, data: configuration };
    }
    default:
      return undefined;
  }
}

/** The configuration that a value from outside is; `undefined` when it is none. */
export function parseConfiguration(value: unknown): Configuration | undefined {
  if (!isFields(value)) return undefined;
  const voters = parseMembers(value.voters);
  const outgoing = parseMembers(value.outgoing ?? []);
  const learners = parseMembers(value.learners ?? []);
  if (voters === undefined || outgoing === undefined || learners === undefined) return undefined;
  if (learners.some(({ id }) => voters.some((voter) => voter.id === id))) return undefined;
  return { voters, outgoing, learners };
}

function parseMembers(value: unknown): Member[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_MEMBERS) return undefined;
  const members: Member[] = [];
  for (const item of value as readonly unknown[]) {
    if (!isFields(item) || !isNodeId(item.id)) return undefined;
    const { id, address } = item;
    if (address !== null && (typeof address !== 'string' || address.length > MAX_ADDRESS_LENGTH)) return undefined;
    if (members.length > 0 && members.at(-1)!.id >= id) return undefined; // ascending, so each at most once
    members.push({ id, address });
  }
  return members;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value from outside can be the identity of a journal. */
export function isIdentity(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_IDENTITY_LENGTH;
}

/** Whether a value from outside is a whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
