import { isNodeId, MalformedError } from '../../core/index.js';
import type { NodeId } from '../../core/index.js';
import { fromJson, toJson } from './json.js';

/** What passed one node's transport, in order. */
export interface Recording {
  /** The node that was recorded. */
  readonly node: NodeId;
  readonly events: readonly RecordedEvent[];
  /** Whether the recorder reached a limit, so that the rest is missing. */
  readonly cut: boolean;
}

/** One thing that passed. `at` counts milliseconds since the recording began; `peer` is the node at the other end. */
export type RecordedEvent =
  /** The node sent a message; `taken` is what `send` returned. */
  | {
      readonly type: 'send';
      readonly at: number;
      readonly channel: string;
      readonly peer: NodeId;
      readonly message: unknown;
      readonly taken: boolean;
    }
  /** The node was handed a message. */
  | {
      readonly type: 'receive';
      readonly at: number;
      readonly channel: string;
      readonly peer: NodeId;
      readonly message: unknown;
    }
  /** The node was told that a peer came or went. */
  | {
      readonly type: 'peer';
      readonly at: number;
      readonly channel: string;
      readonly peer: NodeId;
      readonly up: boolean;
    };

/** What a recording that reached a limit ends with. */
const CUT = { type: 'cut' };

/** The first line of a recording. */
export function formatHeader(node: NodeId): string {
  return JSON.stringify({ recording: 1, node });
}

/** One event as a line. */
export function formatEvent(event: RecordedEvent): string {
  return JSON.stringify('message' in event ? { ...event, message: toJson(event.message) } : event);
}

/** A recording as JSON lines: a header, then an event a line. {@link parseRecording} reads them. */
export function formatRecording({ node, events, cut }: Recording): string {
  const lines = [formatHeader(node), ...events.map(formatEvent), ...(cut ? [JSON.stringify(CUT)] : [])];
  return `${lines.join('\n')}\n`;
}

/**
 * Reads a recording, or a script that was written by hand: `at` may be left out (0, or that of the event before), and so
 * may `taken` (true). Empty lines and lines that begin with `#` are skipped.
 *
 * @throws MalformedError naming the line and what is wrong with it
 */
export function parseRecording(text: string): Recording {
  const events: RecordedEvent[] = [];
  let node: NodeId | undefined;
  let cut = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const where = `line ${index + 1}`;
    const fields = parseLine(line, where);
    if (node === undefined) node = parseHeader(fields, where);
    else if (fields.type === CUT.type) cut = true;
    else events.push(parseEvent(fields, events.at(-1)?.at ?? 0, where));
  }
  if (node === undefined) throw new MalformedError('the recording is empty: it has not even a header');
  return { node, events, cut };
}

type Fields = Readonly<Record<string, unknown>>;

function parseLine(line: string, where: string): Fields {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch (cause) {
    throw new MalformedError(`${where} is no JSON`, { cause });
  }
  throw new MalformedError(`${where} is no JSON object`);
}

function parseHeader({ recording, node }: Fields, where: string): NodeId {
  if (recording === 1 && isNodeId(node)) return node;
  throw new MalformedError(`${where} must be the header, {"recording":1,"node":ID}`);
}

function parseEvent(fields: Fields, before: number, where: string): RecordedEvent {
  const { type, at = before, channel, peer, message, taken = true, up } = fields;
  if (typeof at !== 'number' || !(at >= before && at < Infinity)) {
    throw new MalformedError(`${where}: "at" must be a number of milliseconds, at least ${before}`);
  }
  if (typeof channel !== 'string' || channel === '') throw new MalformedError(`${where}: "channel" must be a name`);
  if (!isNodeId(peer)) throw new MalformedError(`${where}: "peer" must be the id of a node`);
  if (type === 'peer' && typeof up === 'boolean') return { type, at, channel, peer, up };
  if (type === 'peer') throw new MalformedError(`${where}: "up" must be true or false`);
  if (type !== 'send' && type !== 'receive') {
    throw new MalformedError(`${where}: "type" must be send, receive or peer`);
  }
  if (!('message' in fields)) throw new MalformedError(`${where}: "message" is missing`);
  if (type === 'receive') return { type, at, channel, peer, message: fromJson(message) };
  if (typeof taken !== 'boolean') throw new MalformedError(`${where}: "taken" must be true or false`);
  return { type, at, channel, peer, message: fromJson(message), taken };
}
