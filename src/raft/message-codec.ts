import { messagePackCodec, type Codec } from '../codec/index.js';
import { MalformedError } from '../core/index.js';
import type { Entry } from './entry.js';
import type { AppendEntries, AppendEntriesReply, RaftMessage } from './messages.js';

/*
 * The messages that replicate entries have a form of their own; all others are MessagePack, whose maps begin with a byte
 * from 0x80 on. Numbers are float64, big endian, so that decoding needs no checks beyond those of `parseMessage`.
 *
 *   append:    1, term, prevLogIndex, prevLogTerm, leaderCommit, round, and the entries up to the end
 *   entry:     kind, term if it is not that of the entry before, length (uint32), that many bytes
 *   accepted:  2, term, matchIndex, round
 *   rejected:  3, term, prevLogIndex, conflictTerm, conflictIndex, round
 *
 * The index of an entry is that of the one before and 1. Its kind is one of those below, with 8 added where a term
 * follows.
 */
const APPEND = 1;
const ACCEPTED = 2;
const REJECTED = 3;
const FIRST_OF_MESSAGE_PACK = 0x80;

const COMMAND = 1;
const NOOP = 2;
const CONFIGURATION = 3;
const WITH_TERM = 8;

const APPEND_BYTES = 1 + 5 * 8;
/** Kind, term and length. */
const MAX_ENTRY_HEADER_BYTES = 1 + 8 + 4;

/** Memory beyond this is given up after use, so that one huge message does not hold it for good. */
const KEPT_BYTES = 4 << 20;

const general = messagePackCodec();
const NO_BYTES = new Uint8Array(0);

/**
 * The codec of Raft messages: entries are copied once and cost a few bytes each. It reads messages in plain MessagePack
 * too. A {@link RaftNode} brings it along for its channel; give it to a transport of your own that encodes.
 *
 * @returns a codec whose `encode` throws `NotEncodableError` for what is no message, and whose `decode` throws
 * {@link MalformedError}; the value is still to be parsed by `parseMessage`
 */
export function raftCodec(): Codec {
  return new RaftCodec();
}

class RaftCodec implements Codec {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  encode(message: unknown): Uint8Array {
    return this.encodeShared(message).slice();
  }

  encodeShared(value: unknown): Uint8Array {
    const message = value as RaftMessage | null | undefined;
    if (message?.type !== 'appendEntries' && message?.type !== 'appendEntriesReply') {
      return general.encodeShared?.(value) ?? general.encode(value);
    }
    if (this.#bytes.length > KEPT_BYTES) this.#allocate(4096);
    this.#used = 0;
    if (message.type === 'appendEntries') this.#append(message);
    else this.#reply(message);
    return this.#bytes.subarray(0, this.#used);
  }

  decode(bytes: Uint8Array): unknown {
    const kind = bytes[0] ?? 0;
    if (kind >= FIRST_OF_MESSAGE_PACK) return general.decode(bytes);
    const reader = new Reader(bytes);
    switch (kind) {
      case APPEND:
        return decodeAppend(reader);
      case ACCEPTED: {
        const accepted = {
          type: 'appendEntriesReply',
          success: true,
          term: reader.number(),
          matchIndex: reader.number(),
        };
        return reader.end({ ...accepted, round: reader.number() });
      }
      case REJECTED:
        return reader.end(decodeRejected(reader));
      default:
        throw new MalformedError(`a message of Raft cannot begin with byte ${kind}`);
    }
  }

  #append({ term, prevLogIndex, prevLogTerm, entries, leaderCommit, round }: AppendEntries): void {
    this.#reserve(APPEND_BYTES);
    this.#byte(APPEND);
    this.#number(term);
    this.#number(prevLogIndex);
    this.#number(prevLogTerm);
    this.#number(leaderCommit);
    this.#number(round);
    let termBefore = prevLogTerm;
    for (let i = 0; i < entries.length; i++) {
      this.#entry(entries[i]!, termBefore);
      termBefore = entries[i]!.term;
    }
  }

  #entry(entry: Entry, termBefore: number): void {
    const body = bodyOf(entry);
    const withTerm = entry.term === termBefore ? 0 : WITH_TERM;
    this.#reserve(MAX_ENTRY_HEADER_BYTES + body.length);
    this.#byte(kindOf(entry) + withTerm);
    if (withTerm !== 0) this.#number(entry.term);
    this.#view.setUint32(this.#used, body.length);
    this.#bytes.set(body, this.#used + 4);
    this.#used += 4 + body.length;
  }

  #reply(reply: AppendEntriesReply): void {
    this.#reserve(APPEND_BYTES);
    this.#byte(reply.success ? ACCEPTED : REJECTED);
    this.#number(reply.term);
    if (reply.success) {
      this.#number(reply.matchIndex);
    } else {
      this.#number(reply.prevLogIndex);
      this.#number(reply.conflictTerm);
      this.#number(reply.conflictIndex);
    }
    this.#number(reply.round);
  }

  #byte(value: number): void {
    this.#bytes[this.#used++] = value;
  }

  #number(value: number): void {
    this.#view.setFloat64(this.#used, value);
    this.#used += 8;
  }

  #reserve(count: number): void {
    const needed = this.#used + count;
    if (needed <= this.#bytes.length) return;
    const written = this.#bytes.subarray(0, this.#used);
    this.#allocate(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.set(written);
  }

  #allocate(count: number): void {
    this.#bytes = new Uint8Array(count);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

function kindOf({ type }: Entry): number {
  if (type === 'command') return COMMAND;
  return type === 'noop' ? NOOP : CONFIGURATION;
}

function bodyOf(entry: Entry): Uint8Array {
  if (entry.type === 'command') return entry.data;
  return entry.type === 'noop' ? NO_BYTES : general.encode(entry.data);
}

function decodeAppend(reader: Reader): unknown {
  const [term, prevLogIndex, prevLogTerm] = [reader.number(), reader.number(), reader.number()];
  const [leaderCommit, round] = [reader.number(), reader.number()];
  const entries: unknown[] = [];
  let termBefore = prevLogTerm;
  for (let index = prevLogIndex + 1; reader.left > 0; index++) {
    const kind = reader.byte();
    if ((kind & WITH_TERM) !== 0) termBefore = reader.number();
    entries.push(decodeEntry(kind & ~WITH_TERM, index, termBefore, reader.bytes(reader.length())));
  }
  return { type: 'appendEntries', term, prevLogIndex, prevLogTerm, entries, leaderCommit, round };
}

function decodeEntry(kind: number, index: number, term: number, body: Uint8Array): unknown {
  switch (kind) {
    case COMMAND:
      return { type: 'command', index, term, data: body };
    case NOOP:
      if (body.length > 0) throw new MalformedError('an entry that says nothing has a body');
      return { type: 'noop', index, term, data: null };
    case CONFIGURATION:
      return { type: 'configuration', index, term, data: general.decode(body) };
    default:
      throw new MalformedError(`no entry has the kind ${kind}`);
  }
}

function decodeRejected(reader: Reader): unknown {
  const [term, prevLogIndex, conflictTerm] = [reader.number(), reader.number(), reader.number()];
  const [conflictIndex, round] = [reader.number(), reader.number()];
  return { type: 'appendEntriesReply', success: false, term, prevLogIndex, conflictTerm, conflictIndex, round };
}

/** Reads what follows the first byte, and never beyond the end. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  number(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  length(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** A view of the bytes. */
  bytes(count: number): Uint8Array {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** The value, if nothing is left behind it. */
  end(value: unknown): unknown {
    if (this.left > 0) throw new MalformedError(`${this.left} bytes follow the message`);
    return value;
  }

  #take(count: number): number {
    const start = this.#at;
    if (count > this.left) throw new MalformedError('the message is cut off');
    this.#at += count;
    return start;
  }
}
