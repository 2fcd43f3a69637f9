import { NOTHING, type NodeId } from 'quorate/core';
import { configurationOf, create, initialState, type RaftMachine, replay } from 'quorate/raft';
import type { Case, Suite } from '../harness.js';
import { etcdRaft } from '../peers/etcd-raft/run.js';

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

/** Entries a second, when `batch` makes the proposals of one round from the number of entries proposed before. */
function measure(entriesEach: number, batch: (first: number) => readonly (readonly Uint8Array[])[]): number {
  const cluster = new Cluster();
  const start = performance.now();
  for (let sequence = 0; sequence < ENTRIES; sequence += entriesEach) cluster.propose(batch(sequence));
  const seconds = (performance.now() - start) / 1000;
  cluster.requireApplied(ENTRIES);
  return ENTRIES / seconds;
}

const payloads = (first: number): Uint8Array[] => Array.from({ length: 64 }, (_, i) => payload(first + i));

const suite: Suite = async () => {
  const one = '(a) one proposal';
  const many = '(b) 64 proposals';
  const grouped = '(c) one proposal of 64 entries';
  const ours: Case[] = [
    { name: one, unit: 'ops/s', measure: () => measure(1, (first) => [[payload(first)]]) },
    { name: many, unit: 'ops/s', measure: () => measure(64, (first) => payloads(first).map((data) => [data])) },
    { name: grouped, unit: 'ops/s', measure: () => measure(64, (first) => [payloads(first)]) },
  ];
  const peer = await etcdRaft(ENTRIES);
  if (peer === null) return ours;
  const theirs: Case[] = [
    { name: one, unit: 'ops/s', peer: peer.name, measure: () => peer.run(['-batch', '1']) },
    { name: many, unit: 'ops/s', peer: peer.name, measure: () => peer.run(['-batch', '64']) },
    { name: grouped, unit: 'ops/s', peer: peer.name, measure: () => peer.run(['-batch', '64', '-group']) },
  ];
  return ours.flatMap((mine, i) => [mine, theirs[i]!]);
};

export default suite;
