import type { Mutant } from '../mutants.js';
import { loadMutants } from './load-mutants.js';

/** Bugs that load balancers have had, or might. Each must be found by its suite. */
export const balancerMutants: readonly Mutant[] = [
  {
    name: 'round robin begins anew whenever nodes change',
    suite: 'test/balancer/round-robin.test.ts',
    file: 'balancer/round-robin.ts',
    find: 'active.findIndex(({ order }) => order > this.#last),',
    replace: 'active.findIndex(({ order }) => order > this.#last * 0 - 1),',
  },
  {
    name: 'a node is picked although its weight is 0',
    suite: 'test/balancer/round-robin.test.ts',
    file: 'balancer/members.ts',
    find: 'available && weight > 0',
    replace: 'available && weight >= 0',
  },
  {
    name: 'the node with the highest current weight loses its own weight and not the total',
    suite: 'test/balancer/smooth-weighted-round-robin.test.ts',
    file: 'balancer/smooth-weighted-round-robin.ts',
    find: 'currents[picked] = highest - this.#total;',
    replace: 'currents[picked] = highest - weights[picked]!;',
  },
  {
    name: 'the last of equal current weights is picked',
    suite: 'test/balancer/smooth-weighted-round-robin.test.ts',
    file: 'balancer/smooth-weighted-round-robin.ts',
    find: 'if (current > highest) {',
    replace: 'if (current >= highest) {',
  },
  {
    name: 'a node that leaves takes its part of the current weights along',
    suite: 'test/balancer/smooth-weighted-round-robin.test.ts',
    file: 'balancer/smooth-weighted-round-robin.ts',
    find: 'currents.map((current, i) => current - left * weights[i]!)',
    replace: 'currents.map((current, i) => current - 0 * left * weights[i]!)',
  },
  {
    name: 'of equal deadlines the newest comes first, so that equal weights are 1122 and not 1212',
    suite: 'test/balancer/earliest-deadline-first.test.ts',
    file: 'balancer/earliest-deadline-first.ts',
    find: '|| this.#turns[b]! - this.#turns[a]!',
    replace: '|| this.#turns[a]! - this.#turns[b]!',
  },
  {
    name: 'deadlines are never set back, and lose their last digits',
    suite: 'test/balancer/earliest-deadline-first.test.ts',
    file: 'balancer/earliest-deadline-first.ts',
    find: 'const HORIZON = 65_536;',
    replace: 'const HORIZON = 2 ** 60;',
  },
  {
    name: 'a hashed request waits for its node although others are free',
    suite: 'test/balancer/consistent-hashing.test.ts',
    file: 'balancer/consistent-hashing.ts',
    find: 'return member?.available && member.inFlight < this.#maxInFlight ?',
    replace: 'return member?.available ?',
  },
  {
    name: 'the leftmost address of X-Forwarded-For is believed',
    suite: 'test/balancer/keys/client-address.test.ts',
    file: 'balancer/keys/client-address.ts',
    find: 'if (address === undefined || !trusted(address)) return address;',
    replace: 'if (address === undefined) return address;',
  },
  {
    name: 'a client has the whole of the node at the edge of its aperture',
    suite: 'test/balancer/aperture.test.ts',
    file: 'balancer/aperture.ts',
    find: 'covered / clients);',
    replace: 'Math.ceil(covered / clients));',
  },
  ...loadMutants,
];
