import { Child } from '../child.js';
import type { Question } from '../detector/speed-subject.js';
import type { Case, Suite } from '../harness.js';
import { peer } from '../peers.js';

/*
 * What failure detectors cost: a heartbeat, and each question that can be asked of one, with their default windows full; and
 * the bytes of one besides its samples, of 100,000 in a process of its own. Heartbeats come every second, up to 30 ms late.
 */
const NAMES = [
  'FixedTimeout',
  'MissedChecks',
  'ChenNfdS',
  'ChenNfdE',
  'TwoWindow',
  'Bertier',
  'LogisticPhi',
  'NormalPhi',
  'ExponentialPhi',
];
/** What is on npm, and what it is compared with: the one is from Cassandra, the other counts a histogram. */
const PEERS = { ExponentialPhi: 'afd', LogisticPhi: 'adaptive-accrual-failure-detector' } as const;
const CALLS = ['heartbeat', 'isSuspect', 'suspicion', 'deadline'] as const;

const program = new URL('../detector/speed-subject.ts', import.meta.url);

function casesOf(name: string, peerName?: string): Case[] {
  const subject = peerName ?? name;
  const timing = new Child<Question, number>(program);
  const by = peerName === undefined ? {} : { peer: peer(peerName) };
  const calls = CALLS.filter((what) => peerName === undefined || what !== 'deadline').map((what): Case => {
    const measure = (seconds: number): Promise<number> => timing.ask({ subject, what, seconds });
    return { name: `${name}, ${what}`, unit: 'ns/op', ...by, measure };
  });
  const measure = async (seconds: number): Promise<number> => {
    const child = new Child<Question, number>(program); // memory has no history
    const bytes = await child.ask({ subject, what: 'bytes', seconds });
    child.close();
    return bytes;
  };
  return [...calls, { name: `${name}, besides samples`, unit: 'bytes', ...by, measure, close: () => timing.close() }];
}

/** All kinds in one process, whose code is then compiled for all of them: what one costs there on average. */
function together(): Case[] {
  const child = new Child<Question, number>(program);
  return CALLS.map((what) => ({
    name: `all kinds in one process, ${what}`,
    unit: 'ns/op',
    measure: async (seconds) => (await child.ask({ subject: 'together', what, seconds })) / NAMES.length,
    close: () => child.close(),
  }));
}

const suite: Suite = () => {
  const each = NAMES.flatMap((name) => {
    const peerName = PEERS[name as keyof typeof PEERS] as string | undefined;
    return [...casesOf(name), ...(peerName === undefined ? [] : casesOf(name, peerName))];
  });
  return [...each, ...together()];
};

export default suite;
