import type { Question } from '../balancer/subject.js';
import { Child } from '../child.js';
import type { Case, Suite } from '../harness.js';
import { peer } from '../peers.js';

/*
 * What a request costs a balancer, its pick and its end, with two requests a node in flight, which end in an order that is
 * drawn by lot; of some strategies that learn from the end also the pick alone, for peers have nothing else. Weights are 1 to 4 for the strategies that are about weights, and equal for others. Peers are told nothing of
 * the end, and moleculer is given its endpoints each time; undici's is the choice of a `BalancedPool` and all that is
 * on the way to it, with upstreams that do nothing. Of the time, that of the processor counts.
 */
const COUNTS = [10, 100, 1000];

const program = new URL('../balancer/subject.ts', import.meta.url);

/** By name: what measures it, and the peer whose it is. */
const SUBJECTS: readonly (readonly [name: string, subject: string, peer?: string])[] = [
  ['round robin', 'RoundRobin'],
  ['round robin', 'moleculer RoundRobin', 'moleculer'],
  ['round robin', 'undici BalancedPool', 'undici'],
  ['smooth weighted round robin', 'SmoothWeightedRoundRobin'],
  ['static round robin', 'StaticRoundRobin'],
  ['earliest deadline first', 'EarliestDeadlineFirst'],
  ['random', 'Random'],
  ['random', 'moleculer Random', 'moleculer'],
  ['random', 'load-balancers RandomBalancer', 'load-balancers'],
  ['weighted random', 'WeightedRandom'],
  ['least connections', 'LeastConnections'],
  ["nginx's least connections", 'NginxLeastConnections'],
  ['least outstanding', 'LeastOutstanding'],
  ['power of two choices', 'PowerOfTwoChoices'],
  ['power of two choices', 'load-balancers P2cBalancer', 'load-balancers'],
  ['peak EWMA', 'PeakEwma'],
  ['peak EWMA, with a clock that costs nothing', 'PeakEwma, idle clock'],
  ['latency quantile', 'LatencyQuantile'],
  ['consistent hashing', 'ConsistentHashing'],
  ['consistent hashing', 'moleculer Shard', 'moleculer'],
  ["nginx's IP hash", 'NginxIpHash'],
];

/** Of these also the pick alone. */
const PICKED: readonly string[] = ['LeastConnections', 'PowerOfTwoChoices', 'PeakEwma'];

function casesOf([name, subject, by]: (typeof SUBJECTS)[number], part: Question['part'] = 'request'): Case[] {
  const child = new Child<Question, number>(program);
  return COUNTS.map((nodes) => ({
    name: `${name}${part === 'pick' ? ', the pick alone' : ''}, ${nodes} nodes`,
    unit: 'ns/op',
    ...(by === undefined ? {} : { peer: peer(by) }),
    measure: (seconds) => child.ask({ subject, part, nodes, seconds }),
    close: () => child.close(),
  }));
}

const suite: Suite = () =>
  SUBJECTS.flatMap((subject) => [
    ...casesOf(subject),
    ...(PICKED.includes(subject[1]) ? casesOf(subject, 'pick') : []),
  ]);

export default suite;
