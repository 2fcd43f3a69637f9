import { concatenate, packCounts } from './bytes.js';
import { limitCounts, limitsOf, MOST_RESULT_BYTES, MOST_RESULTS, MOST_SESSIONS } from './limits.js';
import { idBytes, idOf } from './session-command.js';
import { malformed, type SnapshotReader } from './snapshot-reader.js';
import { NO_RESULT, SessionTable, type Remembered, type SessionState } from './table.js';

/*
 * What a snapshot begins with: the letters QSES; then counts: the version, the log time, the limits, and how many sessions.
 * A session, the one that was idle for longest first: its number, when it was used, its lowest sequence, how many results,
 * the length of its id; and its id. A result: how far its sequence is above the lowest, its length, and its bytes.
 * Lengths begin at 2: 0 says that the result cannot be kept, 1 that nothing was returned.
 */
const MAGIC = Uint8Array.of(0x51, 0x53, 0x45, 0x53);
const VERSION = 1;
const NOT_KEPT = 0;
const NOTHING_RETURNED = 1;
const LENGTHS = 2;
const MOST_ID_BYTES = 128;

/** The bytes of all sessions as of this call: one piece for each. */
export function encodeTable(table: SessionTable): Uint8Array[] {
  const head = packCounts([VERSION, table.logTimeMs, ...limitCounts(table.limits), table.size]);
  return [MAGIC, head, ...Array.from(table.sessions(), encodeSession)];
}

function encodeSession({ number, id, usedAtMs, lowest, results }: SessionState): Uint8Array {
  const pieces = [packCounts([number, usedAtMs, lowest, results.size, id.length], idBytes(id))];
  for (const [sequence, result] of results) pieces.push(encodeResult(sequence - lowest, result));
  return concatenate(pieces);
}

function encodeResult(ahead: number, result: Remembered): Uint8Array {
  if (result === NO_RESULT) return packCounts([ahead, NOTHING_RETURNED]);
  if (!(result instanceof Uint8Array)) return packCounts([ahead, NOT_KEPT]);
  return packCounts([ahead, result.length + LENGTHS], result);
}

/**
 * The sessions that a snapshot begins with. No count is believed above what is ever written.
 *
 * @throws MalformedError
 */
export async function readTable(reader: SnapshotReader): Promise<SessionTable> {
  const magic = await reader.bytes('its beginning', MAGIC.length);
  if (!MAGIC.every((byte, i) => magic[i] === byte)) throw malformed('it does not begin like one');
  const version = await reader.count('its version');
  if (version !== VERSION) throw malformed(`its version is ${version}, and this is ${VERSION}`);
  const table = new SessionTable();
  table.logTimeMs = await reader.count('its time');
  const counts: number[] = [];
  for (const _ of limitCounts(table.limits)) counts.push(await reader.count('a limit'));
  table.limits = limitsOf(counts) ?? fail('a limit is out of range');
  const sessions = await reader.count('its number of sessions', MOST_SESSIONS);
  for (let i = 0; i < sessions; i++) table.add(await readSession(reader));
  return table;
}

async function readSession(reader: SnapshotReader): Promise<SessionState> {
  const number = await reader.count('the number of a session');
  const usedAtMs = await reader.count('the time of a session');
  const lowest = await reader.count('the lowest sequence of a session');
  const remembered = await reader.count('the number of results', MOST_RESULTS);
  const length = await reader.count('the length of an id', MOST_ID_BYTES);
  const id = idOf(await reader.bytes('an id', length)) ?? fail('an id is none');
  const results = new Map<number, Remembered>();
  for (let i = 0; i < remembered; i++) {
    const ahead = await reader.count('a sequence', MOST_RESULTS);
    results.set(lowest + ahead, await readResult(reader));
  }
  return { number, id, usedAtMs, lowest, results };
}

async function readResult(reader: SnapshotReader): Promise<Remembered> {
  const length = await reader.count('the length of a result', MOST_RESULT_BYTES + LENGTHS);
  if (length === NOT_KEPT) return null;
  if (length === NOTHING_RETURNED) return NO_RESULT;
  return reader.bytes('a result', length - LENGTHS);
}

function fail(why: string): never {
  throw malformed(why);
}
