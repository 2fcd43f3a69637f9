import type { Journal } from '../core/index.js';
import type { StateMachine } from '../host/index.js';
import { introductionsNeeded } from './admission.js';
import { configurationOf } from './configuration.js';
import type { Member, RaftRecord } from './entry.js';
import type { ResolvedRaftOptions } from './options.js';
import { decodeRecord, encodeRecords, openSnapshot } from './record-codec.js';
import { inconsistent, initialState, replay, replaySnapshot, type RaftState } from './state.js';

/**
 * Brings the state back that the journal holds, and the state machine to where the checkpoint was taken; what follows in
 * the log is applied once it is known to be committed.
 *
 * @throws QuorateError with code `journal-inconsistent`, and what the journal and the state machine throw
 */
export async function recover(
  journal: Journal,
  group: string,
  options: ResolvedRaftOptions,
  stateMachine: StateMachine,
): Promise<RaftState> {
  const state = initialState(options);
  for await (const item of journal.replay()) {
    if (item.type === 'record') {
      if (item.record.group === group) replay(state, decodeRecord(item.record));
    } else if (item.group === group) {
      const { header, rest } = await openSnapshot(item.chunks);
      replaySnapshot(state, header);
      await stateMachine.restore(rest);
    }
  }
  checkEnd(state);
  return state;
}

/** Checks that the log of a journal reaches its snapshot. @throws QuorateError with code `journal-inconsistent` */
export function checkEnd({ log }: RaftState): void {
  if (log.lastIndex >= log.snapshotIndex) return;
  throw inconsistent(`ends at entry ${log.lastIndex}, before its snapshot at ${log.snapshotIndex}`);
}

/** Whether a server has ever been part of a cluster. */
function isBlank(state: RaftState): boolean {
  return state.log.lastIndex === 0 && state.currentTerm === 0;
}

/** What makes a blank server a founding member. */
export interface Founding {
  readonly members: readonly Member[];
  /** Names the journal. */
  readonly identity: string;
  /** Whether it takes part without asking the others first. */
  readonly newCluster: boolean;
}

/**
 * Makes a blank server a founding member: its journal gets an identity, and its log begins with the entry with which
 * that of every founding member begins, of term 1, which says who they are. One that is not blank stays as it is.
 */
export async function bootstrap(journal: Journal, group: string, state: RaftState, founding: Founding): Promise<void> {
  if (!isBlank(state)) return;
  const { members, identity, newCluster } = founding;
  const introduced = introductionsNeeded(members.length) === 0;
  // In this order: a torn append may leave the first one, and a journal with members and no identity asks nobody.
  const records: readonly RaftRecord[] = [
    { type: 'identity', identity, admitted: introduced || newCluster, introduced },
    { type: 'configuration', index: 1, term: 1, data: configurationOf(members) },
  ];
  await journal.append(encodeRecords(group, records));
  for (const record of records) replay(state, record);
}
