import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import type { NodeId, Transport } from '../../src/core/index.js';
import { RaftNode } from '../../src/raft/index.js';
import { MemoryJournal } from '../../src/storage/memory.js';
import { parseRecording, RecordingTransport, VirtualClock, type Recording } from '../../src/testing/index.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { temporaryDirectory } from '../storage/temporary-place.js';
import { bundledForTests } from './bundle.js';
import { Lines } from './lines.js';

/** How long a process here may live: far longer than it needs to. */
const BOUND_MS = 30_000;
const SERVER = fileURLToPath(new URL('./raft-server.ts', import.meta.url));
const program = bundledForTests([SERVER, 'test/commands/replay.ts']);
const OPTIONS = {
  members: { a: null, b: null, c: null },
  electionTimeoutMs: 300,
  newCluster: true,
  snapshotEveryEntries: 10,
  trailingEntries: 2,
  snapshotChunkBytes: 50,
} as const;

/** A cluster in one process on virtual time, whose member `a` is recorded. */
class RecordedCluster {
  readonly clock = new VirtualClock();
  readonly #network = new MemoryNetwork({ latencyMs: 2, clock: this.clock, codec: messagePackCodec() });
  readonly recorder = new RecordingTransport(this.#network.transport('a'), { clock: this.clock });
  readonly nodes = new Map<NodeId, RaftNode<number>>();

  async start(seed: number): Promise<void> {
    const transports: Transport[] = [this.recorder, this.#network.transport('b'), this.#network.transport('c')];
    for (const transport of transports) {
      const parts = { transport, journal: new MemoryJournal(), stateMachine: new Lines(), clock: this.clock };
      this.nodes.set(transport.id, await RaftNode.open<number>({ ...OPTIONS, ...parts, seed }));
    }
  }

  leader(): RaftNode<number> {
    return [...this.nodes.values()].find((node) => node.status().role === 'leader')!;
  }

  /** Lets clients of the leader write lines, one after the other or all at once. */
  async write(count: number, everyMs: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      void this.leader()
        .propose(new TextEncoder().encode(`line ${i}`))
        .catch(() => {});
      if (everyMs > 0) await this.clock.run(everyMs);
    }
    await this.clock.run(100);
  }

  async cutOff(ms: number, meanwhile: () => Promise<void>): Promise<void> {
    for (const other of ['b', 'c']) this.#network.disconnect('a', other);
    await meanwhile();
    await this.clock.run(ms);
    for (const other of ['b', 'c']) this.#network.connect('a', other);
    await this.clock.run(200);
  }

  async stopLeader(): Promise<void> {
    const leader = this.leader();
    this.nodes.delete(leader.status().id);
    await leader.close();
    await this.clock.run(1500);
  }

  async stop(): Promise<void> {
    for (const node of this.nodes.values()) await node.close();
  }
}

/** Elections, lines one by one and many at once, a time without `a` that ends with a snapshot, another leader. */
async function record(seed: number): Promise<RecordingTransport> {
  const cluster = new RecordedCluster();
  await cluster.start(seed);
  await cluster.clock.run(1000);
  await cluster.write(5, 15);
  await cluster.write(8, 0);
  await cluster.cutOff(50, () => cluster.write(30, 0));
  await cluster.stopLeader();
  await cluster.write(5, 15);
  await cluster.stop();
  return cluster.recorder;
}

/**
 * Whether `a` only followed, and no candidate asked it for a vote when it had just given up on the last leader: then
 * a fresh server may rightly not have.
 */
function isSuitable(recording: Recording): boolean {
  const sent = typesOf(recording, 'send');
  let heardAt = -Infinity;
  let leastSilence = Infinity;
  for (const event of recording.events) {
    if (event.type !== 'receive') continue;
    const { type } = event.message as { type: string };
    if (type === 'appendEntries' || type === 'installSnapshot') heardAt = event.at;
    if (type === 'preVote') leastSilence = Math.min(leastSilence, event.at - heardAt);
  }
  return !sent.has('appendEntries') && !sent.has('requestVote') && leastSilence > 1.3 * OPTIONS.electionTimeoutMs;
}

function typesOf({ events }: Recording, type: 'send' | 'receive'): Set<string> {
  const messages = events.flatMap((event) => (event.type === type ? [event.message as { type: string }] : []));
  return new Set(messages.map((message) => message.type));
}

/** A process that is gone when the test is over. */
function start(name: string, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program(name), ...args], {
    stdio: 'pipe',
    timeout: BOUND_MS,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise((done) => child.once('close', done));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

/** Starts the server `a` on a free port, and returns where it listens. */
async function startServer(directory: string): Promise<{ child: ChildProcess; address: string }> {
  const child = start('raft-server', ['a', join(directory, 'journal'), JSON.stringify(OPTIONS)]);
  const address = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout! }).once('line', done);
    child.stderr!.once('data', (data: Buffer) => fail(new Error(data.toString())));
    child.once('close', (code) => fail(new Error(`the server ended early, with ${code}`)));
  });
  return { child, address };
}

interface Replayed {
  readonly code: number | null;
  readonly result: { readonly mismatch: string | null; readonly compared: number };
}

/** Runs the command against a server that keeps its journal in the directory; both have ended then. */
async function replayed(recording: string, directory: string): Promise<Replayed> {
  const path = join(directory, 'run.jsonl');
  writeFileSync(path, recording);
  const server = await startServer(directory);
  const child = start('replay', [
    path,
    ...['--connect', server.address, '--rules', 'raft', '--pace', 'both', '--json'],
  ]);
  const said = { output: '', errors: '' };
  child.stdout!.on('data', (data: Buffer) => (said.output += data.toString()));
  child.stderr!.on('data', (data: Buffer) => (said.errors += data.toString()));
  const code = await exitCodeOf(child);
  if (said.output === '') throw new Error(said.errors);
  server.child.stdin!.end();
  expect(await exitCodeOf(server.child)).toBe(0);
  return { code, result: JSON.parse(said.output) };
}

function exitCodeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once('close', done));
}

let text: string;

beforeAll(async () => {
  for (let seed = 1; seed < 50 && text === undefined; seed++) {
    const recorder = await record(seed);
    if (isSuitable(recorder.recording())) text = recorder.toText();
  }
});

describe('the recording of a Raft server', () => {
  it('holds every message that a follower is sent', () => {
    const recording = parseRecording(text);
    expect(recording.cut).toBe(false);
    expect(typesOf(recording, 'receive')).toEqual(
      new Set(['introduction', 'introductionReply', 'preVote', 'requestVote', 'appendEntries', 'installSnapshot']),
    );
  });

  it('replays over sockets against a fresh server with a clock and a disk of its own', async () => {
    const { code, result } = await replayed(text, await temporaryDirectory());
    expect(result).toMatchObject({ node: 'a', mismatch: null });
    expect(result.compared).toBeGreaterThan(50);
    expect(code).toBe(0);
  });

  it('does not replay against a server that has a journal already', async () => {
    const directory = await temporaryDirectory();
    const election = text.slice(0, text.indexOf('appendEntries')).replace(/.*$/, '');
    await replayed(election, directory);
    const { code, result } = await replayed(text, directory);
    expect(result.mismatch).toMatch(
      /message 1 to . on channel raft, stream preVoteReply .*at \.term: expected 1, saw \d/,
    );
    expect(code).toBe(1);
  });
});
