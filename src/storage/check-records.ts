import { checkNumber, type CheckpointOptions, InvalidOptionError, type JournalRecord } from '../core/index.js';

const GROUP_NAME = /^[\x20-\x7e]{1,64}$/;

/** What must be known of a group to tell whether an append leaves a gap. */
export interface AppendState {
  /** The highest index that the next entry may have; Infinity when any will do. */
  readonly next: number;
  /** Scratch space of {@link checkRecords}: what `next` becomes when all records of the call are taken. */
  proposedNext: number;
}

/**
 * Checks the records of one append before any of them is taken. Afterwards `proposedNext` of each group concerned says
 * what `next` becomes.
 *
 * @throws InvalidOptionError naming what is wrong
 */
export function checkRecords(records: readonly JournalRecord[], stateOf: (group: string) => AppendState): void {
  for (const record of records) {
    checkRecord(record);
    const state = stateOf(record.group);
    state.proposedNext = state.next;
  }
  for (const { group, index } of records) {
    if (index === 0) continue;
    const state = stateOf(group);
    if (index > state.proposedNext) {
      throw new InvalidOptionError('index', index, `at most ${state.proposedNext} in group ${group}: no gaps`);
    }
    state.proposedNext = index + 1;
  }
}

/** Checks the arguments of a checkpoint. @throws InvalidOptionError naming what is wrong */
export function checkCheckpoint(group: string, options: CheckpointOptions): void {
  const { keepFrom, carry } = options;
  checkGroup(group);
  if (keepFrom !== Infinity && !(Number.isSafeInteger(keepFrom) && keepFrom >= 1)) {
    throw new InvalidOptionError('keepFrom', keepFrom, 'a whole number at least 1, or Infinity');
  }
  for (const record of carry) {
    checkRecord(record);
    if (record.group !== group) throw new InvalidOptionError('carry', record.group, `of group ${group}`);
    if (record.index !== 0) throw new InvalidOptionError('carry', record.index, 'records with index 0');
  }
}

/** Checks the arguments of a read of entries. @throws InvalidOptionError naming what is wrong */
export function checkRead(from: number, to: number, maxBytes: number): void {
  checkNumber('from', from, { min: 0 });
  checkNumber('to', to, { min: 0, max: Infinity, integer: false });
  checkNumber('maxBytes', maxBytes, { min: 0, max: Infinity, integer: false });
}

/** Checks the arguments of a read of a checkpoint. @throws InvalidOptionError naming what is wrong */
export function checkCheckpointRead(offset: number, maxBytes: number): void {
  checkNumber('offset', offset, { min: 0 });
  checkNumber('maxBytes', maxBytes, { min: 1 });
}

/**
 * The highest index that the next entry may have after a checkpoint, as far as the entries before it tell.
 *
 * @param next - the same as of the call
 */
export function nextAfterCheckpoint(next: number, keepFrom: number): number {
  return Math.max(next, keepFrom);
}

function checkGroup(group: unknown): void {
  if (typeof group === 'string' && GROUP_NAME.test(group)) return;
  throw new InvalidOptionError('group', group, '1 to 64 printable ASCII characters');
}

function checkRecord(record: JournalRecord): void {
  checkGroup(record.group);
  if (!Number.isSafeInteger(record.index) || record.index < 0) {
    throw new InvalidOptionError('index', record.index, 'a whole number at least 0');
  }
  if (!(record.data instanceof Uint8Array)) throw new InvalidOptionError('data', record.data, 'a Uint8Array');
}
