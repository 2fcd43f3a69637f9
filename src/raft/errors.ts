import { QuorateError, type NodeId, type QuorateErrorOptions } from '../core/index.js';
import type { Refusal } from './commands.js';
import { MAX_MEMBERS } from './configuration.js';

/** Another server leads, or none does. Code `not-leader`. Nothing of the request happened: ask `leader`. */
export class NotLeaderError extends QuorateError {
  /** Who leads, as far as this server knows. */
  readonly leader: NodeId | null;

  constructor(leader: NodeId | null, options: QuorateErrorOptions = {}) {
    super(
      'not-leader',
      leader === null ? 'no leader is known now' : `this node does not lead; ${leader} does`,
      options,
    );
    this.leader = leader;
  }

  /** What a client on the other side of a request gets to know: the leader. */
  get details(): { readonly leader: NodeId | null } {
    return { leader: this.leader };
  }
}

/** A command is larger than a message or the queue of proposals can take. Code `too-large`. */
export function tooLargeError(bytes: number, limit: number): QuorateError {
  return new QuorateError('too-large', `the command has ${bytes} bytes; at most ${limit} fit: cut it into several`);
}

/** Another leader's entry was committed in the place of this proposal. Code `replaced`: it was not and will not be applied. */
export function replacedError(): QuorateError {
  return new QuorateError('replaced', 'a new leader replaced the proposal before it was committed; propose it again');
}

/** The node lost sight of a request. Code `proposal-lost`, outcome `unknown`. */
export function lostError(
  what = 'the proposal',
  advice = 'read the state machine to find out whether it was applied',
): QuorateError {
  const message = `the fate of ${what} cannot be told any more; ${advice}`;
  return new QuorateError('proposal-lost', message, { outcome: 'unknown' });
}

/** A machine refused something. The code tells why. */
export function refusedError(reason: Refusal, leader: NodeId | null): QuorateError {
  switch (reason) {
    case 'notLeader':
      return new NotLeaderError(leader);
    case 'overloaded':
      return new QuorateError('overloaded', 'too much waits already; try again when some of it is done');
    case 'transferring':
      return new QuorateError('transferring', 'leadership is being handed over; ask the next leader in a moment');
    case 'changing':
      return new QuorateError('change-in-progress', 'another change of members is under way; wait until it ends');
    case 'invalidChange':
      return new QuorateError(
        'invalid-change',
        `a cluster has 1 to ${MAX_MEMBERS} members, each named once, and at least one of them votes`,
      );
    case 'noSuccessor':
      return new QuorateError('no-successor', 'that is no voter, or no other voter answers: name one that does');
    case 'timeout':
      return new QuorateError('transfer-timeout', 'the successor did not take over in time; it may yet', {
        outcome: 'unknown',
      });
  }
}

/** Another member knows this one with another journal. Code `journal-lost`: see {@link RaftNode.open}. */
export function journalLostError(id: NodeId, by: NodeId): QuorateError {
  const found = `${id} runs on a new journal, but ${by} knows it with another one`;
  const why = 'what it voted and acknowledged is in that, and without it the member must not take part';
  const remedy = 'give it its own journal back; if that is lost, leave the member down, or replace it by a new member';
  return new QuorateError('journal-lost', `${found}: ${why}; ${remedy}`);
}
