import type { JournalRecord } from '../../../src/core/index.js';
import type { RaftRecord } from '../../../src/raft/index.js';
import {
  decodeRecord,
  decodeSnapshotHeader,
  encodeRecord,
  encodeSnapshotHeader,
  openSnapshot,
} from '../../../src/raft/record-codec.js';
import { concatenate } from '../mutate.js';
import { configuration } from '../raft-messages.js';
import type { Random } from '../random.js';
import { assertRefusal, decoded, ensure, ensureSame, isCount, isWellFormed, type Target } from '../target.js';

/** Records of a Raft group. The first byte of an input says which index the journal has for it. */
export const raftRecord: Target = {
  name: 'raft-record',
  valid(random) {
    const { index, data } = encodeRecord('raft', record(random));
    return concatenate([Uint8Array.of(Math.min(index, 255)), data]);
  },
  check(input) {
    const stored: JournalRecord = { group: 'raft', index: input[0] ?? 0, data: input.subarray(1) };
    const result = decoded(() => decodeRecord(stored));
    if (result === undefined) return 'rejected';
    const again = encodeRecord('raft', result.value);
    ensure(again.index === stored.index, `index ${stored.index} became ${again.index}`);
    if (isWellFormed(result.value)) ensureSame('decoded, encoded, decoded', result.value, decodeRecord(again));
    return 'accepted';
  },
};

function record(random: Random): RaftRecord {
  const index = 1 + random.below(255);
  const term = random.count();
  switch (random.below(6)) {
    case 0:
      return { type: 'hardState', term, votedFor: random.oneIn(2) ? null : random.name() };
    case 1:
      return { type: 'identity', identity: random.name(), admitted: random.oneIn(2), introduced: random.oneIn(2) };
    case 2:
      return { type: 'introduced', member: random.name(), identity: random.name() };
    case 3:
      return { type: 'configuration', index, term, data: configuration(random) };
    case 4:
      return { type: 'noop', index, term, data: null };
    default:
      return { type: 'command', index, term, data: random.bytes(random.length(16)) };
  }
}

const CHUNK_BYTES = 16;

/** What a checkpoint of Raft begins with, in chunks. */
export const raftSnapshot: Target = {
  name: 'raft-snapshot',
  valid(random) {
    const header = { index: 1 + random.below(1e9), term: random.count(), configuration: configuration(random) };
    return concatenate([encodeSnapshotHeader(header), random.bytes(random.length(40))]);
  },
  async check(input) {
    const whole = decoded(() => decodeSnapshotHeader(input));
    try {
      const { header, rest } = await openSnapshot(chunksOf(input));
      ensureSame('in chunks and at once', whole?.value, header);
      ensure(isCount(header.index) && header.index > 0 && isCount(header.term), 'index and term are counts');
      const parts: Uint8Array[] = [];
      for await (const part of rest) parts.push(part);
      const length = new DataView(input.buffer, input.byteOffset).getUint32(0);
      ensureSame('what follows the header', input.slice(4 + length), concatenate(parts));
      return 'accepted';
    } catch (error) {
      assertRefusal(error, ['malformed']);
      ensure(whole?.value === undefined, 'a header that is refused in chunks was taken at once');
      return 'rejected';
    }
  },
};

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}
