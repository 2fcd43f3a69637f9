import { InvalidOptionError } from '../../core/index.js';

/** What processes that beat and monitors send each other. */
export type HeartbeatMessage = Heartbeat | Stopping;

/** One heartbeat: this run of this process lives. */
export interface Heartbeat {
  readonly type: 'beat';
  /** The text of the sender's gpid. */
  readonly run: string;
  /** How many intervals after the start of the run it was due. A number that is missing was lost, or never sent. */
  readonly sequence: number;
  /** When it was sent, in milliseconds of the sender's monotonic clock: only differences mean something. */
  readonly sentAt: number;
  /** How often the sender beats, in milliseconds. */
  readonly intervalMs: number;
  /** How busy the sender is, on a scale of its own. */
  readonly load?: number;
  /** What the sender says of itself besides. */
  readonly metadata?: HeartbeatMetadata;
}

/** This run ends, on purpose: expect no more heartbeats of it. */
export interface Stopping {
  readonly type: 'stopping';
  readonly run: string;
}

/** What a process says of itself in each heartbeat, for instance its version or its zone. */
export type HeartbeatMetadata = Readonly<Record<string, string>>;

/** How many entries metadata may have. */
export const MAX_METADATA_ENTRIES = 32;
/** How many characters the names and values of metadata may have together: so that a heartbeat fits into a datagram. */
export const MAX_METADATA_CHARACTERS = 512;

/** A day: who beats less often needs no heartbeats. */
export const MAX_INTERVAL_MS = 86_400_000;
/** How old a run may be, in milliseconds: a thousand years, within which times are exact to a hundredth of one. */
const MAX_AGE_MS = 2 ** 45;
/** No gpid is longer. */
const MAX_RUN_LENGTH = 96;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The message that a value from outside is, made anew so that nothing else comes along; `undefined` when it is none.
 * Unknown fields are ignored. Whether a run is a gpid is looked at later, and only once.
 */
export function parseMessage(value: unknown): HeartbeatMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, run } = value as Fields;
  if (typeof run !== 'string' || run.length === 0 || run.length > MAX_RUN_LENGTH) return undefined;
  if (type === 'beat') return parseBeat(run, value as Fields);
  return type === 'stopping' ? { type, run } : undefined;
}

function parseBeat(run: string, fields: Fields): Heartbeat | undefined {
  const { sequence, sentAt, intervalMs, load, metadata } = fields;
  if (typeof sequence !== 'number' || typeof sentAt !== 'number' || typeof intervalMs !== 'number') return undefined;
  if (!(intervalMs >= 1 && intervalMs <= MAX_INTERVAL_MS) || !Number.isFinite(sentAt)) return undefined;
  if (!Number.isSafeInteger(sequence) || sequence < 0 || sequence * intervalMs > MAX_AGE_MS) return undefined;
  if (load !== undefined && !Number.isFinite(load)) return undefined;
  if (metadata !== undefined && !isMetadata(metadata)) return undefined;
  return newHeartbeat({ run, sequence, sentAt, intervalMs }, load as number | undefined, metadata);
}

/** Made of literals: objects that are made by spreading are ten times as slow to read (measured on Node 20). */
export function newHeartbeat(
  { run, sequence, sentAt, intervalMs }: Pick<Heartbeat, 'run' | 'sequence' | 'sentAt' | 'intervalMs'>,
  load?: number,
  metadata?: HeartbeatMetadata,
): Heartbeat {
  if (load === undefined) {
    if (metadata === undefined) return { type: 'beat', run, sequence, sentAt, intervalMs };
    return { type: 'beat', run, sequence, sentAt, intervalMs, metadata };
  }
  if (metadata === undefined) return { type: 'beat', run, sequence, sentAt, intervalMs, load };
  return { type: 'beat', run, sequence, sentAt, intervalMs, load, metadata };
}

/** A plain object of strings, within the limits. */
function isMetadata(value: unknown): value is HeartbeatMetadata {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  let entries = 0;
  let characters = 0;
  for (const name in value) {
    const text = (value as Fields)[name];
    // A decoder that knows what that name does to plain objects refuses the whole message.
    if (typeof text !== 'string' || name === '__proto__' || ++entries > MAX_METADATA_ENTRIES) return false;
    characters += name.length + text.length;
  }
  return characters <= MAX_METADATA_CHARACTERS;
}

/** A copy that nobody changes any more. @throws InvalidOptionError */
export function checkMetadata(metadata: HeartbeatMetadata): HeartbeatMetadata {
  if (isMetadata(metadata)) return Object.freeze({ ...metadata });
  const limits = `${MAX_METADATA_ENTRIES} entries and ${MAX_METADATA_CHARACTERS} characters`;
  throw new InvalidOptionError('metadata', metadata, `a plain object of strings with at most ${limits}`);
}

/** @throws InvalidOptionError */
export function checkLoad(load: number): number {
  if (Number.isFinite(load)) return load;
  throw new InvalidOptionError('load', load, 'a finite number');
}
