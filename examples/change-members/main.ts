/**
 * A cluster that is replaced under load: three servers, each with a journal on disk, count commands while all of them are
 * exchanged for others, the leader too, one at a time and several at once. A client has a session and loses nothing: at the end each
 * member has counted each command once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { isQuorateError, type NodeId } from 'quorate/core';
import { type Member } from 'quorate/host';
import { openSession, type Session } from 'quorate/host/sessions';
import { parseArguments, strict } from '../command-line.js';
import { interrupted, runProgram } from '../program.js';
import { listen, Server } from './server.js';

/** How many commands of the client are under way at a time. */
const OUTSTANDING = 16;

const servers = new Map<NodeId, Server>();
const addresses: Record<NodeId, string> = {};

/** Starts servers; the first ones found the cluster, the others wait to be added. */
async function start(directory: string, founding: boolean, ...ids: NodeId[]): Promise<void> {
  const transports = await Promise.all(ids.map(listen));
  for (const transport of transports) addresses[transport.id] = transport.address!;
  const members = founding ? addresses : {};
  for (const transport of transports) servers.set(transport.id, await Server.start(transport, directory, members));
}

async function stop(id: NodeId): Promise<void> {
  const server = servers.get(id)!;
  servers.delete(id);
  await server.stop();
}

/** The server that leads; waits for one. */
async function leader(): Promise<Server> {
  for (;;) {
    const all = [...servers.values()];
    const leading = all.find(({ node }) => node.status().role === 'leader');
    if (leading !== undefined) return leading;
    await Promise.race(all.map(({ node }) => new Promise((resolve) => node.once('leader', resolve))));
  }
}

/** Does something on the leader, again on the next one if it is deposed before it has begun. */
async function onLeader<T>(action: (server: Server) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await action(await leader());
    } catch (error) {
      if (!isQuorateError(error, 'not-leader') && !isQuorateError(error, 'transferring')) throw error;
    }
  }
}

const member = (id: NodeId): Member => ({ id, address: addresses[id]! });

/** Proposes commands until it is stopped; resolves with how many were acknowledged. */
async function load(session: Session<number>, signal: AbortSignal): Promise<number> {
  let acknowledged = 0;
  const client = async (): Promise<void> => {
    while (!signal.aborted) {
      await session.propose(new Uint8Array(100));
      acknowledged++;
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING }, client));
  return acknowledged;
}

/** What is done to the cluster while clients use it. */
function steps(directory: string): readonly (readonly [string, () => Promise<unknown>])[] {
  return [
    [
      'd joins as a learner',
      async () => {
        await start(directory, false, 'd');
        await onLeader(({ node }) => node.changeMembers({ type: 'add', member: member('d'), as: 'learner' }));
      },
    ],
    [
      'd has caught up and votes',
      () => onLeader(({ node }) => node.changeMembers({ type: 'add', member: member('d'), as: 'voter' })),
    ],
    [
      'the leader is removed and stopped',
      async () => {
        const { id, node } = await leader();
        await node.changeMembers({ type: 'remove', member: id });
        await stop(id);
      },
    ],
    [
      'one voter is left, and two come, at once',
      async () => {
        await start(directory, false, 'e', 'f');
        const voters = ['d', 'e', 'f'].map(member);
        await onLeader(({ node }) => node.changeMembers({ type: 'set', voters, learners: [] }));
        for (const id of ['a', 'b', 'c']) if (servers.has(id)) await stop(id);
      },
    ],
    ['leadership is handed over', () => onLeader(({ node }) => node.transferLeadership())],
  ];
}

async function run(directory: string, say: (text: string, event: object) => void): Promise<number> {
  await start(directory, true, 'a', 'b', 'c');
  await leader();
  // Proposals go to any server, which passes them on; the session repeats what gets lost on the way.
  const anyServer = { propose: (command: Uint8Array) => [...servers.values()].at(-1)!.node.propose(command) };
  const session = await openSession(anyServer);
  const stopping = new AbortController();
  const working = load(session, stopping.signal);
  working.catch(() => {}); // until it is awaited below
  for (const [what, step] of steps(directory)) {
    await step();
    const { node } = await leader();
    const { leader: id, members, learners } = node.status();
    say(
      `${what.padEnd(42)} ${members.join(' ')}${learners.length > 0 ? ` + ${learners.join(' ')}` : ''}, ${id} leads`,
      {
        event: 'step',
        what,
        members,
        learners,
        leader: id,
      },
    );
  }
  stopping.abort();
  const acknowledged = await working;
  const counts = await Promise.all(
    [...servers.values()].map(async ({ id, node, counter }) => {
      await node.read();
      return [id, counter.count] as const;
    }),
  );
  await session.close();
  const right = counts.every(([, count]) => count === acknowledged);
  const text = counts.map(([id, count]) => `${id} ${count}`).join(', ');
  say(`\n${acknowledged} commands were acknowledged; counted: ${text}.`, {
    event: 'summary',
    acknowledged,
    counts: Object.fromEntries(counts),
  });
  return right && acknowledged > 0 ? 0 : 1;
}

function describe(): Command {
  return strict(
    new Command('node --import tsx examples/change-members/main.ts')
      .description('Exchanges all members of a cluster while a client proposes commands, which all of them count.')
      .option('--json', 'one JSON object a line', false)
      .addHelpText(
        'after',
        '\nExit codes: 0 each command was counted once by each member, 1 otherwise, 2 the call is wrong.',
      ),
  );
}

async function main(): Promise<number> {
  const { json } = parseArguments(describe(), process.argv.slice(2)).opts<{ json: boolean }>();
  const directory = await mkdtemp(join(tmpdir(), 'quorate-change-members-'));
  const say = (text: string, event: object): void => console.log(json ? JSON.stringify(event) : text);
  try {
    const work = run(directory, say);
    work.catch(() => {}); // it ends with the servers when a signal has come
    return await Promise.race([work, interrupted]);
  } finally {
    for (const id of [...servers.keys()]) await stop(id);
    await rm(directory, { recursive: true, force: true });
  }
}

await runProgram(main);
