import type { NodeId } from 'quorate/core';
import type { KvClient } from './client.js';
import type { History } from './history.js';
import type { Json } from './kv-state-machine.js';
import type { DumpReply } from './protocol.js';
import type { Workload } from './workload.js';

/** What reading everything back has shown. Keys are in the order in which they were written. */
export interface Verdict {
  /** Keys whose acknowledged value is missing or different on a server. */
  readonly lost: readonly string[];
  /** Keys that nobody wrote, and yet a server has them. */
  readonly foreign: readonly string[];
  /** Keys that are not the same on all servers. */
  readonly unequal: readonly string[];
}

/** What reading back needs of a client. */
type Dumper = Pick<KvClient, 'dump'>;

/** What a server holds: keys with their values, as JSON text, which is how values are compared. */
type Contents = ReadonlyMap<string, string>;

/** What to read back, and where. */
export interface VerificationOptions {
  readonly workload: Workload;
  readonly client: Dumper;
  readonly ids: readonly NodeId[];
  readonly history: History;
  /** The first process in the history that has not called yet. */
  readonly firstProcess: number;
  /** Keys that must be the same everywhere, while nobody knows what they must hold. */
  readonly unforeseen: readonly string[];
}

/** Reads everything back from each server, and compares it with what was acknowledged and with each other. */
export async function verify(options: VerificationOptions): Promise<Verdict> {
  const { workload, client, ids, history, firstProcess, unforeseen } = options;
  const expected = contentsOf(workload);
  const keys = [...expected.keys(), ...unforeseen];
  const replicas: Contents[] = [];
  for (const [i, id] of ids.entries()) {
    const note = noteReads(history, id, keys, firstProcess + i * keys.length);
    const contents = await readReplica(client, id);
    note(contents);
    replicas.push(contents);
  }
  return compare(expected, replicas, new Set(unforeseen));
}

/** Every write was acknowledged when the run came to its end, so all of them are expected. */
function contentsOf(workload: Workload): Contents {
  const contents = new Map<string, string>();
  for (let index = 0; index < workload.size; index++) {
    const [key, value] = workload.at(index);
    contents.set(key, JSON.stringify(value));
  }
  return contents;
}

async function readReplica(client: Dumper, id: NodeId): Promise<Contents> {
  const contents = new Map<string, string>();
  for (let from: number | null = 0; from !== null;) {
    const { entries, next }: DumpReply = await client.dump(id, from);
    for (const [key, value] of entries) contents.set(key, JSON.stringify(value));
    from = next;
  }
  return contents;
}

/**
 * Reading a replica is a read of each key, all at the same time and so each by a process of its own. Notes the calls, and
 * returns a function that notes what they found.
 */
function noteReads(history: History, replica: NodeId, keys: readonly string[], firstProcess: number) {
  const ids = keys.map((key, i) => history.call({ op: 'get', process: firstProcess + i, key, replica }));
  return (contents: Contents): void => {
    const values = new Map<string, Json>(); // the same few records come again and again
    for (const [i, key] of keys.entries()) {
      const text = contents.get(key);
      if (text !== undefined && !values.has(text)) values.set(text, JSON.parse(text) as Json);
      const value = text === undefined ? null : values.get(text)!;
      history.returned(ids[i]!, { outcome: 'ok', found: text !== undefined, value });
    }
  };
}

function compare(expected: Contents, replicas: readonly Contents[], unforeseen: ReadonlySet<string>): Verdict {
  const keys = new Set([...expected.keys(), ...replicas.flatMap((replica) => [...replica.keys()])]);
  const lost: string[] = [];
  const foreign: string[] = [];
  const unequal: string[] = [];
  for (const key of keys) {
    const value = expected.get(key);
    if (value === undefined) {
      if (!unforeseen.has(key)) foreign.push(key);
    } else if (replicas.some((replica) => replica.get(key) !== value)) {
      lost.push(key);
    }
    if (replicas.some((replica) => replica.get(key) !== replicas[0]!.get(key))) unequal.push(key);
  }
  return { lost, foreign, unequal };
}
