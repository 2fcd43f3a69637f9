import { checkNodeId, InvalidOptionError, type NodeId } from '../core/index.js';
import type { Member, MembershipChange } from '../host/index.js';
import { MAX_ADDRESS_LENGTH, MAX_MEMBERS } from './configuration.js';

/** Checks the founding members. @throws InvalidOptionError */
export function checkMembers(members: Readonly<Record<NodeId, string | null>>, self: NodeId): Member[] {
  const list = Object.entries(members).map(([id, address]) => checkMember('members', { id, address }));
  if (list.length > MAX_MEMBERS) {
    throw new InvalidOptionError('members', list.length, `a record of at most ${MAX_MEMBERS} members`);
  }
  if (list.length > 0 && !list.some((member) => member.id === self)) {
    throw new InvalidOptionError('members', Object.keys(members), `a record that has this node too, ${self}`);
  }
  return list;
}

/** A change of members, checked. @throws InvalidOptionError */
export function checkChange(change: MembershipChange): MembershipChange {
  switch (change.type) {
    case 'set': {
      const voters = change.voters.map((member) => checkMember('voters', member));
      const learners = change.learners.map((member) => checkMember('learners', member));
      requireDistinct('voters', voters);
      requireDistinct('learners', learners);
      return { type: 'set', voters, learners };
    }
    case 'add': {
      const member = checkMember('member', change.member);
      if (change.as !== 'voter' && change.as !== 'learner') {
        throw new InvalidOptionError('as', change.as, "'voter' or 'learner'");
      }
      return { type: 'add', member, as: change.as };
    }
    case 'remove':
      return { type: 'remove', member: checkNodeId('member', change.member) };
    default:
      throw new InvalidOptionError('type', (change as { type: unknown }).type, "'set', 'add' or 'remove'");
  }
}

function checkMember(option: string, { id, address }: Member): Member {
  if (address === null || (typeof address === 'string' && address.length <= MAX_ADDRESS_LENGTH)) {
    return { id: checkNodeId(option, id), address };
  }
  throw new InvalidOptionError(option, address, `addresses of at most ${MAX_ADDRESS_LENGTH} characters, or null`);
}

function requireDistinct(option: string, members: readonly Member[]): void {
  const ids = members.map(({ id }) => id);
  if (new Set(ids).size < ids.length) throw new InvalidOptionError(option, ids.join(), 'each member once');
}
