import {
  checkNumber,
  InvalidOptionError,
  systemClock,
  systemSeed,
  type Channel,
  type Clock,
  type Journal,
  type NodeId,
  type Transport,
} from '../core/index.js';
import type { StateMachine } from '../host/index.js';
import type { Member } from './entry.js';
import { raftCodec } from './message-codec.js';
import { checkBoolean, resolveOptions, type RaftOptions, type ResolvedRaftOptions } from './options.js';
import { checkMembers } from './node-members.js';

/** Options of a {@link RaftNode}. */
export interface RaftNodeOptions<Result = unknown> extends Omit<RaftOptions, 'id'> {
  /** Carries messages; its id is the node's. Stays open when the node closes. */
  readonly transport: Transport;
  /** Keeps the log, the term and the vote. Stays open when the node closes. */
  readonly journal: Journal;
  /** What the log drives. */
  readonly stateMachine: StateMachine<Result>;
  /**
   * The founding members, by id, with the addresses at which the others reach them (`null` when the transport knows
   * them already). The same on each of them. Counts only while the journal is blank: afterwards the members are those
   * in the log, and the option may stay as it is.
   * @defaultValue none: a blank server then waits for a leader that has it as a member
   */
  readonly members?: Readonly<Record<NodeId, string | null>>;
  /**
   * Whether this is the first start of a cluster of which no member has ever run. Founding members with a blank journal
   * ask the others before they take part: one that lost its journal has forgotten votes and entries that the others
   * count on, and must not come back as if it were new. For that all members of three must be up once, and four of five.
   * With `true` they do not wait for that, and a majority is enough to begin. Use it on the first start only, where not
   * all members can be up; whoever sets it answers for it that nothing was lost.
   *
   * @defaultValue `false`
   */
  readonly newCluster?: boolean;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
  /**
   * The channel of the transport, and the group in the journal: nodes of several clusters can share both. 1 to 64
   * printable ASCII characters without spaces.
   * @defaultValue `'raft'`
   */
  readonly group?: string;
  /**
   * How long a proposal or read may stay undecided before it is given up with outcome `unknown`.
   * @defaultValue ten election timeouts: time for several elections
   */
  readonly callTimeoutMs?: number;
  /**
   * After how many applied entries a snapshot is taken and the log before it dropped; 0 for never.
   * @defaultValue 100000: replaying so many takes a fraction of a second
   */
  readonly snapshotEveryEntries?: number;
  /**
   * After how many bytes of applied commands a snapshot is taken, if their number has not led to one before; 0 for never.
   * @defaultValue 256 MiB: a restart reads so much in a second or two
   */
  readonly snapshotEveryBytes?: number;
  /**
   * How many entries behind the snapshot are kept all the same, for followers that are a little behind.
   * @defaultValue a tenth of `snapshotEveryEntries`
   */
  readonly trailingEntries?: number;
  /**
   * Whether servers that do not lead pass proposals on to the one that does. The same on all members. A proposal that was
   * passed on and is not answered has outcome `unknown` more often than one that is refused at once with the name of the
   * leader; and its result must survive the codec of the transport.
   * @defaultValue `false`: callers learn who leads, and save the detour for what follows
   */
  readonly forwardProposals?: boolean;
}

/** {@link RaftNodeOptions}, checked and complete. */
export interface ResolvedNodeOptions<Result> {
  readonly raft: ResolvedRaftOptions;
  readonly transport: Transport;
  readonly channel: Channel;
  readonly journal: Journal;
  readonly stateMachine: StateMachine<Result>;
  readonly members: readonly Member[];
  readonly newCluster: boolean;
  /** The identity of the journal, should it have to be founded. */
  readonly identity: string;
  readonly clock: Clock;
  readonly group: string;
  readonly callTimeoutMs: number;
  readonly snapshotEveryEntries: number;
  readonly snapshotEveryBytes: number;
  readonly forwardProposals: boolean;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws InvalidOptionError naming the option, the value and what is allowed
 */
export function resolveNodeOptions<Result>(options: RaftNodeOptions<Result>): ResolvedNodeOptions<Result> {
  const { transport, journal, stateMachine, clock = systemClock } = options;
  const group = checkGroup(options.group ?? 'raft');
  const snapshotEveryEntries = checkNumber('snapshotEveryEntries', options.snapshotEveryEntries ?? 100_000, { min: 0 });
  const raft = resolveOptions({
    trailingEntries: Math.floor(snapshotEveryEntries / 10),
    ...options,
    id: transport.id,
    seed: options.seed ?? systemSeed(),
    incarnation: options.incarnation ?? systemSeed(),
  });
  const channel = transport.channel(group, { codec: raftCodec() });
  checkFits('maxAppendBytes', raft.maxAppendBytes, channel);
  checkFits('snapshotChunkBytes', raft.snapshotChunkBytes, channel);
  const callTimeoutMs = options.callTimeoutMs ?? 10 * raft.electionTimeoutMs;
  return {
    raft,
    transport,
    channel,
    journal,
    stateMachine,
    clock,
    group,
    members: checkMembers(options.members ?? {}, transport.id),
    newCluster: checkBoolean('newCluster', options.newCluster ?? false),
    identity: newIdentity(),
    callTimeoutMs: checkNumber('callTimeoutMs', callTimeoutMs, { min: 1, integer: false }),
    snapshotEveryEntries,
    snapshotEveryBytes: checkNumber('snapshotEveryBytes', options.snapshotEveryBytes ?? 256 * 1024 * 1024, { min: 0 }),
    forwardProposals: checkBoolean('forwardProposals', options.forwardProposals ?? false),
  };
}

/** 96 random bits, which no other journal will have. */
export function newIdentity(): string {
  return Array.from({ length: 3 }, () => systemSeed().toString(16).padStart(8, '0')).join('');
}

/** What a message needs besides the entries or the piece of a snapshot that it carries. */
const ENVELOPE_BYTES = 4096;

/** The largest payload of a message on a channel. */
export function maxPayloadBytes(channel: Channel): number {
  return channel.supports.maxBytes - ENVELOPE_BYTES;
}

function checkFits(name: 'maxAppendBytes' | 'snapshotChunkBytes', value: number, channel: Channel): void {
  const most = maxPayloadBytes(channel);
  if (value > most) throw new InvalidOptionError(name, value, `at most ${most}, which fits into one message here`);
}

const GROUP_NAME = /^[\x21-\x7e]{1,64}$/;

/** What both a channel and a group of a journal may be called. */
function checkGroup(group: unknown): string {
  if (typeof group === 'string' && GROUP_NAME.test(group)) return group;
  throw new InvalidOptionError('group', group, '1 to 64 printable ASCII characters without spaces');
}
