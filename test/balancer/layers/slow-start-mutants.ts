import type { Mutant } from '../../mutants.js';

const suite = 'test/balancer/layers/slow-start.test.ts';
const file = 'balancer/layers/slow-start.ts';

/** Bugs of slow start. Each must be found by its suite. */
export const slowStartMutants: readonly Mutant[] = [
  {
    name: 'aggression is the exponent, not one over it',
    suite,
    file,
    find: "1 / checkNumber('aggression'",
    replace: "checkNumber('aggression'",
  },
  {
    name: 'the least weight is added to what has grown',
    suite,
    file,
    find: 'Math.max(this.#minWeight, grown)',
    replace: 'this.#minWeight + grown',
  },
  {
    name: 'the whole fleet starts slowly',
    suite,
    file,
    find: 'if (this.#inUse) this.#starting.set',
    replace: 'this.#starting.set',
  },
  {
    name: 'a node that comes back has its full weight at once',
    suite,
    file,
    find: 'if (available) this.#begin(node);',
    replace: '',
  },
  {
    name: 'weights are told with every request',
    suite,
    file,
    find: 'if (now - this.#toldAt < this.#windowMs / STEPS) return;\n',
    replace: '',
  },
  {
    name: 'a node never ends to start',
    suite,
    file,
    find: 'if (now - since >= this.#windowMs) this.#starting.delete(node);\n',
    replace: '',
  },
  {
    name: 'a node keeps its last step for ever',
    suite,
    file,
    find: 'this.#starting.delete(node);\n      this.tell(node);',
    replace: 'this.#starting.delete(node);\n      else this.tell(node);',
  },
  {
    name: 'a node has no weight in its first millisecond',
    suite,
    file,
    find: 'Math.max(this.#now() - since, 1)',
    replace: '(this.#now() - since)',
  },
];
