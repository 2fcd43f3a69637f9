import type { NodeId } from 'quorate/core';
import { MalformedError } from 'quorate/core';
import type { Identity } from './certificates.js';
import type { Json, Page } from './kv-state-machine.js';

/** The name that all processes of the demo give their cluster. */
export const CLUSTER = 'replicated-kv';

/** Where all servers listen: the demo stays within this machine. */
export const HOST = '127.0.0.1';

/** The channel on which clients talk to servers; Raft has one of its own on the same connections. */
export const KV_CHANNEL = 'kv';

/** What a client asks a server. */
export type KvRequest =
  /** Stores a value; only the leader can. */
  | { readonly op: 'put'; readonly key: string; readonly value: Json }
  /** Reads what every acknowledged put has left; only the leader can. */
  | { readonly op: 'get'; readonly key: string }
  /** Where this server stands. */
  | { readonly op: 'status' }
  /** A page of what this very server holds, whoever leads. */
  | { readonly op: 'dump'; readonly from: number };

/** Answer to `put`: who committed it. */
export interface PutReply {
  readonly node: NodeId;
  readonly term: number;
}

/** Answer to `get`. */
export interface GetReply {
  readonly found: boolean;
  readonly value: Json;
}

/** Answer to `status`. */
export interface StatusReply {
  readonly node: NodeId;
  readonly role: string;
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
}

/** Answer to `dump`. */
export type DumpReply = Page;

/** What the demo tells a server process through its IPC channel. */
export type ToServer =
  /** Listen on this port of 127.0.0.1 (0: on a free one), with TLS if that is given, and say where. */
  | ({ readonly type: 'listen' } & ListenAt)
  /** These are the servers with their addresses: take part. */
  | { readonly type: 'join'; readonly members: Readonly<Record<NodeId, string>> }
  /** Close everything and end. */
  | { readonly type: 'stop' };

/** Who a server is, and where. */
export interface ListenAt {
  readonly id: NodeId;
  /** For its journal. */
  readonly directory: string;
  readonly port: number;
  readonly tls: Identity | null;
}

/** What a server process answers. */
export type FromServer =
  | { readonly type: 'listening'; readonly address: string }
  /** Its journal is replayed, and it takes part. */
  | { readonly type: 'joined' }
  /** It ends, and why. `code` is that of the error, where it has one. */
  | { readonly type: 'failed'; readonly message: string; readonly code: string };

/** How long a follower waits for a leader before it campaigns: at least this long, at most twice. */
export const ELECTION_TIMEOUT_MS = 300;

/** How often a leader shows that it is alive. */
export const HEARTBEAT_INTERVAL_MS = 50;

/** The request in a message from outside. @throws MalformedError when it is none */
export function parseRequest(body: unknown): KvRequest {
  const { op, key, value, from } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (op === 'put' && typeof key === 'string' && value !== undefined) return { op, key, value: value as Json };
  if (op === 'get' && typeof key === 'string') return { op, key };
  if (op === 'status') return { op };
  if (op === 'dump' && typeof from === 'number' && Number.isSafeInteger(from) && from >= 0) return { op, from };
  throw new MalformedError('the request is none that this server knows');
}
