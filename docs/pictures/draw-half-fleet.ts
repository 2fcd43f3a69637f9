/**
 * Draws `half-fleet.svg`: which part of requests fails while half of a fleet of 100 is dead, by what keeps requests from dead
 * nodes. A seeded run on virtual time. Run: npx tsx docs/pictures/draw-half-fleet.ts
 */
import { DEAD_SECONDS, halfFleet, type Protection, type Slice } from '../../test/balancer/layers/half-fleet.js';
import { Picture } from './svg.js';

/** With colors that differ in lightness, too. */
const PANELS: readonly (readonly [Protection, string, string])[] = [
  ['none', 'nothing', '#8c959f'],
  ['passive', 'OutlierEjection: results of requests', '#bf8700'],
  ['active', 'HealthGate with HealthChecks each 2 s', '#0969da'],
  ['both', 'both', '#1a7f37'],
];
const [LEFT, RIGHT, WIDTH] = [60, 880, 900];
const [TOP, HEIGHT, GAP] = [48, 76, 30];
const GREY = '#57606a';

const tenth = (pixels: number): number => Math.round(10 * pixels) / 10;
const bottomOf = (panel: number): number => TOP + panel * (HEIGHT + GAP) + HEIGHT;
const bottom = bottomOf(PANELS.length - 1);
const picture = new Picture(
  WIDTH,
  bottom + 56,
  'The part of requests that fails while half of a fleet of 100 nodes is dead',
);

let seconds = 0;
for (const [panel, [protection, name, color]] of PANELS.entries()) {
  const slices = await halfFleet(protection, 1);
  seconds = slices.length / 2;
  drawPanel(panel, `${name}: ${failuresOf(slices)} of ${sentOf(slices)} requests failed`, slices, color);
}
for (const [second, text] of [
  [DEAD_SECONDS[0], 'half of the nodes die'],
  [DEAD_SECONDS[1], 'they are back'],
] as const) {
  const x = xOf(second);
  picture.line(
    [
      [x, TOP - 24],
      [x, bottom],
    ],
    { color: GREY, dash: '2 4' },
  );
  picture.text(x + 5, TOP - 18, text, { size: 12, color: GREY });
}
for (let second = 0; second <= seconds; second += 10)
  picture.text(xOf(second), bottom + 18, String(second), { size: 12, anchor: 'middle', color: GREY });
picture.text((LEFT + RIGHT) / 2, bottom + 40, 'seconds', { size: 12, anchor: 'middle', color: GREY });
picture.save('half-fleet.svg');

function xOf(second: number): number {
  return tenth(LEFT + (second / seconds) * (RIGHT - LEFT));
}

function drawPanel(panel: number, title: string, slices: readonly Slice[], color: string): void {
  const base = bottomOf(panel);
  const yOf = (share: number): number => tenth(base - share * HEIGHT);
  for (const [share, label] of [
    [0, '0'],
    [0.5, '50 %'],
  ] as const) {
    picture.line(
      [
        [LEFT, yOf(share)],
        [RIGHT, yOf(share)],
      ],
      { color: '#d8dee4' },
    );
    picture.text(LEFT - 8, yOf(share) + 4, label, { size: 12, anchor: 'end', color: GREY });
  }
  // Steps, for each point is half a second.
  const points = slices.flatMap(({ at, sent, failed }) => {
    const y = yOf(sent === 0 ? 0 : failed / sent);
    return [[xOf(at), y] as const, [xOf(at + 0.5), y] as const];
  });
  picture.line(points, { color });
  picture.text(LEFT + 8, base - HEIGHT - 4, title, { size: 12, bold: true });
}

function failuresOf(slices: readonly Slice[]): string {
  return slices.reduce((sum, { failed }) => sum + failed, 0).toLocaleString('en');
}

function sentOf(slices: readonly Slice[]): string {
  return slices.reduce((sum, { sent }) => sum + sent, 0).toLocaleString('en');
}
