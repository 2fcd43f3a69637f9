/**
 * Three nodes in one process, with file journals and default options, that get as many entries as they are asked for; the
 * memory of the process, between one part of the entries and the next.
 */
import { statSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CommittedCommand, StateMachine } from 'quorate/host';
import { RaftNode } from 'quorate/raft';
import { openFileJournal } from 'quorate/storage/file';
import { MemoryNetwork } from 'quorate/transport/memory';
import { answer } from '../child.js';

/** What {@link MemorySubject} asks. */
export interface MemoryQuestion {
  readonly directory: string;
  readonly entries: number;
  /** How many entries there are from one sample to the next. */
  readonly every: number;
  readonly valueBytes: number;
}

/** What there is after some of the entries, all of which are applied everywhere. */
export interface MemorySample {
  readonly entries: number;
  /** After a collection: what JavaScript and its array buffers hold. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** Of all three journals. */
  readonly diskBytes: number;
}

/** What came of a {@link MemoryQuestion}. */
export interface MemoryAnswer {
  readonly entriesPerSecond: number;
  readonly samples: readonly MemorySample[];
}

const IDS = ['a', 'b', 'c'];
/** Proposals that wait for an answer. */
const WINDOW = 4096;
const LOOK_MS = 10;

/** A state that does not grow: how many there were. Entries come in order, each once. */
class Counter implements StateMachine<null> {
  count = 0;

  apply(commands: readonly CommittedCommand[]): null[] {
    return commands.map(({ data }) => {
      const sequence = new DataView(data.buffer, data.byteOffset).getUint32(0);
      if (sequence !== this.count) throw new Error(`applied ${sequence}, not ${this.count}`);
      this.count++;
      return null;
    });
  }

  *snapshot(): Iterable<Uint8Array> {
    yield new TextEncoder().encode(String(this.count));
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let text = '';
    for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
    this.count = Number(text);
  }
}

interface Server {
  readonly node: RaftNode<null>;
  readonly counter: Counter;
}

async function open(directory: string): Promise<Server[]> {
  const network = new MemoryNetwork();
  const members = Object.fromEntries(IDS.map((id) => [id, null]));
  return Promise.all(
    IDS.map(async (id) => {
      const journal = await openFileJournal({ directory: join(directory, id), cluster: 'bench', node: id });
      const counter = new Counter();
      const node = await RaftNode.open({ transport: network.transport(id), journal, stateMachine: counter, members });
      node.on('failed', (error) => {
        console.error(error);
        process.exit(1);
      });
      return { node, counter };
    }),
  );
}

async function until(met: () => boolean): Promise<void> {
  while (!met()) await setTimeout(LOOK_MS);
}

async function measure({ directory, entries, every, valueBytes }: MemoryQuestion): Promise<MemoryAnswer> {
  const servers = await open(directory);
  const leads = ({ node }: Server): boolean => node.status().role === 'leader';
  await until(() => servers.some(leads));
  const leader = servers.find(leads)!;
  const samples: MemorySample[] = [];
  let milliseconds = 0;
  for (let from = 0; from < entries; from += every) {
    const to = Math.min(from + every, entries);
    const start = performance.now();
    await propose(leader.node, from, to, valueBytes);
    milliseconds += performance.now() - start;
    await until(() => servers.every(({ counter }) => counter.count === to));
    samples.push(await sample(to, directory));
  }
  return { entriesPerSecond: (entries / milliseconds) * 1000, samples };
}

/** Proposes the entries with these numbers, and waits for them. */
async function propose(node: RaftNode<null>, from: number, to: number, valueBytes: number): Promise<void> {
  let next = from;
  const client = async (): Promise<void> => {
    while (next < to) {
      const data = new Uint8Array(valueBytes);
      new DataView(data.buffer).setUint32(0, next++);
      await node.propose(data);
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, client));
}

async function sample(entries: number, directory: string): Promise<MemorySample> {
  for (let i = 0; i < 3; i++) {
    gc!();
    await setTimeout(LOOK_MS); // array buffers are freed beside the program
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { entries, heapBytes: heapUsed + external, rssBytes: rss, diskBytes: sizeOf(directory) };
}

function sizeOf(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}

answer(measure);
