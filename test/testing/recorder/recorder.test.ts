import { describe, expect, it } from 'vitest';
import { systemClock, type Journal, type NodeId, type Transport } from '../../../src/core/index.js';
import { RaftNode, type RaftNodeOptions } from '../../../src/raft/index.js';
import { MemoryJournal } from '../../../src/storage/memory.js';
import {
  formatRecording,
  parseRecording,
  RecordingTransport,
  replayRecording,
  transportCases,
  VirtualClock,
  type Recording,
  type ReplayResult,
} from '../../../src/testing/index.js';
import { MemoryNetwork } from '../../../src/transport/memory.js';
import { openTcpTransport } from '../../../src/transport/tcp.js';
import { memorySupports } from '../conformance/memory-supports.js';
import { runCases } from '../conformance/run-cases.js';

const members: Record<NodeId, null> = { a: null, b: null, c: null };

function openNode(
  transport: Transport,
  clock: VirtualClock,
  options: Partial<RaftNodeOptions> = {},
): Promise<RaftNode> {
  const stateMachine = { apply: (all: readonly unknown[]) => all.map(() => 'done'), snapshot: () => [], restore() {} };
  const journal: Journal = new MemoryJournal();
  return RaftNode.open({ transport, journal, stateMachine, members, clock, seed: 7, ...options });
}

/** Three nodes for some seconds, proposals and a crash of one of the others among them. */
async function recordedRun(recorded: NodeId): Promise<Recording> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ latencyMs: 3, clock });
  const transport = new RecordingTransport(network.transport(recorded), { clock });
  const others = Object.keys(members).filter((id) => id !== recorded);
  const nodes = new Map<NodeId, RaftNode>([[recorded, await openNode(transport, clock)]]);
  for (const id of others) nodes.set(id, await openNode(network.transport(id), clock));
  for (let second = 0; second < 8; second++) {
    await clock.run(1000);
    const leader = [...nodes.values()].find((node) => node.status().role === 'leader');
    if (leader !== nodes.get(recorded)) void leader?.propose(Uint8Array.of(second)).catch(() => {});
    if (second === 4) network.disconnect(others[0]!, recorded);
    if (second === 6) network.connect(others[0]!, recorded);
  }
  const recording = transport.recording();
  for (const node of nodes.values()) await node.close();
  return recording;
}

/** Replays against a node that is new. */
async function replayed(recording: Recording, options: Partial<RaftNodeOptions> = {}): Promise<ReplayResult> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork();
  const transport = network.transport(recording.node);
  const result = replayRecording(recording, { open: (id) => network.transport(id), clock });
  const node = await openNode(transport, clock, options);
  await clock.run(20_000);
  await node.close();
  return result;
}

function follower(recordings: readonly Recording[]): Recording {
  return recordings.find(({ events }) => events.some((event) => event.type === 'receive' && isAppend(event.message)))!;
}

function isAppend(message: unknown): boolean {
  return (message as { type?: unknown }).type === 'appendEntries';
}

describe('a recording', () => {
  it('replays against a fresh node, which does the same', async () => {
    for (const id of ['b', 'c']) {
      const recording = await recordedRun(id);
      const sent = recording.events.filter((event) => event.type === 'send' && event.taken);
      expect(sent.length).toBeGreaterThan(10);
      expect(await replayed(recording)).toMatchObject({ mismatch: null, compared: sent.length });
    }
  });

  it('finds a node that does something else', async () => {
    const recording = follower([await recordedRun('b'), await recordedRun('c')]);
    const impatient = await replayed(recording, { electionTimeoutMs: 150 });
    expect(impatient.mismatch).toMatch(/expected .*, got /);
    const silent = await replayed(recording, { journal: stuck(new MemoryJournal()) });
    expect(silent.mismatch).toMatch(
      /message \d+ to . on channel raft \(at [\d.]+ ms\): expected .*, got nothing within/,
    );
  });

  it('survives its text', async () => {
    const recording = await recordedRun('b');
    expect(parseRecording(formatRecording(recording))).toEqual(recording);
    const message = { bytes: Uint8Array.of(0, 255), $bytes: 'AA==', list: [{ $object: 1 }, null, -0.5] };
    const own: Recording = {
      node: 'a',
      events: [{ type: 'send', at: 1, channel: 'c', peer: 'b', message, taken: true }],
      cut: true,
    };
    expect(parseRecording(formatRecording(own))).toEqual(own);
  });

  it('is cut at its limits, and says so', async () => {
    const network = new MemoryNetwork();
    const clock = new VirtualClock();
    const few = new RecordingTransport(network.transport('a'), { clock, maxEvents: 3 });
    const short = new RecordingTransport(network.transport('b'), { clock, maxCharacters: 200 });
    for (const transport of [few, short]) {
      for (let i = 0; i < 10; i++) transport.channel('c').send('x', i);
      expect(transport.recording().cut).toBe(true);
    }
    expect(few.recording().events).toHaveLength(3);
    expect(short.toText().length).toBeLessThan(300);
    expect(() => new RecordingTransport(few, { clock, maxEvents: 0 })).toThrow('maxEvents is 0');
  });
});

/** A journal whose appends never end: its node cannot answer what needs the disk. */
function stuck(journal: Journal): Journal {
  const never = (): Promise<void> => new Promise(() => {});
  let founded = false;
  return new Proxy(journal, {
    get(target, name) {
      if (name === 'append' && founded) return never;
      if (name === 'append') founded = true;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

describe('parseRecording', () => {
  const header = '{"recording":1,"node":"a"}';
  it.each([
    ['', 'not even a header'],
    ['{"recording":2,"node":"a"}', 'line 1 must be the header'],
    [`${header}\nhello`, 'line 2 is no JSON'],
    [`${header}\n[]`, 'line 2 is no JSON object'],
    [`${header}\n{"type":"send","channel":"c","peer":"b"}`, 'line 2: "message" is missing'],
    [`${header}\n{"type":"send","channel":"c","peer":"b","message":1,"at":-1}`, '"at" must be a number'],
    [`${header}\n{"type":"send","channel":"c","peer":"b","message":1,"taken":1}`, '"taken" must be'],
    [`${header}\n{"type":"peer","channel":"c","peer":"b"}`, '"up" must be'],
    [`${header}\n{"type":"hm","channel":"c","peer":"b"}`, '"type" must be'],
    [`${header}\n{"type":"send","channel":"","peer":"b","message":1}`, '"channel" must be'],
    [`${header}\n{"type":"send","channel":"c","peer":"","message":1}`, '"peer" must be'],
    [`${header}\n{"type":"send","channel":"c","peer":"b","message":{"$bytes":"?"}}`, '$bytes is no base64'],
  ])('refuses %j', (text, problem) => {
    expect(() => parseRecording(text)).toThrow(problem);
  });
});

describe('replayRecording', () => {
  it('plays peers over sockets, in turn with the answers of the node', async () => {
    const script = parseRecording(`{"recording":1,"node":"a"}
# the node answers each question by its number and the time
{"type":"receive","channel":"c","peer":"b","message":1}
{"type":"send","channel":"c","peer":"b","message":{"answer":1,"time":0}}
{"type":"receive","channel":"c","peer":"x","message":2}
{"type":"send","channel":"c","peer":"x","message":{"answer":2,"time":0}}
`);
    const tcp = { cluster: 'test', listen: { host: '127.0.0.1', port: 0 } };
    const node = await openTcpTransport({ id: 'a', ...tcp });
    let add = 0;
    const answer = (from: NodeId, message: unknown): void => {
      node.channel('c').send(from, { answer: (message as number) + add, time: systemClock.now() });
    };
    node.channel('c').listen({ message: answer });
    const options = {
      open: (id: NodeId) => openTcpTransport({ id, ...tcp, addresses: { a: node.address! } }),
      clock: systemClock,
      pace: 'answers' as const,
      timeoutMs: 2000,
      normalise: (message: unknown) => (message as { answer: number }).answer,
    };
    expect(await replayRecording(script, options)).toEqual({ mismatch: null, compared: 2, played: 2 });
    add = 1;
    const { mismatch } = await replayRecording(script, options);
    expect(mismatch).toMatch('message 1 to b on channel c (at 0 ms): expected 1, got 2');
    await node.close();
    expect((await replayRecording(script, { ...options, timeoutMs: 50 })).mismatch).toMatch('got nothing within 50 ms');
  });

  it('ends when its signal aborts, and refuses wrong options', async () => {
    const recording: Recording = {
      node: 'a',
      events: [{ type: 'send', at: 0, channel: 'c', peer: 'b', message: 1, taken: true }],
      cut: false,
    };
    const network = new MemoryNetwork();
    const options = { open: (id: NodeId) => network.transport(id), clock: new VirtualClock() };
    const reason = new Error('enough');
    await expect(replayRecording(recording, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(replayRecording(recording, { ...options, timeoutMs: 0 })).rejects.toThrow('timeoutMs is 0');
    await expect(replayRecording(recording, { ...options, pace: 'x' as 'time' })).rejects.toThrow('pace is "x"');
  });
});

describe('a transport that is recorded', () => {
  const clock = new VirtualClock();
  const network = (): { open: (id: NodeId) => Transport } => {
    const memory = new MemoryNetwork({ maxQueuedMessages: 300 });
    return { open: (id) => new RecordingTransport(memory.transport(id), { clock }) };
  };
  const left = new Set(['bounds the queue of a peer, and counts what it drops']); // base64 of 20 MB
  runCases(transportCases({ network }, memorySupports).filter(({ name }) => !left.has(name)));
});
