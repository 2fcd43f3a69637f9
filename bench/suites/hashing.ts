import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Case, Suite } from '../harness.js';
import type { Answer, Question } from '../hashing/subject.js';
import { peer } from '../peers.js';

/*
 * Which node a key belongs to, for 65,536 different keys of 16 characters, and what it takes to begin, with 160 points a
 * node where there are points.
 */
const COUNTS = [10, 100, 1000];

/** One way to place keys, in a process of its own, which starts when it is first asked. */
class Subject {
  readonly #name: string;
  #process: ChildProcess | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  async ask(question: Omit<Question, 'subject'>): Promise<number> {
    this.#process ??= fork(fileURLToPath(new URL('../hashing/subject.ts', import.meta.url)), {
      execArgv: [...process.execArgv, '--expose-gc', '--no-deprecation'],
    });
    const answered = once(this.#process, 'message') as Promise<[Answer]>;
    this.#process.send({ subject: this.#name, ...question });
    const [answer] = await answered;
    if (typeof answer !== 'number') throw new Error(`${this.#name}: ${answer.error}`);
    return answer;
  }

  close(): void {
    this.#process?.disconnect();
  }
}

const ring = new Subject('ring');
const maglev = new Subject('maglev');
const rendezvous = new Subject('rendezvous');
const jump = new Subject('jump');
const peers = ['hashring', 'consistent-hash', 'rendezvous-hash', 'jump-gouache'] as const;
const [hashring, consistentHash, rendezvousHash, jumpGouache] = peers.map((name) => new Subject(name)) as [
  Subject,
  Subject,
  Subject,
  Subject,
];

function lookups(name: string, subject: Subject, nodes: number, by?: string): Case {
  const measure = (seconds: number): Promise<number> => subject.ask({ nodes, what: 'lookup', seconds });
  return { name: `${name}, ${nodes} nodes`, unit: 'ns/op', measure, ...(by === undefined ? {} : { peer: peer(by) }) };
}

function building(name: string, subject: Subject, nodes: number, by?: string): Case {
  const measure = (seconds: number): Promise<number> => subject.ask({ nodes, what: 'build', seconds });
  return { name: `${name} of ${nodes}, built`, unit: 'ms', measure, ...(by === undefined ? {} : { peer: peer(by) }) };
}

const casesFor = (nodes: number): Case[] => [
  lookups('ring', ring, nodes),
  lookups('ring', hashring, nodes, 'hashring'),
  lookups('ring', consistentHash, nodes, 'consistent-hash'),
  lookups('Maglev', maglev, nodes),
  lookups('rendezvous', rendezvous, nodes),
  lookups('rendezvous', rendezvousHash, nodes, 'rendezvous-hash'),
  lookups('jump', jump, nodes),
  lookups('jump', jumpGouache, nodes, 'jump-gouache'),
  building('ring', ring, nodes),
  building('ring', hashring, nodes, 'hashring'),
  building('ring', consistentHash, nodes, 'consistent-hash'),
  building('Maglev', maglev, nodes),
];

const suite: Suite = () => {
  const all = [ring, maglev, rendezvous, jump, hashring, consistentHash, rendezvousHash, jumpGouache];
  const close = (): void => {
    for (const subject of all) subject.close();
  };
  const point = (seconds: number): Promise<number> => ring.ask({ nodes: 1000, what: 'point', seconds });
  return [...COUNTS.flatMap(casesFor), { name: 'ring of 1000, a point', unit: 'bytes', measure: point, close }];
};

export default suite;
