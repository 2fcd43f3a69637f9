import type { CheckpointFile } from './checkpoint-file.js';
import { EntryTable } from './entry-table.js';

/** What is kept in memory of one group. */
export class GroupState {
  readonly name: string;
  /** The durable log entries. */
  readonly entries = new EntryTable();
  /** The highest index that the next entry may have, appends under way included; Infinity when any will do. */
  next = 1;
  /** Like {@link GroupState.next} while one call is checked, before any of its records is taken. */
  proposedNext = 1;
  /** Position of the newest log entry, appends under way included; -1 when this journal object has seen none. */
  lastEntryPosition = -1;
  checkpoint: CheckpointFile | undefined;
  /** Whether a checkpoint of the group is being written. */
  checkpointing = false;

  constructor(name: string) {
    this.name = name;
  }

  /** Records before this position that are no entries were superseded by the checkpoint. */
  get boundary(): number {
    return this.checkpoint?.facts.boundary ?? 0;
  }
}
