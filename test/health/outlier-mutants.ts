import type { Mutant } from '../mutants.js';

const suite = 'test/health/outlier-detector.test.ts';
const file = 'health/outlier-detector.ts';
const rules = 'health/outlier-rules.ts';
const layer = 'balancer/layers/outlier-ejection.ts';
const layerSuite = 'test/balancer/layers/outlier-ejection.test.ts';

/** Bugs of outlier detection. Each must be found by its suite. */
export const outlierMutants: readonly Mutant[] = [
  {
    name: 'the standard deviation is that of a sample',
    suite,
    file: rules,
    find: 'Math.sqrt(average(rates.map((rate) => (rate - mean) ** 2)))',
    replace: 'Math.sqrt((average(rates.map((rate) => (rate - mean) ** 2)) * rates.length) / (rates.length - 1))',
  },
  {
    name: 'equals are outliers when their mean is rounded',
    suite,
    file: rules,
    find: ' - ROUNDING',
    replace: '',
  },
  {
    name: 'the limit of ejections is looked at as it was before them',
    suite,
    file,
    find: 'size / this.#nodes.size >= this.#maxEjected',
    replace: 'size / this.#nodes.size > this.#maxEjected',
  },
  {
    name: 'the last node is ejected',
    suite,
    file,
    find: ' || size + 1 >= this.#nodes.size',
    replace: '',
  },
  {
    name: 'an ejection is forgiven in the interval in which it ends',
    suite,
    file,
    find: 'Math.max(first - this.#intervalMs, tracked.until)',
    replace: 'Math.max(first - this.#intervalMs, tracked.until - this.#intervalMs)',
  },
  {
    name: 'of several intervals that have passed only one is forgiven',
    suite,
    file,
    find: 'this.#forgive(tracked, ended, last)',
    replace: 'this.#forgive(tracked, ended, ended)',
  },
  {
    name: 'multipliers grow without an end',
    suite,
    file,
    find: 'if (tracked.multiplier * this.#baseEjectionMs < this.#maxEjectionMs) tracked.multiplier++;',
    replace: 'tracked.multiplier++;',
  },
  {
    name: 'what was begun before an ejection counts after it',
    suite,
    file,
    find: 'ended.until === until && ',
    replace: '',
  },
  {
    name: 'late results of a node that was removed eject one that is no more',
    suite,
    file,
    find: '    tracked.until = NaN; // which is equal to nothing that the end of a request remembers\n',
    replace: '',
  },
  {
    name: 'a success does not end a row of failures',
    suite,
    file,
    find: 'failed ? tracked.consecutiveFailures + 1 : 0',
    replace: 'tracked.consecutiveFailures + Number(failed)',
  },
  {
    name: 'nodes that were ejected in the interval are part of the mean',
    suite,
    file,
    find: 'tracked.requests = tracked.failures = tracked.consecutiveFailures = 0;',
    replace: 'tracked.consecutiveFailures = 0;',
  },
  {
    name: 'a node returns with the end of an interval only',
    suite,
    file,
    find: '      } else this.#dueAt = Math.min(this.#dueAt, tracked.until);',
    replace: '      }',
  },
  {
    name: 'the balancer does not hear of returns',
    suite: layerSuite,
    file: layer,
    find: '        this.tell(node);\n        options.onReturn',
    replace: '        options.onReturn',
  },
  {
    name: 'what is done is kept from the balancer inside',
    suite: layerSuite,
    file: 'balancer/heard-lease.ts',
    find: '    lease.done(result);\n',
    replace: '',
  },
  {
    name: 'the balancer inside does not hear that a request failed',
    suite: layerSuite,
    file: 'balancer/heard-lease.ts',
    find: 'lease.done(result);',
    replace: 'lease.done();',
  },
];
