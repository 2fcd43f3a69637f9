import type { Mutant } from '../mutants.js';

/** Bugs that implementations of quorums have had. Each must be found by its suite. */
export const quorumMutants: readonly Mutant[] = [
  {
    name: 'half of an even number is a majority',
    suite: 'test/quorum/systems.test.ts',
    file: 'quorum/majority.ts',
    find: '(size >> 1) + 1',
    replace: '(size + 1) >> 1',
  },
  {
    name: 'a joint decision needs only one of the groups',
    suite: 'test/quorum/decide.test.ts',
    file: 'quorum/systems.ts',
    find: '  return and(...systems);',
    replace: '  return or(...systems);',
  },
  {
    name: 'counts members where it should add up weights',
    suite: 'test/quorum/decide.test.ts',
    file: 'quorum/reached.ts',
    find: 'weight += weighed ? weights[end]! : 1',
    replace: 'weight += 1',
  },
  {
    name: 'groups without weight count as groups',
    suite: 'test/quorum/systems.test.ts',
    file: 'quorum/systems.ts',
    find: 'choose(majoritySize(voting.length)',
    replace: 'choose(majoritySize(groups.length)',
  },
  {
    name: 'two quorums may share only members that lie',
    suite: 'test/quorum/systems.test.ts',
    file: 'quorum/systems.ts',
    find: '(times - 2) * faults + 1) / 2)',
    replace: '(times - 2) * faults) / 2)',
  },
  {
    name: 'the proof that quorums meet skips pairs',
    suite: 'test/quorum/pairs.test.ts',
    file: 'quorum/intersection.ts',
    find: 'const key = `${from} ${first} ${second}`;',
    replace: 'const key = `${from} ${first}`;',
  },
  {
    name: 'a fallback stands in for several homes, and counts for each',
    suite: 'test/quorum/sloppy.test.ts',
    file: 'quorum/sloppy.ts',
    find: 'mayAsk: (member) => !taken.has(member) && !!taken.add(member),',
    replace: '',
  },
  {
    name: 'removes a hint before it was delivered',
    suite: 'test/quorum/hints.test.ts',
    file: 'quorum/hints.ts',
    find: 'await deliver(values[0]!, signal);\n        values.shift();',
    replace: 'await deliver(values.shift()!, signal);',
  },
  {
    name: 'leaves an older version with a write quorum',
    suite: 'test/quorum/read-repair.test.ts',
    file: 'quorum/read-repair.ts',
    find: '[...yes.values()].sort(compare).at(-1)!',
    replace: '[...yes.values()][0]!',
  },
  {
    name: 'returns what it read before a write quorum has it',
    suite: 'test/quorum/read-repair.test.ts',
    file: 'quorum/read-repair.ts',
    find: 'if (isQuorum(systems.write, holders)) return { value, repaired: [] };',
    replace: 'if (isQuorum(systems.read, holders)) return { value, repaired: [] };',
  },
  {
    name: 'cuts writes off once it has a quorum',
    suite: 'test/quorum/read-repair.test.ts',
    file: 'quorum/read-repair.ts',
    find: 'first: members.filter((member) => yes.has(member)),',
    replace: 'first: members.filter((member) => yes.has(member)), stopRest: true,',
  },
  {
    name: 'takes a request whose effect is unknown for one that failed',
    suite: 'test/quorum/gather.test.ts',
    file: 'quorum/gathering.ts',
    find: "isQuorateError(error) && error.outcome === 'failed' ? no : unknown",
    replace: 'no',
  },
];
