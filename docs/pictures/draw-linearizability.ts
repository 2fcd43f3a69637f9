/**
 * Draws `linearizability.svg`: a history of a register that is not linearizable, as `renderTimeline` shows it.
 * Run: npx tsx docs/pictures/draw-linearizability.ts
 */
import { writeFileSync } from 'node:fs';
import {
  checkLinearizability,
  registerModel,
  renderTimeline,
  type HistoryOperation,
  type RegisterInput,
} from 'quorate/testing';

type Operation = HistoryOperation<RegisterInput, unknown>;

const read: RegisterInput = { op: 'read' };
const write = (value: string): RegisterInput => ({ op: 'write', value });

function ok(
  process: string,
  [calledAt, returnedAt]: readonly [number, number],
  input: RegisterInput,
  output?: unknown,
) {
  return { process, input, calledAt, outcome: 'ok', output, returnedAt } satisfies Operation;
}

const history: Operation[] = [
  ok('alice', [0, 4], write('a')),
  ok('bob', [1, 3], read, null),
  { process: 'alice', input: write('b'), calledAt: 6, outcome: 'unknown', returnedAt: 9 },
  ok('bob', [5, 8], read, 'a'),
  ok('carol', [7, 16], write('c')),
  ok('bob', [10, 12], read, 'b'),
  { process: 'dave', input: write('d'), calledAt: 11, outcome: 'failed', returnedAt: 13 },
  ok('bob', [14, 18], read, 'c'),
  ok('alice', [20, 22], read, 'b'),
  ok('carol', [21, 24], read, 'c'),
];

const page = renderTimeline(history, checkLinearizability(history, registerModel()));
const pictures = page.match(/<svg[^]*?<\/svg>/g)!;
writeFileSync(new URL('linearizability.svg', import.meta.url), `${pictures.at(-1)!}\n`);
