import { getHeapStatistics } from 'node:v8';
import { NOTHING, type NodeId } from 'quorate/core';
import { configurationOf, create, initialState, type RaftMachine, replay } from 'quorate/raft';
import type { Case, Suite } from '../harness.js';
import { etcdRaft, type EtcdRaft } from '../peers/etcd-raft/run.js';

/*
 * What the protocol costs: three machines with default options in one process, messages handed over in memory, every
 * write durable at once, no codec, no disk, no timers while measuring. Distinct payloads of 128 bytes; an entry counts
 * when all three have applied it, in order.
 */
const ENTRIES = 200_000;
const PAYLOAD_BYTES = 128;
const IDS: readonly NodeId[] = ['a', 'b', 'c'];

class Cluster {
  readonly #nodes = IDS.map((id) => new Node(id));
  #leader: Node;
  #now = 0;

  constructor() {
    this.#leader = this.#elect();
  }

  /** Proposes payloads and runs everything to quiescence. */
  propose(batches: readonly (readonly Uint8Array[])[]): void {
    for (const payloads of batches) {
      this.#leader.machine.step({ type: 'command', command: { type: 'propose', id: 1, payloads } }, this.#now);
    }
    this.#settle();
  }

  requireApplied(count: number): void {
    for (const { applied } of this.#nodes) if (applied !== count) throw new Error(`applied ${applied} of ${count}`);
  }

  #elect(): Node {
    for (;;) {
      const leader = this.#nodes.find(({ machine }) => machine.state().role === 'leader');
      if (leader !== undefined) return leader;
      this.#now = Math.max(0, Math.min(...this.#nodes.map(({ machine }) => machine.wakeAt)));
      for (const { machine } of this.#nodes) if (machine.wakeAt <= this.#now) machine.step({ type: 'wake' }, this.#now);
      this.#settle();
    }
  }

  #settle(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const node of this.#nodes) if (this.#drive(node)) busy = true;
    }
  }

  #drive(node: Node): boolean {
    const { machine, id } = node;
    let busy = false;
    for (let effects = machine.take(); effects !== NOTHING; effects = machine.take()) {
      busy = true;
      if (effects.writes.length > 0) {
        node.stored += effects.writes.length;
        machine.step({ type: 'stored', upTo: node.stored }, this.#now);
      }
      for (let i = 0; i < effects.messages.length; i++) {
        const { to, message } = effects.messages[i]!;
        this.#nodes[IDS.indexOf(to)]!.machine.step({ type: 'message', from: id, message }, this.#now);
      }
      for (let i = 0; i < effects.outputs.length; i++) {
        const { output } = effects.outputs[i]!;
        if (output.type === 'apply') node.apply(output.entries, this.#now);
      }
    }
    return busy;
  }
}

class Node {
  readonly machine: RaftMachine;
  stored = 0;
  applied = 0;

  constructor(readonly id: NodeId) {
    const options = { id, seed: 1 };
    const state = initialState(options);
    const voters = IDS.map((voter) => ({ id: voter, address: null }));
    replay(state, { type: 'configuration', index: 1, term: 1, data: configurationOf(voters) });
    this.machine = create(options, state);
  }

  apply(entries: readonly { type: string; index: number; data: unknown }[], now: number): void {
    for (const entry of entries) {
      if (entry.type !== 'command') continue;
      const sequence = readSequence(entry.data as Uint8Array);
      if (sequence !== this.applied) throw new Error(`applied ${sequence}, not ${this.applied}`);
      this.applied++;
    }
    const { index } = entries[entries.length - 1]!;
    this.machine.step({ type: 'command', command: { type: 'applied', index } }, now);
  }
}

function payload(sequence: number): Uint8Array {
  const data = new Uint8Array(PAYLOAD_BYTES);
  data[0] = sequence;
  data[1] = sequence >>> 8;
  data[2] = sequence >>> 16;
  data[3] = sequence >>> 24;
  return data;
}

function readSequence(data: Uint8Array): number {
  return data[0]! | (data[1]! << 8) | (data[2]! << 16) | (data[3]! << 24);
}

/** Makes the proposals of one round from the number of entries proposed before. */
type Batch = (first: number) => readonly (readonly Uint8Array[])[];

/** Entries a second. */
function measure(entriesEach: number, batch: Batch): number {
  const cluster = new Cluster();
  const start = performance.now();
  for (let sequence = 0; sequence < ENTRIES; sequence += entriesEach) cluster.propose(batch(sequence));
  const seconds = (performance.now() - start) / 1000;
  cluster.requireApplied(ENTRIES);
  return ENTRIES / seconds;
}

/**
 * Bytes allocated for an entry, by all three machines and for the payload, in the heap and for array buffers. Rounds in
 * which a collection hides what was allocated do not count.
 */
function measureBytes(entriesEach: number, batch: Batch): number {
  const cluster = new Cluster();
  let counted = 0;
  let bytes = 0;
  for (let sequence = 0; sequence < ENTRIES; sequence += entriesEach) {
    const looking = allocated();
    const before = allocated();
    cluster.propose(batch(sequence));
    const more = allocated() - before - (before - looking);
    if (more <= 0 || sequence < ENTRIES / 2) continue; // compiled by then
    counted += entriesEach;
    bytes += more;
  }
  cluster.requireApplied(ENTRIES);
  return bytes / counted;
}

function allocated(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return heap + outside;
}

const payloads = (first: number): Uint8Array[] => Array.from({ length: 64 }, (_, i) => payload(first + i));

interface Load {
  readonly name: string;
  readonly entriesEach: number;
  readonly batch: Batch;
  /** How the peer does the same. */
  readonly flags: readonly string[];
}

const LOADS: readonly Load[] = [
  { name: '(a) one proposal', entriesEach: 1, batch: (first) => [[payload(first)]], flags: ['-batch', '1'] },
  {
    name: '(b) 64 proposals',
    entriesEach: 64,
    batch: (first) => payloads(first).map((data) => [data]),
    flags: ['-batch', '64'],
  },
  {
    name: '(c) one proposal of 64 entries',
    entriesEach: 64,
    batch: (first) => [payloads(first)],
    flags: ['-batch', '64', '-group'],
  },
];

const suite: Suite = async () => {
  const peer = await etcdRaft(ENTRIES);
  return LOADS.flatMap(({ name, entriesEach, batch, flags }): Case[] => {
    const allocated = `${name}, allocated for an entry`;
    return [
      { name, unit: 'ops/s', measure: () => measure(entriesEach, batch) },
      ...(peer === null ? [] : [theirs(name, 'ops/s', peer, flags)]),
      { name: allocated, unit: 'bytes', measure: () => measureBytes(entriesEach, batch) },
      ...(peer === null ? [] : [theirs(allocated, 'bytes', peer, flags)]),
    ];
  });
};

function theirs(name: string, unit: 'ops/s' | 'bytes', peer: EtcdRaft, flags: readonly string[]): Case {
  const measure = async (): Promise<number> => {
    const { entriesPerSecond, bytesPerEntry } = await peer.run(flags);
    return unit === 'ops/s' ? entriesPerSecond : bytesPerEntry;
  };
  return { name, unit, peer: peer.name, measure };
}

export default suite;
