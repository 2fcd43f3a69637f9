import type { KeyHash } from 'quorate/hashing';
import type { Measured } from './measure.js';

const WIDTH = 760;
const HEIGHT = 400;
const CENTER = { x: 190, y: 200 };
const RADIUS = 150;
const BARS = { left: 430, right: 700, top: 60, bottom: 350 };

/** One color a node, as far apart as they can be. */
const colorOf = (node: number, nodes: number): string => `hsl(${Math.round((360 * node) / nodes)} 65% 45%)`;

/** What the ring was made with. */
interface DrawnRing {
  readonly pointsPerNode: number;
  readonly hash: KeyHash;
}

/** A picture, as SVG: the points of a ring, and next to it the share that each node has of the keys. */
export function draw(nodes: readonly string[], ring: DrawnRing, measured: Measured): string {
  const { pointsPerNode } = ring;
  const font = 'font-family="system-ui, sans-serif" fill="#1f2328"';
  const circle = `<circle cx="${CENTER.x}" cy="${CENTER.y}" r="${RADIUS}" fill="none" stroke="#8c959f"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">`,
    `<title>${nodes.length} nodes on a ring, with ${pointsPerNode} points each, and their shares</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<g ${font} font-size="13">`,
    `<text x="${CENTER.x}" y="28" text-anchor="middle">${pointsPerNode} points a node</text>`,
    `<text x="${BARS.left}" y="28">share of the keys; the line is the average</text>`,
    circle,
    ...points(nodes, ring),
    ...bars(nodes, measured.shares),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** A point is a line across the circle, at the angle of its hash; 0 is at the top, and hashes go round clockwise. */
function points(nodes: readonly string[], { pointsPerNode, hash }: DrawnRing): string[] {
  return nodes.flatMap((node, number) =>
    Array.from({ length: pointsPerNode }, (_, i) => {
      const angle = (2 * Math.PI * hash(`${node}#${i}`)) / 2 ** 32 - Math.PI / 2;
      const [x1, y1] = at(angle, RADIUS - 8);
      const [x2, y2] = at(angle, RADIUS + 8);
      const stroke = `stroke="${colorOf(number, nodes.length)}" stroke-width="1.5"`;
      return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${stroke}/>`;
    }),
  );
}

function at(angle: number, radius: number): [string, string] {
  return [(CENTER.x + radius * Math.cos(angle)).toFixed(1), (CENTER.y + radius * Math.sin(angle)).toFixed(1)];
}

function bars(nodes: readonly string[], shares: readonly number[]): string[] {
  const step = (BARS.bottom - BARS.top) / nodes.length;
  const scale = (BARS.right - BARS.left) / Math.max(...shares);
  const average = (BARS.left + scale / nodes.length).toFixed(1);
  const rows = shares.flatMap((share, node) => {
    const y = BARS.top + node * step;
    const width = (share * scale).toFixed(1);
    const height = Math.max(1, step - 4).toFixed(1);
    const middle = (y + step / 2 + 2).toFixed(1);
    const bar = `<rect x="${BARS.left}" y="${y.toFixed(1)}" width="${width}" height="${height}" fill="${colorOf(node, nodes.length)}"/>`;
    if (nodes.length > 20) return [bar];
    const percent = `${(100 * share).toFixed(1)} %`;
    return [
      bar,
      `<text x="${BARS.left - 8}" y="${middle}" text-anchor="end">${escape(nodes[node]!)}</text>`,
      `<text x="${BARS.right + 8}" y="${middle}">${percent}</text>`,
    ];
  });
  const line = `<line x1="${average}" y1="${BARS.top - 8}" x2="${average}" y2="${BARS.bottom + 4}" stroke="#1f2328"/>`;
  return [...rows, line];
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
