import { committedIndex, grid, hierarchical, joint, majority, tally, type QuorumSystem } from 'quorate/quorum';
import { keep, type Case, type Suite } from '../harness.js';

/* Deciding: what a leader does for each acknowledgement, and a candidate for each vote. */

const letters = (text: string): string[] => [...text];
const nine = ['abc', 'def', 'ghi'].map(letters);

const systems: Readonly<Record<string, QuorumSystem>> = {
  'majority of 3': majority(letters('abc')),
  'majority of 5': majority(letters('abcde')),
  'majority of 9': majority(letters('abcdefghi')),
  'joint 3 and 3': joint(majority(letters('abc')), majority(letters('cde'))),
  'grid of 9': grid(nine),
  'hierarchical of 9': hierarchical(nine),
};

function commits(name: string, system: QuorumSystem): Case {
  // Acknowledgements come in an order that no branch predictor knows.
  const rows = Array.from({ length: 256 }, (_, row) =>
    Float64Array.from(system.members, (_, i) => 1000 + ((row * 7919 + i * 104_729) % 97)),
  );
  const run = (iterations: number): void => {
    for (let i = 0; i < iterations; i++) keep(committedIndex(system, rows[i & 255]!));
  };
  return { name: `committedIndex, ${name}`, unit: 'ops/s', run };
}

function votes(name: string, system: QuorumSystem): Case {
  const rows = Array.from({ length: 64 }, (_, row) =>
    Object.fromEntries(system.members.map((id, i) => [id, ((row * 31 + i * 17) % 5) % 2 === 0])),
  );
  const run = (iterations: number): void => {
    for (let i = 0; i < iterations; i++) keep(tally(system, rows[i & 63]!));
  };
  return { name: `tally, ${name}`, unit: 'ops/s', run };
}

const suite: Suite = () => [
  ...Object.entries(systems).map(([name, system]) => commits(name, system)),
  ...Object.entries(systems).map(([name, system]) => votes(name, system)),
];

export default suite;
