import { describe, expect, it } from 'vitest';
import { systemClock, type Journal, type NodeId, type Transport } from '../../../src/core/index.js';
import { RaftNode, type RaftNodeOptions } from '../../../src/raft/index.js';
import { MemoryJournal } from '../../../src/storage/memory.js';
import {
  formatRecording,
  parseRecording,
  raftReplayRules,
  RecordingTransport,
  replayRecording,
  transportCases,
  VirtualClock,
  type Recording,
  type ReplayOptions,
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
  return RaftNode.open({ transport, journal, stateMachine, members, newCluster: true, clock, seed: 7, ...options });
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
  const result = replayRecording(recording, { open: (id) => network.transport(id), clock, normalise: withoutIdentity });
  const node = await openNode(transport, clock, options);
  await clock.run(20_000);
  await node.close();
  return result;
}

function follower(recordings: readonly Recording[]): Recording {
  return recordings.find(({ events }) => events.some((event) => event.type === 'receive' && isAppend(event.message)))!;
}

/** A fresh node has another journal, and says so; what is said of that is left out. */
function withoutIdentity(message: unknown): unknown {
  return String((message as { type?: unknown }).type).startsWith('introduction') ? undefined : message;
}

function isAppend(message: unknown): boolean {
  return (message as { type?: unknown }).type === 'appendEntries';
}

describe('a recording', () => {
  it('replays against a fresh node, which does the same', async () => {
    for (const id of ['b', 'c']) {
      const recording = await recordedRun(id);
      const sent = recording.events.filter((event) => {
        return event.type === 'send' && event.taken && withoutIdentity(event.message) !== undefined;
      });
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
    [`${header}\n{"type":"send","channel":"c","peer":"b","message":1,"at":1e999}`, '"at" must be a number'],
    [`${header}\n{"type":"send","channel":"c","peer":"b","message":[1e999]}`, 'a number is beyond all range'],
    [`${header}\n{"type":"send","channel":"c","peer":"b","message":1,"taken":1}`, '"taken" must be'],
    [`${header}\n{"type":"peer","channel":"c","peer":"b"}`, '"up" must be'],
    [`${header}\n{"type":"hm","channel":"c","peer":"b"}`, '"type" must be'],
    [`${header}\n{"type":"send","channel":"","peer":"b","message":1}`, '"channel" must be'],
    [`${header}\n{"type":"send","channel":"c","peer":"","message":1}`, '"peer" must be'],
    [`${header}\n{"type":"send","channel":"c","peer":"b","message":{"$bytes":"?"}}`, '$bytes is no base64'],
  ])('refuses %j', (text, problem) => {
    expect(() => parseRecording(text)).toThrow(problem);
  });

  it('takes messages as deep as the codec does, and refuses deeper ones by the same error', () => {
    const nested = (depth: number): string => {
      const message = '['.repeat(depth - 1) + '1' + ']'.repeat(depth - 1);
      return `${header}\n{"type":"send","channel":"c","peer":"b","message":${message}}`;
    };
    expect(parseRecording(nested(64)).events).toHaveLength(1);
    for (const depth of [65, 200_000]) expect(() => parseRecording(nested(depth))).toThrow('nested deeper than 64');
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

/** What a node of one's own, which answers as `act` says, makes of the lines of a script, and when it was told what. */
async function played(
  lines: readonly string[],
  act: (message: number, send: (message: unknown) => void, clock: VirtualClock) => void,
  options: Partial<ReplayOptions>,
): Promise<ReplayResult & { readonly toldAt: readonly number[] }> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork();
  const toldAt: number[] = [];
  const channel = network.transport('a').channel('c');
  channel.listen({
    message(from, message) {
      toldAt.push(clock.now());
      act(message as number, (answer) => channel.send(from, answer), clock);
    },
  });
  const result = replayRecording(parseRecording(['{"recording":1,"node":"a"}', ...lines].join('\n')), {
    open: (id) => network.transport(id),
    clock,
    pace: 'answers',
    ...options,
  });
  await clock.run(10_000);
  return { ...(await result), toldAt };
}

const tell = (message: number, at = 0): string =>
  JSON.stringify({ type: 'receive', channel: 'c', peer: 'b', message, at });
const say = (message: unknown, at = 0): string =>
  JSON.stringify({ type: 'send', channel: 'c', peer: 'b', message, at });

describe('the rules of a replay', () => {
  const covers = (later: unknown, earlier: unknown): boolean => (later as number) > (earlier as number);
  const gathered = [tell(1), tell(2), say(2), tell(3), say(3)];
  const single = [tell(1), tell(2), say(1), say(2), tell(3), say(3)];

  it('let a message be covered by a later one, or come although the recorded one was gathered', async () => {
    const each = await played(gathered, (message, send) => send(message), { covers });
    const few = await played(single, (message, send) => message > 1 && send(message), { covers });
    expect(each.mismatch).toBeNull();
    expect(few.mismatch).toBeNull();
  });

  it('let nothing be covered unless they say so', async () => {
    const { mismatch } = await played(gathered, (message, send) => send(message), {});
    expect(mismatch).toMatch('message 1 to b on channel c (at 0 ms): expected 2, got 1');
  });

  it('let no message cover what it cannot know of yet', async () => {
    const { mismatch } = await played(single, (_message, send) => send(3), { covers });
    expect(mismatch).toMatch('message 1 to b on channel c (at 0 ms): expected 1, got 3');
  });

  it('let messages of different streams overtake each other, and no others', async () => {
    const swap = (message: number, send: (message: unknown) => void): void => {
      send(`slow ${message}`);
      send(`fast ${message}`);
    };
    const script = [tell(1), say('fast 1'), say('slow 1'), tell(2), say('fast 2'), say('slow 2')];
    const stream = (message: unknown): string => (message as string).slice(0, 4);
    expect(await played(script, swap, { stream })).toMatchObject({ mismatch: null, compared: 4 });
    const wrong = script.map((line) => line.replace('slow 2', 'slow 3'));
    expect((await played(wrong, swap, { stream })).mismatch).toMatch(
      'message 2 to b on channel c, stream slow (at 0 ms)',
    );
    expect((await played(script, swap, {})).mismatch).toMatch('expected "fast 1", got "slow 1"');
  });

  it('leave out what the peers need not send again', async () => {
    const plays = (message: unknown): boolean => message !== 2;
    const script = [tell(1), say(1), tell(2), tell(3), say(3)];
    const { mismatch, played: sent } = await played(script, (message, send) => send(message), { plays });
    expect({ mismatch, sent }).toEqual({ mismatch: null, sent: 2 });
  });
});

describe('a replay with both paces', () => {
  it('waits for answers, and keeps the recorded time between messages', async () => {
    const script = [tell(1, 100), say(1, 100), tell(2, 150), say(2, 150), tell(3, 400), say(3, 400)];
    const slow = (message: number, send: (message: unknown) => void, clock: VirtualClock): void => {
      clock.after(100, () => send(message));
    };
    const { mismatch, toldAt } = await played(script, slow, { pace: 'both' });
    expect(mismatch).toBeNull();
    expect(toldAt.map((at) => at - toldAt[0]!)).toEqual([0, 100, 350]);
  });
});

describe('the rules for Raft', () => {
  const { normalise, stream, covers, plays } = raftReplayRules();
  const ack = { type: 'appendEntriesReply', success: true, term: 2, matchIndex: 7, round: 0 };

  it('leave campaigns out, and compare the appends of a leader', () => {
    expect(normalise!({ type: 'preVote', term: 2 }, 'raft', 'b')).toBeUndefined();
    expect(normalise!({ type: 'requestVote', term: 2 }, 'raft', 'b')).toBeUndefined();
    expect(normalise!({ type: 'appendEntries', term: 2 }, 'raft', 'b')).toBeDefined();
  });

  it('compare the answer to a heartbeat but for how far the disk was', () => {
    const [early, late] = [3, 7].map((matchIndex) => ({ ...ack, matchIndex, round: 5 }));
    expect(normalise!(early, 'raft', 'b')).toEqual(normalise!(late, 'raft', 'b'));
    expect(normalise!({ ...late, round: 6 }, 'raft', 'b')).not.toEqual(normalise!(late, 'raft', 'b'));
    expect(normalise!({ ...late, term: 3 }, 'raft', 'b')).not.toEqual(normalise!(late, 'raft', 'b'));
  });

  it('let an acknowledgement cover those of less in its term, and nothing else', () => {
    expect(covers!({ ...ack, matchIndex: 8 }, ack)).toBe(true);
    expect(covers!(ack, { ...ack, matchIndex: 8 })).toBe(false);
    expect(covers!({ ...ack, term: 3, matchIndex: 8 }, ack)).toBe(false);
    expect(covers!(ack, { type: 'requestVoteReply', term: 2, voteGranted: true })).toBe(false);
  });

  it('let answers that wait for the disk fall behind those to heartbeats', () => {
    expect(stream!(ack, 'raft', 'b')).not.toBe(stream!({ ...ack, round: 1 }, 'raft', 'b'));
  });

  it('play what peers ask, and not what they answer', () => {
    expect(plays!({ type: 'requestVote' }, 'raft', 'b')).toBe(true);
    expect(plays!({ type: 'requestVoteReply' }, 'raft', 'b')).toBe(false);
  });

  it('leave other channels as they are', () => {
    expect(normalise!('hello', 'c', 'b')).toBe('hello');
    expect(plays!('hello', 'c', 'b')).toBe(true);
    expect(stream!('hello', 'c', 'b')).toBe('');
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
