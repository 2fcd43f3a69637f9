/**
 * Draws `election.svg`: runs three Raft machines, from the start to the first applied command, and draws what they did.
 * A message takes 1 ms and a write 2 ms. Run: npx tsx docs/pictures/draw-election.ts
 */
import { NOTHING, type Input, type NodeId } from 'quorate/core';
import {
  configurationOf,
  create,
  initialState,
  type RaftMachine,
  replay,
  type RaftCommand,
  type RaftMessage,
  type RaftOutput,
  type RaftRecord,
} from 'quorate/raft';
import { EventQueue } from 'quorate/testing';
import { Picture } from './svg.js';

const MESSAGE_MS = 1;
const WRITE_MS = 2;
const IDS = ['n1', 'n2', 'n3'] as const;
const voters = IDS.map((id) => ({ id, address: null }));

interface Arrow {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly at: number;
  readonly label: string;
}

interface Note {
  readonly node: NodeId;
  readonly at: number;
  readonly text: string;
}

const arrows: Arrow[] = [];
const notes: Note[] = [];
const writes: Note[] = [];
const applied = new Map<NodeId, number>();
const events = new EventQueue<() => void>();
let now = 0;

/** The smallest host that keeps the contract: effects wait for the writes that they name. */
class Server {
  readonly machine: RaftMachine;
  #written = 0;
  #stored = 0;
  #held: { after: number; release: () => void }[] = [];
  #wakeAt = Infinity;

  constructor(readonly id: NodeId) {
    const options = { id, electionTimeoutMs: 100, heartbeatIntervalMs: 50, seed: 2 };
    const state = initialState(options);
    replay(state, { type: 'configuration', index: 1, term: 1, data: configurationOf(voters) });
    this.machine = create(options, state);
  }

  input(input: Input<RaftMessage, RaftCommand>): void {
    this.machine.step(input, now);
    for (let effects = this.machine.take(); effects !== NOTHING; effects = this.machine.take()) {
      if (effects.writes.length > 0) this.#store(effects.writes);
      for (const { to, message, after } of effects.messages) this.#after(after, () => this.#send(to, message));
      for (const { output, after } of effects.outputs) this.#after(after, () => this.#deliver(output));
    }
    this.#armTimer();
  }

  #after(write: number, release: () => void): void {
    if (write <= this.#stored) release();
    else this.#held.push({ after: write, release });
  }

  #store(records: readonly RaftRecord[]): void {
    this.#written += records.length;
    const upTo = this.#written;
    writes.push({ node: this.id, at: now, text: records.map(describeRecord).join(', ') });
    events.add(now + WRITE_MS, () => {
      this.#stored = upTo;
      const ready = this.#held.filter(({ after }) => after <= upTo);
      this.#held = this.#held.filter(({ after }) => after > upTo);
      for (const { release } of ready) release();
      this.input({ type: 'stored', upTo });
    });
  }

  #send(to: NodeId, message: RaftMessage): void {
    arrows.push({ from: this.id, to, at: now, label: describe(message) });
    events.add(now + MESSAGE_MS, () => servers.get(to)!.input({ type: 'message', from: this.id, message }));
  }

  #deliver(output: RaftOutput): void {
    if (output.type === 'role') {
      if (output.role !== 'follower')
        notes.push({ node: this.id, at: now, text: `${output.role}, term ${output.term}` });
      if (output.role === 'leader') leader = servers.get(this.id)!;
    }
    if (output.type !== 'apply') return;
    const index = output.entries.at(-1)!.index;
    const commands = output.entries.filter((entry) => entry.type === 'command');
    if (commands.length > 0) notes.push({ node: this.id, at: now, text: `applies ${commands[0]!.index}` });
    applied.set(this.id, index);
    this.input({ type: 'command', command: { type: 'applied', index } });
  }

  #armTimer(): void {
    const { wakeAt } = this.machine;
    if (wakeAt >= this.#wakeAt) return;
    this.#wakeAt = wakeAt;
    events.add(Math.max(wakeAt, now), () => {
      this.#wakeAt = Infinity;
      if (this.machine.wakeAt <= now) this.input({ type: 'wake' });
      else this.#armTimer();
    });
  }
}

function describeRecord(record: RaftRecord): string {
  if (record.type === 'hardState') return `term ${record.term}, vote ${record.votedFor}`;
  return 'index' in record ? `entry ${record.index}` : record.type;
}

function describe(message: RaftMessage): string {
  switch (message.type) {
    case 'preVote':
    case 'requestVote':
      return `${message.type} (term ${message.term})`;
    case 'preVoteReply':
      return message.granted ? 'yes' : 'no';
    case 'requestVoteReply':
      return message.voteGranted ? 'vote' : 'no';
    case 'appendEntries': {
      const { entries, leaderCommit } = message;
      const what = entries.length === 0 ? 'nothing new' : `entry ${entries[0]!.index}, ${entries[0]!.type}`;
      return `appendEntries (${what}; commit ${leaderCommit})`;
    }
    case 'appendEntriesReply':
      return message.success ? `has up to ${message.matchIndex}` : 'refused';
    default:
      return message.type;
  }
}

function runUntil(done: () => boolean): void {
  while (!done()) {
    now = events.nextAt;
    events.take()!();
  }
}

const servers = new Map<NodeId, Server>(IDS.map((id) => [id, new Server(id)]));
let leader: Server | null = null;

for (const server of servers.values()) server.input({ type: 'wake' });
runUntil(() => IDS.every((id) => applied.get(id) === 2)); // the entry of the bootstrap and the no-op
now += 2;
notes.push({ node: leader!.id, at: now, text: 'propose' });
leader!.input({
  type: 'command',
  command: { type: 'propose', id: 1, payloads: [new TextEncoder().encode('x')] },
});
runUntil(() => IDS.every((id) => applied.get(id) === 3));

// The leader stands in the middle, so that no arrow crosses a line of life.
const others = IDS.filter((id) => id !== leader!.id);
const xs = new Map<NodeId, number>([
  [others[0]!, 150],
  [leader!.id, 500],
  [others[1]!, 850],
]);
const PIXELS_A_MS = 44;
const start = arrows[0]!.at;
const y = (at: number): number => Math.round(110 + (at - start) * PIXELS_A_MS);
const height = y(now) + 50;
const picture = new Picture(1000, height, 'An election and one proposal among three Raft servers');

for (const [id, x] of xs) {
  picture.line([
    [x, 60],
    [x, height - 15],
  ]);
  picture.box(x - 40, 25, 80, 32, '#ddf4ff', '#0969da');
  picture.text(x, 46, id, { anchor: 'middle', bold: true });
}
for (let ms = 0; start + ms <= now; ms += 2) {
  picture.text(20, y(start + ms) + 4, `${ms} ms`, { size: 11, color: '#6e7781' });
}
for (const { node, at } of writes) {
  const x = xs.get(node)!;
  picture.box(x - 5, y(at), 10, WRITE_MS * PIXELS_A_MS, '#fff1c7', '#bf8700');
}
for (const { from, to, at, label } of arrows) {
  const [x1, x2] = [xs.get(from)!, xs.get(to)!];
  const inward = x1 < x2 ? 8 : -8;
  picture.line(
    [
      [x1 + inward, y(at)],
      [x2 - inward, y(at + MESSAGE_MS)],
    ],
    { arrow: true },
  );
  const slope = (Math.atan2(MESSAGE_MS * PIXELS_A_MS, Math.abs(x2 - x1)) * 180) / Math.PI;
  const turn = x1 < x2 ? slope : -slope;
  picture.text((x1 + x2) / 2, y(at + MESSAGE_MS / 2) - 5, label, { anchor: 'middle', size: 12, turn });
}
for (const { node, at, text } of writes) {
  const x = xs.get(node)!;
  const left = x < 500;
  const place = left ? x - 12 : x + 12;
  picture.text(place, y(at) + WRITE_MS * PIXELS_A_MS * 0.55, text, {
    size: 11,
    anchor: left ? 'end' : 'start',
    color: '#7d4e00',
  });
}
for (const { node, at, text } of notes) {
  const x = xs.get(node)!;
  const width = text.length * 7 + 14;
  picture.box(x - width / 2, y(at) - 27, width, 19, '#ddf4ff', '#0969da');
  picture.text(x, y(at) - 13, text, { size: 12, bold: true, color: '#0a3069', anchor: 'middle' });
}
picture.save('election.svg');
