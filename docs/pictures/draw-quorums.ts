/**
 * Draws `quorum-grid.svg`, `quorum-tree.svg` and `quorum-hierarchical.svg`: quorums of three systems, each checked to be
 * one. Run: npm run docs:quorum
 */
import { grid, hierarchical, tree, type QuorumSystem } from 'quorate/quorum';
import { minimalQuorums } from 'quorate/quorum/analysis';
import { Picture } from './svg.js';

const SIZE = 40;
const [PICKED, BOTH, OTHER, FAILED, IDLE] = [
  ['#ddf4ff', '#0969da', '#0a3069'],
  ['#fff1c7', '#bf8700', '#633c01'],
  ['#dafbe1', '#1a7f37', '#04471c'],
  ['#ffffff', '#cf222e', '#cf222e'],
  ['#f6f8fa', '#8c959f', '#57606a'],
] as const;
type Look = readonly [fill: string, stroke: string, text: string];

/** A member, as a box around a place. */
function member(picture: Picture, [x, y]: readonly [number, number], id: string, [fill, stroke, color]: Look): void {
  picture.box(x - SIZE / 2, y - SIZE / 2, SIZE, SIZE, fill, stroke);
  picture.text(x, y + 5, id, { anchor: 'middle', size: 15, bold: fill !== IDLE[0], color });
}

/** The members of a minimal quorum. */
function quorum(system: QuorumSystem, members: string): Set<string> {
  const is = minimalQuorums(system).some((one) => one.join('') === members);
  if (!is) throw new Error(`${members} is no minimal quorum`);
  return new Set(members);
}

const nine = ['abc', 'def', 'ghi'].map((row) => [...row]);

function drawGrid(): void {
  const picture = new Picture(560, 215, 'Quorums of a grid of 3 by 3: a row and a column; two of them meet twice');
  const system = grid(nine);
  const one = quorum(system, 'bdefh');
  const other = quorum(system, 'abcfi');
  for (const [i, id] of nine.flat().entries()) {
    const [x, y] = [(i % 3) * 54, Math.floor(i / 3) * 54];
    const alone = one.has(id) ? PICKED : IDLE;
    const among = one.has(id) ? (other.has(id) ? BOTH : PICKED) : other.has(id) ? OTHER : IDLE;
    member(picture, [86 + x, 38 + y], id, alone);
    member(picture, [366 + x, 38 + y], id, among);
  }
  picture.text(140, 198, 'a quorum: a row and a column', { anchor: 'middle' });
  picture.text(420, 198, 'another one meets it at b and f', { anchor: 'middle' });
  picture.save('quorum-grid.svg');
}

function drawTree(): void {
  const picture = new Picture(720, 240, 'Quorums of a tree: a path, and one where a member that failed is replaced');
  const system = tree([...'abcdefg']);
  const places: Record<string, readonly [number, number]> = {
    a: [165, 35],
    b: [90, 105],
    c: [240, 105],
    d: [55, 175],
    e: [125, 175],
    f: [205, 175],
    g: [275, 175],
  };
  const panels = [
    { left: 15, picked: quorum(system, 'abd'), failed: '', text: 'a path from the root to a leaf' },
    {
      left: 375,
      picked: quorum(system, 'ade'),
      failed: 'b',
      text: 'b failed: paths from both of its children replace it',
    },
  ];
  for (const { left, picked, failed, text } of panels) {
    const at = (id: string): readonly [number, number] => [places[id]![0] + left, places[id]![1]];
    for (const edge of ['ab', 'ac', 'bd', 'be', 'cf', 'cg']) {
      const isPath = [...edge].every((id) => picked.has(id) || id === failed);
      const [x1, y1] = at(edge[0]!);
      const [x2, y2] = at(edge[1]!);
      const color = isPath ? PICKED[1] : '#afb8c1';
      const ends = [
        [x1, y1 + SIZE / 2],
        [x2, y2 - SIZE / 2],
      ] as const;
      picture.line(ends, { color, ...(edge.includes(failed || ' ') ? { dash: '4 3' } : {}) });
    }
    for (const id of 'abcdefg') member(picture, at(id), id, id === failed ? FAILED : picked.has(id) ? PICKED : IDLE);
    if (failed !== '')
      picture.text(at(failed)[0] - 28, at(failed)[1] + 5, 'failed', { anchor: 'end', color: FAILED[1] });
    picture.text(left + 165, 224, text, { anchor: 'middle' });
  }
  picture.save('quorum-tree.svg');
}

function drawHierarchical(): void {
  const picture = new Picture(600, 130, 'A quorum of three groups of three: two of each of two groups, four of nine');
  const picked = quorum(hierarchical(nine), 'abde');
  for (const [i, group] of nine.entries()) {
    const left = 15 + i * 195;
    const chosen = group.some((id) => picked.has(id));
    picture.box(left, 15, 180, 68, '#ffffff', chosen ? PICKED[1] : '#d0d7de');
    for (const [k, id] of group.entries()) {
      member(picture, [left + 36 + k * 54, 49], id, picked.has(id) ? PICKED : IDLE);
    }
    const text = chosen ? '2 of 3: more than half' : 'may all be gone';
    picture.text(left + 90, 108, text, { anchor: 'middle' });
  }
  picture.save('quorum-hierarchical.svg');
}

drawGrid();
drawTree();
drawHierarchical();
