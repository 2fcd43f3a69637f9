import { checkNumber } from '../core/index.js';

/** What a node did in an interval. */
export interface OutlierCounts {
  /** Requests that ended. */
  readonly requests: number;
  /** Those of them that failed. */
  readonly failures: number;
}

/** When the success rate of a node is that of an outlier; the defaults are those of Envoy and gRPC. */
export interface SuccessRateOptions {
  /**
   * By how many standard deviations it must be below the mean. Of n nodes none is ever more than the root of n - 1 below it.
   * @defaultValue 1.9, their factor of 1900 thousandths
   */
  readonly stdevFactor?: number;
  /** With how many nodes that have enough requests there is a mean at all. @defaultValue 5, where one can be 2 deviations below */
  readonly minNodes?: number;
  /** How many requests of an interval are enough to judge a node by. @defaultValue 100 */
  readonly minRequests?: number;
}

/** When so many requests of a node fail that it is an outlier; the defaults are those of Envoy and gRPC. */
export interface FailurePercentageOptions {
  /** More than this part of its requests must fail, from 0 to 1. @defaultValue 0.85 */
  readonly threshold?: number;
  /** With how many nodes that have enough requests this is looked at. @defaultValue 5 */
  readonly minNodes?: number;
  /** How many requests of an interval are enough to judge a node by. @defaultValue 50 */
  readonly minRequests?: number;
}

/** Which nodes are outliers of an interval, in the order in which they are given. O(nodes). */
export type OutlierRule = <Node extends OutlierCounts>(nodes: readonly Node[]) => Node[];

/** Equal success rates must not differ from their own mean because it is rounded. */
const ROUNDING = 1e-12;

/**
 * The success rate below the mean by too many standard deviations of the population, of all nodes with enough requests.
 *
 * @throws InvalidOptionError
 */
export function successRateRule(options: SuccessRateOptions = {}): OutlierRule {
  const { stdevFactor = 1.9, minNodes = 5, minRequests = 100 } = options;
  checkNumber('successRate.stdevFactor', stdevFactor, { min: 0, integer: false });
  checkNumber('successRate.minNodes', minNodes, { min: 1 });
  checkNumber('successRate.minRequests', minRequests, { min: 1 });
  return (nodes) => {
    const judged = nodes.filter(({ requests }) => requests >= minRequests);
    if (judged.length < minNodes) return [];
    const rates = judged.map(successRate);
    const mean = average(rates);
    const deviation = Math.sqrt(average(rates.map((rate) => (rate - mean) ** 2)));
    return judged.filter((node) => successRate(node) < mean - stdevFactor * deviation - ROUNDING);
  };
}

/**
 * More than a part of the requests failed, of all nodes with enough requests.
 *
 * @throws InvalidOptionError
 */
export function failurePercentageRule(options: FailurePercentageOptions = {}): OutlierRule {
  const { threshold = 0.85, minNodes = 5, minRequests = 50 } = options;
  checkNumber('failurePercentage.threshold', threshold, { min: 0, max: 1, integer: false });
  checkNumber('failurePercentage.minNodes', minNodes, { min: 1 });
  checkNumber('failurePercentage.minRequests', minRequests, { min: 1 });
  return (nodes) => {
    const judged = nodes.filter(({ requests }) => requests >= minRequests);
    if (judged.length < minNodes) return [];
    return judged.filter(({ requests, failures }) => failures / requests > threshold);
  };
}

function successRate({ requests, failures }: OutlierCounts): number {
  return (requests - failures) / requests;
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}
