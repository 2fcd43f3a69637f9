/**
 * Draws `proposal.svg`: the walk of a proposal through the folders, with the functions at each stop, as
 * docs/architecture.md tells it. Run: npx tsx docs/pictures/draw-proposal.ts
 */
import { Picture } from './svg.js';

interface Stop {
  readonly what: string;
  /** A file below `src/` (or a program) and the functions there, a line each. */
  readonly where: readonly string[];
}

const CLIENT = 20;
const LEADER = 300;
const FOLLOWER = 690;
const WIDTHS = { [CLIENT]: 240, [LEADER]: 340, [FOLLOWER]: 310 } as const;
const LINE = 16;

const picture = new Picture(1020, 995, 'The walk of a proposal through client, leader and follower');
let count = 0;

type Lane = keyof typeof WIDTHS;

interface Place {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly middle: number;
}

function heightOf({ where }: Stop): number {
  return 30 + where.length * LINE;
}

function stop(lane: Lane, top: number, content: Stop): Place {
  const width = WIDTHS[lane];
  const height = heightOf(content);
  picture.box(lane, top, width, height);
  picture.text(lane + 10, top + 19, `${++count}  ${content.what}`, { bold: true, size: 13 });
  content.where.forEach((line, i) => {
    picture.text(lane + 10, top + 37 + i * LINE, line, { mono: true, size: 11, color: '#0550ae' });
  });
  return { left: lane, right: lane + width, top, bottom: top + height, middle: lane + width / 2 };
}

function down(from: Place, to: Place): void {
  picture.line(
    [
      [from.middle, from.bottom],
      [from.middle, to.top],
    ],
    { arrow: true },
  );
}

for (const [lane, name] of [
  [CLIENT, 'client'],
  [LEADER, 'leader'],
  [FOLLOWER, 'each follower'],
] as const) {
  picture.box(lane, 15, WIDTHS[lane], 28, '#ddf4ff', '#0969da');
  picture.text(lane + WIDTHS[lane] / 2, 34, name, { anchor: 'middle', bold: true });
}

const asks = stop(CLIENT, 60, { what: 'asks', where: ['host/request.ts request', 'transport/tcp  Channel.send'] });
const serves = stop(LEADER, 60, {
  what: 'serves the request',
  where: ['host/serve.ts Server.request', 'raft/node.ts propose'],
});
const gathers = stop(LEADER, 145, {
  what: 'gathers one turn into one command',
  where: ['raft/proposals.ts Proposals.propose'],
});
const steps = stop(LEADER, 212, {
  what: 'steps the machine',
  where: [
    'host/driver.ts Driver.input, #turn, #stepInbox',
    'raft/machine.ts step',
    'raft/rules.ts runCommand',
    'raft/replication.ts propose',
    'raft/context.ts appendToLog',
  ],
});
const takes = stop(LEADER, 343, {
  what: 'takes its effects',
  where: ['raft/machine.ts take', 'raft/rules.ts finishTurn', 'raft/replication.ts replicate', 'raft/context.ts send'],
});
const carries = stop(LEADER, 458, { what: 'carries them out, both at once', where: ['host/driver.ts #carryOut'] });
const stores = stop(LEADER, 540, {
  what: 'writes, fsyncs once for all',
  where: ['raft/record-codec.ts encodeRecord', 'storage/file  FileJournal.append', 'raft/durability.ts stored'],
});
const follows = stop(FOLLOWER, 343, {
  what: 'appends what it lacks',
  where: [
    'raft/node.ts #receive',
    'raft/parse.ts parseMessage',
    'raft/rules.ts receive',
    'raft/following.ts handleAppendEntries',
    'raft/context.ts appendToLog',
    'raft/following.ts sendAcknowledgement',
  ],
});
const followerStores = stop(FOLLOWER, 505, {
  what: 'writes, fsyncs, then answers',
  where: ['storage/file  FileJournal.append', 'host/driver.ts #onStored, #release'],
});
const commits = stop(LEADER, 655, {
  what: 'commits what a majority has durably',
  where: [
    'raft/replication.ts handleAppendEntriesReply',
    'raft/replication.ts advanceCommit',
    'quorum/majority.ts committedIndex',
  ],
});
const applies = stop(LEADER, 765, {
  what: 'applies',
  where: [
    'raft/applying.ts applyCommitted',
    'raft/node.ts #apply: StateMachine.apply',
    'raft/proposals.ts applied: resolves',
  ],
});
const followerApplies = stop(FOLLOWER, 765, {
  what: 'applies, told of the commit index',
  where: ['raft/following.ts handleAppendEntries', 'raft/applying.ts applyCommitted'],
});
const answers = stop(LEADER, 875, { what: 'answers', where: ['host/serve.ts #finish, #reply'] });
const has = stop(CLIENT, 875, { what: 'has its answer', where: ['host/request.ts #receive, #take'] });

const straight = (from: readonly [number, number], to: readonly [number, number]): void =>
  picture.line([from, to], { arrow: true });

straight([asks.right, 90], [serves.left, 90]);
down(serves, gathers);
down(gathers, steps);
down(steps, takes);
down(takes, carries);
down(carries, stores);
down(stores, commits);
down(commits, applies);
down(applies, answers);
straight([answers.left, 898], [has.right, 898]);
picture.line(
  [
    [carries.right, 480],
    [665, 480],
    [665, 390],
    [follows.left, 390],
  ],
  { arrow: true },
);
down(follows, followerStores);
picture.line(
  [
    [followerStores.middle, followerStores.bottom],
    [followerStores.middle, 690],
    [commits.right, 690],
  ],
  { arrow: true },
);
straight([commits.right, 715], [followerApplies.middle, followerApplies.top]);
picture.text(
  CLIENT,
  960,
  'Files are below src/. Stops 7 and 8 go on at the same time: the leader sends while its own disk writes,',
  {
    size: 12,
    color: '#57606a',
  },
);
picture.text(
  CLIENT,
  978,
  'and commits as soon as a majority has the entry durably, whether its own disk is among them or not.',
  {
    size: 12,
    color: '#57606a',
  },
);
picture.save('proposal.svg');
