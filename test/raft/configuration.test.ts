import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/host/index.js';
import { disjointQuorums, isQuorum, requireIntersection } from '../../src/quorum/index.js';
import { isJoint, memberIdsIn, membersIn, quorumIn, voterIdsIn } from '../../src/raft/configuration.js';
import { configurationOf as newConfiguration, type Configuration } from '../../src/raft/index.js';
import { nextConfiguration } from '../../src/raft/membership.js';
import { parseConfiguration } from '../../src/raft/parse.js';
import { configurationOf, inShort, membersOf } from './script.js';

type Target = Pick<Configuration, 'voters' | 'learners'>;

/** More steps than any change takes. */
const MANY = 10;

/** All configurations on the way to a target, the first one included. */
function wayTo(target: Target, from: Configuration): Configuration[] {
  const way = [from];
  while (way.length < MANY) {
    const next = nextConfiguration(way.at(-1)!, target, () => true);
    if (next === null || next === undefined) break;
    way.push(next);
  }
  return way;
}

/** From text as `inShort` makes it. */
function parse(text: string): Configuration {
  const [voting = '', ...learners] = text.split(' +');
  const [voters = '', outgoing = ''] = voting.split('|').map((part) => part.trim());
  return configurationOf(ids(voters), { outgoing: ids(outgoing), learners });
}

function ids(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}

describe('a configuration', () => {
  it('has its members in ascending order, and nothing but what a member has', () => {
    const extra = { id: 'b', address: 'x', note: 1 };
    expect(newConfiguration([extra, { id: 'a', address: null }], membersOf(['d', 'c']))).toEqual({
      voters: [
        { id: 'a', address: null },
        { id: 'b', address: 'x' },
      ],
      outgoing: [],
      learners: membersOf(['c', 'd']),
    });
  });

  it('counts voters from before among those who vote, and learners among the members only', () => {
    const configuration = parse('a b|b c +d');
    expect(isJoint(configuration)).toBe(true);
    expect(voterIdsIn(configuration)).toEqual(['a', 'b', 'c']);
    expect(memberIdsIn(configuration)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('names a member once, with the address that holds from here on', () => {
    const at = (id: string, address: string): Member => ({ id, address });
    const voters = [at('a', 'new'), at('b', 'new')];
    const configuration = { voters, outgoing: [at('a', 'old'), at('c', 'old')], learners: [at('c', 'new')] };
    expect(membersIn(configuration)).toEqual([at('a', 'new'), at('b', 'new'), at('c', 'new')]);
  });

  it.each([
    ['a b c', [['a', 'b']], [['a']]],
    ['a b c d', [['a', 'b', 'c']], [['a', 'b']]],
    ['a b c +d +e', [['a', 'b']], [['a', 'd', 'e']]],
    ['a b c|a d e', [['a', 'b', 'd'], ['b', 'c', 'd', 'e']], [['a', 'b', 'c'], ['a', 'd', 'e'], ['b', 'd']]], // prettier-ignore
    ['a b c|d e f', [['a', 'b', 'd', 'e']], [['a', 'b', 'c'], ['d', 'e', 'f'], ['a', 'b', 'c', 'd']]], // prettier-ignore
  ])('%s decides by a majority of each of its sets of voters', (text, quorums, others) => {
    const quorum = quorumIn(parse(text));
    for (const set of quorums) expect([set, isQuorum(quorum, set)]).toEqual([set, true]);
    for (const set of others) expect([set, isQuorum(quorum, set)]).toEqual([set, false]);
  });
});

/* The cases of `confchange/testdata` of etcd's raft that have a meaning here, by the names of their files. */
describe('the way from one configuration to another', () => {
  it.each([
    // simple_idempotency
    ['a voter that is one', 'a b', 'a b', []],
    ['a learner that is one', 'a +b', 'a +b', []],
    // simple_promote_demote
    ['a learner becomes a voter in a single step', 'a +b', 'a b', ['a b']],
    ['a voter becomes a learner in a single step', 'a b', 'a +b', ['a +b']],
    ['one is promoted and another demoted: two voters differ', 'a b +c', 'a c +b', ['a c|a b +b', 'a c +b']],
    // simple_safety: two voters cannot be added at once in a single step
    ['two voters are added', 'a', 'a b c', ['a +b +c', 'a b c|a', 'a b c']],
    ['two voters are removed', 'a b c', 'a', ['a|a b c', 'a']],
    // update_node
    ['another address', 'a b', 'a b', []],
    // joint_autoleave and joint_idempotency
    ['a joint configuration that leads to the target is left', 'a b c|a', 'a b c', ['a b c']],
    ['a joint configuration that leads elsewhere is left first', 'a b c|a', 'a', ['a b c', 'a|a b c', 'a']],
    // joint_learners_next: who is demoted votes until the joint configuration is left
    ['two voters become learners', 'a b c', 'a +b +c', ['a|a b c +b +c', 'a +b +c']],
    // joint_safety
    ['a joint configuration is left also before learners change', 'a|a b', 'a +c', ['a', 'a +c']],
    // and what etcd leaves to its callers
    ['a new voter is a learner first', 'a b c', 'a b c d', ['a b c +d', 'a b c d']],
    ['a new learner', 'a', 'a +b', ['a +b']],
    ['a learner goes', 'a +b', 'a', ['a']],
    ['a voter goes', 'a b', 'a', ['a']],
    ['one replaces another', 'a b c', 'a b d', ['a b c +d', 'a b d|a b c', 'a b d']],
    ['all are replaced', 'a b', 'c d', ['a b +c +d', 'c d|a b', 'c d']],
    ['all change places', 'a b +c +d', 'c d +a +b', ['c d|a b +a +b', 'c d +a +b']],
  ])('%s: %s to %s', (_, from, to, way) => {
    expect(wayTo(parse(to), parse(from)).slice(1).map(inShort)).toEqual(way);
  });

  it('takes a new address in one step, which is not joint', () => {
    const from = newConfiguration([{ id: 'a', address: 'x' }], [{ id: 'b', address: 'x' }]);
    const to = newConfiguration([{ id: 'a', address: 'y' }], [{ id: 'b', address: 'y' }]);
    expect(wayTo(to, from)).toEqual([from, to]);
  });

  it('gives new servers as learners the address that they have', () => {
    const to = newConfiguration([
      { id: 'a', address: null },
      { id: 'b', address: 'here' },
    ]);
    expect(nextConfiguration(parse('a'), to, () => false)!.learners).toEqual([{ id: 'b', address: 'here' }]);
  });

  it('leaves a joint configuration without a target, and goes nowhere else', () => {
    expect(inShort(nextConfiguration(parse('a b c|a d +d'), null, () => false)!)).toBe('a b c +d');
    expect(nextConfiguration(parse('a b c +d'), null, () => true)).toBe(null);
  });

  it('waits for each voter to be until it has caught up', () => {
    const late = (name: string) => nextConfiguration(parse('a +b +c'), parse('a b c'), (id) => id !== name);
    expect(late('b')).toBe(undefined);
    expect(late('c')).toBe(undefined);
    expect(inShort(late('d')!)).toBe('a b c|a');
  });

  it('does not wait for learners that stay learners', () => {
    expect(inShort(nextConfiguration(parse('a b +c'), parse('a +c'), () => false)!)).toBe('a +c');
  });
});

const SERVERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

type Role = 'voter' | 'learner' | 'none';
const anyRole = fc.constantFrom<Role>('voter', 'voter', 'learner', 'none');
const anyAddress = fc.constantFrom(null, 'x', 'y');

/** At least one voter, any learners. */
const anyTarget: fc.Arbitrary<Configuration> = fc
  .array(fc.record({ role: anyRole, address: anyAddress }), { minLength: SERVERS.length, maxLength: SERVERS.length })
  .map((roles) => {
    const those = (wanted: Role): Member[] => {
      return SERVERS.map((id, i) => ({ id, ...roles[i]! }))
        .filter(({ role }) => role === wanted)
        .map(({ id, address }) => ({ id, address }));
    };
    return newConfiguration(those('voter'), those('learner'));
  })
  .filter(({ voters }) => voters.length > 0);

/** Joint ones too: as a new leader may find one in its log. */
const anyConfiguration = fc.oneof(
  anyTarget,
  fc.tuple(anyTarget, anyTarget).map(([next, before]) => ({ ...next, outgoing: before.voters })),
);

function differing(a: Configuration, b: Configuration): number {
  const [first, second] = [a.voters, b.voters].map((voters) => new Set(voters.map(({ id }) => id)));
  return [...first!, ...second!].filter((id) => first!.has(id) !== second!.has(id)).length;
}

function forAnyWay(check: (way: Configuration[], target: Configuration) => void): void {
  fc.assert(
    fc.property(anyConfiguration, anyTarget, (from, target) => {
      check(wayTo(target, from), target);
    }),
    { seed: 10, numRuns: 2000 },
  );
}

describe('any set of members to any other (seed 10)', () => {
  it('ends at the target, and in no joint configuration', () => {
    forAnyWay((way, target) => expect(way.at(-1)).toEqual(target));
  });

  it('takes four steps at most', () => {
    forAnyWay((way) => expect(way.length).toBeLessThanOrEqual(5));
  });

  it('has quorums that meet, of each configuration and the next', () => {
    forAnyWay((way) => {
      for (let i = 1; i < way.length; i++) {
        requireIntersection(quorumIn(way[i - 1]!), quorumIn(way[i]!), [inShort(way[i - 1]!), inShort(way[i]!)]);
      }
    });
  });

  it('is joint exactly when more than one voter differs', () => {
    forAnyWay((way) => {
      for (let i = 1; i < way.length; i++) {
        const [before, next] = [way[i - 1]!, way[i]!];
        if (isJoint(before)) expect([isJoint(next), next.voters]).toEqual([false, before.voters]);
        else expect(isJoint(next)).toBe(differing(before, next) > 1);
        if (isJoint(next)) expect(next.outgoing).toEqual(before.voters);
      }
    });
  });

  it('makes nobody a voter who was no member before', () => {
    forAnyWay((way) => {
      for (let i = 1; i < way.length; i++) {
        const before = memberIdsIn(way[i - 1]!);
        for (const { id } of way[i]!.voters) expect(before).toContain(id);
      }
    });
  });

  it('has only configurations that other servers take', () => {
    forAnyWay((way) => {
      for (const configuration of way) expect(parseConfiguration(configuration)).toEqual(configuration);
    });
  });

  it('can be left by a new leader that knows no target, wherever the old one was', () => {
    forAnyWay((way) => {
      for (const configuration of way) {
        const next = nextConfiguration(configuration, null, () => false);
        expect(next === null).toBe(!isJoint(configuration));
        if (next === null || next === undefined) continue;
        expect(isJoint(next)).toBe(false);
        expect(disjointQuorums(quorumIn(configuration), quorumIn(next))).toBe(null);
      }
    });
  });

  it('never leads back: each configuration is another one', () => {
    forAnyWay((way) => {
      expect(new Set(way.map((configuration) => JSON.stringify(configuration))).size).toBe(way.length);
    });
  });
});
