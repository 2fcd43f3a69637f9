import { messagePackCodec, type Codec } from '../codec/index.js';
import { isNodeId, MalformedError, type JournalRecord } from '../core/index.js';
import { isEntry, type Entry, type RaftRecord } from './entry.js';
import { isCount, isIdentity, parseConfiguration } from './parse.js';
import type { SnapshotHeader } from './state.js';

/*
 * A record is one byte for its kind, eight for its term (a float64, big endian), and a body: the payload of a command
 * as it is, nothing for a no-op, MessagePack for the others.
 */
const HEADER_BYTES = 9;
const HARD_STATE = 0;
const COMMAND = 1;
const NOOP = 2;
const CONFIGURATION = 3;
const IDENTITY = 4;
const INTRODUCED = 5;

const codec: Codec = messagePackCodec();
const NO_BYTES = new Uint8Array(0);

/** The bytes of a record, as it goes into the journal of a group. */
export function encodeRecord(group: string, record: RaftRecord): JournalRecord {
  return encodeRecords(group, [record])[0]!;
}

/** As {@link encodeRecord}, of several. They share one piece of memory, which costs a quarter of one for each. */
export function encodeRecords(group: string, records: readonly RaftRecord[]): JournalRecord[] {
  const bodies = records.map(bodyOf);
  let length = 0;
  for (const body of bodies) length += HEADER_BYTES + body.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let start = 0;
  return records.map((record, i) => {
    const body = bodies[i]!;
    const end = start + HEADER_BYTES + body.length;
    bytes[start] = kindOf(record);
    view.setFloat64(start + 1, 'term' in record ? record.term : 0);
    bytes.set(body, start + HEADER_BYTES);
    const data = bytes.subarray(start, end);
    start = end;
    return { group, index: isEntry(record) ? record.index : 0, data };
  });
}

function kindOf({ type }: RaftRecord): number {
  switch (type) {
    case 'command':
      return COMMAND;
    case 'noop':
      return NOOP;
    case 'configuration':
      return CONFIGURATION;
    case 'hardState':
      return HARD_STATE;
    case 'identity':
      return IDENTITY;
    case 'introduced':
      return INTRODUCED;
  }
}

function bodyOf(record: RaftRecord): Uint8Array {
  switch (record.type) {
    case 'command':
      return record.data;
    case 'noop':
      return NO_BYTES;
    case 'configuration':
      return codec.encode(record.data);
    case 'hardState':
      return codec.encode(record.votedFor);
    case 'identity':
      return codec.encode([record.identity, record.admitted, record.introduced]);
    case 'introduced':
      return codec.encode([record.member, record.identity]);
  }
}

/**
 * The record of bytes from a journal. A command's payload aliases them.
 *
 * @throws MalformedError when they are no record of this version
 */
export function decodeRecord({ index, data }: JournalRecord): RaftRecord {
  if (data.length < HEADER_BYTES) throw malformed(index, 'it is too short');
  const term = new DataView(data.buffer, data.byteOffset, data.length).getFloat64(1);
  if (!Number.isSafeInteger(term) || term < 0) throw malformed(index, `its term is ${term}`);
  const body = data.subarray(HEADER_BYTES);
  if (data[0] === HARD_STATE && index === 0) return { type: 'hardState', term, votedFor: decodeVote(body) };
  if (data[0] === IDENTITY && index === 0) return decodeIdentity(codec.decode(body));
  if (data[0] === INTRODUCED && index === 0) return decodeIntroduced(codec.decode(body));
  if (index === 0) throw malformed(index, `its kind is ${data[0]}`);
  switch (data[0]) {
    case COMMAND:
      return { type: 'command', index, term, data: body };
    case NOOP:
      return { type: 'noop', index, term, data: null };
    case CONFIGURATION: {
      const configuration = parseConfiguration(codec.decode(body));
      if (configuration === undefined) throw malformed(index, 'it is no configuration');
      return { type: 'configuration', index, term, data: configuration };
    }
    default:
      throw malformed(index, `its kind is ${data[0]}`);
  }
}

/** The log entry of bytes from a journal. */
export function decodeEntry(record: JournalRecord): Entry {
  const decoded = decodeRecord(record);
  if (!isEntry(decoded)) throw malformed(record.index, 'it is no log entry');
  return decoded;
}

function decodeVote(body: Uint8Array): string | null {
  const votedFor = codec.decode(body);
  if (votedFor === null || isNodeId(votedFor)) return votedFor;
  throw malformed(0, 'its vote is no node id');
}

function decodeIdentity(value: unknown): RaftRecord {
  const [identity, admitted, introduced] = Array.isArray(value) ? (value as unknown[]) : [];
  if (isIdentity(identity) && typeof admitted === 'boolean' && typeof introduced === 'boolean') {
    return { type: 'identity', identity, admitted, introduced };
  }
  throw malformed(0, 'it is no identity of a journal');
}

function decodeIntroduced(value: unknown): RaftRecord {
  const [member, identity] = Array.isArray(value) ? (value as unknown[]) : [];
  if (isNodeId(member) && isIdentity(identity)) return { type: 'introduced', member, identity };
  throw malformed(0, 'it is no introduction');
}

function malformed(index: number, why: string): MalformedError {
  return new MalformedError(`journal record with index ${index} is not one of Raft: ${why}`);
}

/** The largest header of a checkpoint that is believed, in bytes. */
const MAX_SNAPSHOT_HEADER_BYTES = 1024 * 1024;

/** What a checkpoint begins with: the length of the header in four bytes, and the header. */
export function encodeSnapshotHeader(header: SnapshotHeader): Uint8Array {
  const { index, term, configuration } = header;
  const body = codec.encode({ index, term, configuration });
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, 4);
  return bytes;
}

/**
 * Takes a checkpoint apart: its header, and the bytes of the state machine behind it.
 *
 * @throws MalformedError when it does not begin with a header
 */
export async function openSnapshot(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ header: SnapshotHeader; rest: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let bytes: Uint8Array = NO_BYTES;
  let header: SnapshotHeader | undefined;
  while (header === undefined) {
    const next = await iterator.next();
    if (next.done === true) throw new MalformedError('the snapshot ends before its header does');
    bytes = bytes.length === 0 ? next.value : concatenate(bytes, next.value);
    header = decodeSnapshotHeader(bytes);
  }
  const length = 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  return { header, rest: prepend(bytes.subarray(length), iterator) };
}

/** The header at the beginning of a checkpoint; `undefined` while it is incomplete. */
export function decodeSnapshotHeader(bytes: Uint8Array): SnapshotHeader | undefined {
  if (bytes.length < 4) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  if (length > MAX_SNAPSHOT_HEADER_BYTES) throw new MalformedError(`the snapshot's header claims ${length} bytes`);
  if (bytes.length < 4 + length) return undefined;
  const value = codec.decode(bytes.subarray(4, 4 + length)) as { index?: unknown; term?: unknown } | null;
  const configuration = parseConfiguration((value as { configuration?: unknown } | null)?.configuration);
  const { index, term } = value ?? {};
  if (!isCount(index) || index === 0 || !isCount(term) || configuration === undefined) {
    throw new MalformedError('the snapshot does not begin with a header of Raft');
  }
  return { index, term, configuration };
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

async function* prepend(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
