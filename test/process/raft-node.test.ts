import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isQuorateError } from '../../src/core/index.js';
import { RaftNode, type RaftNodeEvents } from '../../src/raft/index.js';
import { openFileJournal, type FileJournal } from '../../src/storage/file.js';
import { openTcpTransport, type TcpTransport } from '../../src/transport/tcp.js';
import { line, Notebook } from '../raft/node-cluster.js';
import { temporaryDirectory } from '../storage/temporary-place.js';

const IDS = ['a', 'b', 'c'];
/** How long anything here may take: far more than it does. */
const BOUND_MS = 15_000;

interface Member {
  readonly node: RaftNode<string>;
  readonly notebook: Notebook;
  readonly journal: FileJournal;
  readonly transport: TcpTransport;
}

/** Resolves at the first event after which something holds; it may hold already. */
function untilEvent(members: readonly Member[], name: keyof RaftNodeEvents, holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (holds()) end(resolve);
    };
    const bound = AbortSignal.timeout(BOUND_MS);
    const late = (): void => end(() => reject(new Error(`no event ${name} that was waited for`)));
    const end = (settle: () => void): void => {
      for (const { node } of members) node.off(name, look);
      bound.removeEventListener('abort', late);
      settle();
    };
    for (const { node } of members) node.on(name, look);
    bound.addEventListener('abort', late);
    look();
  });
}

async function start(id: string, directory: string, transport: TcpTransport, addresses: Addresses): Promise<Member> {
  const journal = await openFileJournal({ directory: join(directory, id), cluster: 'test', node: id });
  const notebook = new Notebook();
  const node = await RaftNode.open<string>({
    transport,
    journal,
    stateMachine: notebook,
    members: addresses,
    electionTimeoutMs: 200,
    snapshotEveryEntries: 20,
    trailingEntries: 2,
    callTimeoutMs: BOUND_MS,
  });
  return { node, notebook, journal, transport };
}

async function stop({ node, journal, transport }: Member): Promise<void> {
  await node.close();
  await transport.close();
  await journal.close();
}

type Addresses = Readonly<Record<string, string>>;

function listenOn(id: string, address = '127.0.0.1:0'): Promise<TcpTransport> {
  const [host, port] = address.split(':');
  return openTcpTransport({
    id,
    cluster: 'test',
    listen: { host: host!, port: Number(port) },
    reconnectMinMs: 5,
    reconnectMaxMs: 100,
  });
}

/** The leader on which all members agree. */
async function leaderOf(members: readonly Member[]): Promise<Member> {
  const one = (): Member | undefined => {
    const leaders = new Set(members.map(({ node }) => node.status().leader));
    return leaders.size === 1 ? members.find(({ node }) => node.status().id === [...leaders][0]) : undefined;
  };
  await untilEvent(members, 'leader', () => one() !== undefined);
  return one()!;
}

/** Does something on the leader, and again on the next one when it turns out to have led no more: nothing happened. */
async function onLeader<T>(members: ReadonlyMap<string, Member>, act: (leader: Member) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act(await leaderOf([...members.values()]));
    } catch (error) {
      if (!isQuorateError(error) || error.outcome !== 'failed') throw error;
    }
  }
}

describe('three Raft nodes over TCP, each with a journal in files', () => {
  it('keep what was acknowledged when the leader goes, and bring it up to date when it comes back', async () => {
    const directory = await temporaryDirectory();
    const transports = await Promise.all(IDS.map((id) => listenOn(id)));
    const addresses = Object.fromEntries(transports.map((transport) => [transport.id, transport.status().address!]));
    const members = new Map<string, Member>();
    onTestFinished(async () => {
      for (const member of members.values()) await stop(member);
    });
    for (const transport of transports) {
      members.set(transport.id, await start(transport.id, directory, transport, addresses));
    }

    const write = (text: string): Promise<string> => onLeader(members, ({ node }) => node.propose(line(text)));
    const read = (): Promise<string[]> =>
      onLeader(members, async ({ node, notebook }) => {
        await node.read();
        return notebook.lines;
      });

    expect(await write('one')).toBe('1: one');
    expect(await read()).toEqual(['one']);

    const first = await leaderOf([...members.values()]);
    const gone = first.node.status().id;
    members.delete(gone);
    await stop(first);
    expect(await read()).toEqual(['one']);
    const more = Array.from({ length: 60 }, (_, i) => `line ${i + 2}`);
    for (const text of more) await write(text);

    const back = await start(gone, directory, await listenOn(gone, addresses[gone]), addresses);
    members.set(gone, back);
    await untilEvent([back], 'installed', () => back.notebook.restored > 0);
    expect(await write('last')).toBe('62: last');

    for (const member of members.values()) await stop(member);
    members.clear();
    for (const id of IDS) members.set(id, await start(id, directory, await listenOn(id, addresses[id]), addresses));
    expect(await read()).toEqual(['one', ...more, 'last']);
  }, 60_000);
});
