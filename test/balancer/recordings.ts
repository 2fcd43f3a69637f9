import type { Balancer, Lease } from 'quorate/balancer';

/** What a proxy did in front of servers that hold requests as long as they are told to. */
export interface Recording {
  readonly weights: readonly number[];
  /** `+` is a request; a number ends one of those under way, counted from the oldest. */
  readonly events: string;
  /** Which servers got them: `a` is the first. */
  readonly picks: string;
}

const steady = Array.from({ length: 14 }, () => '+').join(' ');
const ofThree = '+ 0 + + + 1 + + 2 1 + + 3 + 2 + 0 0 1 + 0 + + 1 + 1 + + + + + + 2 + 3 4 + 0 + 5 2 1 3 0 + + + 0 + +';
const ofThreeBusy =
  '+ 0 + + + 2 0 0 + + + + + + + + 3 + 3 5 + 1 + 3 + 0 + + 4 + 4 2 + + 1 + + 8 + 2 + + + 4 0 + + 5 + + 4 + + + + + + 15 4 +';
const ofFour = '+ 0 + + + 2 + 0 + 2 + + + + 2 1 + 2 + 2 + + + + 3 1 2 3 + 2 + 2 + 1 + 2 + + 4 4 0 + 0 + 3 0 + + + 4';
const ofThreeLong =
  '+ 0 + 0 + + + 2 0 + 0 0 + + 0 + 0 + + 0 1 0 + + + + + 1 + 1 + 1 + + + + 3 + + 2 + + 7 0 + 5 7 1 3 1 + + 3 3 0 2 + 0 1 0 + + + + + 3 0 2 + +';

/** `balance leastconn` of HAProxy 2.6.12, one thread. */
export const haproxyRecordings: readonly Recording[] = [
  { weights: [5, 1, 1], events: steady.replaceAll('+', '+ 0'), picks: 'abcabcabcabcab' },
  { weights: [5, 1, 1], events: ofThree, picks: 'abcacacaacbcacaaaaaaaabbcaaa' },
  { weights: [3, 2, 1], events: ofThreeBusy, picks: 'abcaabcabaababbaabbaaaaaacbacaaaabacba' },
  { weights: [1, 1, 1, 1], events: ofFour, picks: 'abcdadbdcabdabcadacbadaddcb' },
  { weights: [4, 3, 2], events: ofThreeLong, picks: 'abcabbcabcabacabacaabcacaaccacbcaabba' },
];

/** `least_conn` of nginx 1.22.1, one worker. */
export const nginxRecordings: readonly Recording[] = [
  { weights: [5, 1, 1], events: steady.replaceAll('+', '+ 0'), picks: 'aabacaaaabacaa' },
  { weights: [5, 1, 1], events: ofThree, picks: 'aabcbacbbccababaaaaabaccaaaa' },
  { weights: [3, 2, 1], events: ofThreeBusy, picks: 'abaccabababaaacbabcbaaccaabbbcaacababa' },
  { weights: [1, 1, 1, 1], events: ofFour, picks: 'abcddaabdbadcabdbdabdcdccaa' },
  { weights: [4, 3, 2], events: ofThreeLong, picks: 'abcabbabcbaabcabbcacabcabaacccabcabaa' },
];

/** Nodes named as in recordings. */
export function recordedNodes({ weights }: Recording): [node: string, weight: number][] {
  return weights.map((weight, i) => [String.fromCharCode(97 + i), weight]);
}

/** What a balancer picks when the same happens. */
export function replay(balancer: Balancer, { events }: Recording): string {
  const open: Lease[] = [];
  let picks = '';
  for (const event of events.split(' '))
    if (event === '+') {
      const lease = balancer.pick();
      open.push(lease);
      picks += lease.node;
    } else open.splice(Number(event), 1)[0]!.done();
  return picks;
}
