/**
 * Draws `suspicion.svg`: the suspicion of three detectors while heartbeats come with delays, one is lost, and then the
 * process dies. A seeded run. Run: npx tsx docs/pictures/draw-suspicion.ts
 */
import { seededRandom } from 'quorate/core';
import { ChenNfdE, FixedTimeout, LogisticPhi, type FailureDetector } from 'quorate/detector';
import { Picture } from './svg.js';

const INTERVAL_MS = 1000;
/** Each heartbeat takes from 20 to 220 ms. */
const [LEAST_DELAY_MS, DELAY_SPREAD_MS] = [20, 200];
/** Those before the picture begins, for detectors to learn from. */
const LEARNED = 100;
const FROM_MS = LEARNED * INTERVAL_MS;
const TO_MS = FROM_MS + 14_000;
const LOST = LEARNED + 4;
/** The process dies before it would send this one. */
const NEVER_SENT = LEARNED + 9;
const DIES_AT = (NEVER_SENT - 0.4) * INTERVAL_MS;
const STEP_MS = 25;

const random = seededRandom(3);
const sent = Array.from({ length: NEVER_SENT }, (_, sequence) => {
  const arrival = sequence * INTERVAL_MS + LEAST_DELAY_MS + DELAY_SPREAD_MS * random();
  return { sequence, arrival, lost: sequence === LOST };
});
const arrived = sent.filter(({ lost }) => !lost);

interface Subject {
  readonly name: string;
  readonly detector: FailureDetector;
}

const subjects: readonly Subject[] = [
  {
    name: 'LogisticPhi, pause of 0',
    detector: new LogisticPhi({ intervalMs: INTERVAL_MS, acceptablePauseMs: 0 }),
  },
  { name: 'ChenNfdE, a margin of 1.5 s', detector: new ChenNfdE({ intervalMs: INTERVAL_MS, marginMs: 1500 }) },
  { name: 'FixedTimeout, 3 s', detector: new FixedTimeout({ timeoutMs: 3000 }) },
];

/** A suspicion over time, as a part of the threshold, and when it was at the threshold or above. */
interface Curve {
  readonly points: readonly (readonly [at: number, share: number])[];
  readonly suspected: readonly { readonly from: number; readonly to: number }[];
}

function play({ detector }: Subject): Curve {
  const points: (readonly [number, number])[] = [];
  const suspected: { from: number; to: number }[] = [];
  const share = (at: number): number => detector.suspicion(at) / detector.threshold;
  for (const [i, { sequence, arrival }] of arrived.entries()) {
    if (arrival > FROM_MS) points.push([arrival, share(arrival)]); // the height from which it falls
    detector.heartbeat(arrival, sequence);
    const next = arrived[i + 1]?.arrival ?? TO_MS;
    for (let at = arrival; at < next; at += STEP_MS) if (at >= FROM_MS) points.push([at, share(at)]);
    const from = detector.deadline();
    if (from < next) suspected.push({ from, to: next });
  }
  points.push([TO_MS, share(TO_MS)]);
  return { points, suspected };
}

const [LEFT, RIGHT, WIDTH] = [60, 880, 900];
const [TOP, PANEL_HEIGHT, GAP] = [52, 130, 40];
/** What is higher is not drawn. */
const HIGHEST_SHARE = 1.3;
const [LINE, THRESHOLD, SUSPECTED, GREY] = ['#0969da', '#cf222e', '#ffebe9', '#57606a'];

const bottomOf = (panel: number): number => TOP + panel * (PANEL_HEIGHT + GAP) + PANEL_HEIGHT;
const bottom = bottomOf(subjects.length - 1);
const tenth = (pixels: number): number => Math.round(10 * pixels) / 10;
const x = (at: number): number => tenth(LEFT + ((at - FROM_MS) / (TO_MS - FROM_MS)) * (RIGHT - LEFT));
const y = (panel: number, share: number): number => tenth(bottomOf(panel) - (PANEL_HEIGHT * share) / HIGHEST_SHARE);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const picture = new Picture(
  WIDTH,
  bottom + 78,
  'The suspicion of three detectors over time: a heartbeat is lost, and later the process dies',
);

/** Upright through all panels, with what happened above. */
function mark(at: number, text: string): void {
  const points = [
    [x(at), TOP - 22],
    [x(at), bottom],
  ] as const;
  picture.line(points, { color: GREY, dash: '2 4' });
  picture.text(x(at) + 5, TOP - 16, text, { size: 12, color: GREY });
}

/** What of a curve is not too high, in pieces. */
function visible(points: Curve['points']): Curve['points'][] {
  const pieces: (readonly [number, number])[][] = [[]];
  for (const [i, [at, share]] of points.entries()) {
    const [lastAt, last] = points[i - 1] ?? [at, share];
    const isHigh = share > HIGHEST_SHARE;
    if (isHigh !== last > HIGHEST_SHARE) {
      const crossing = lastAt + ((HIGHEST_SHARE - last) / (share - last)) * (at - lastAt);
      pieces.at(-1)!.push([crossing, HIGHEST_SHARE]);
      if (isHigh) pieces.push([]);
    }
    if (!isHigh) pieces.at(-1)!.push([at, share]);
  }
  return pieces.filter((piece) => piece.length > 0);
}

function drawPanel(panel: number, { name }: Subject, { points, suspected }: Curve): void {
  const base = bottomOf(panel);
  for (const { from, to } of suspected) {
    picture.box(x(from), base - PANEL_HEIGHT, tenth(x(to) - x(from)), PANEL_HEIGHT, SUSPECTED, SUSPECTED);
    const place = { size: 12, color: THRESHOLD, bold: true } as const;
    if (to === TO_MS) {
      picture.text(x(to) - 8, base - 10, `suspected after ${seconds(from - DIES_AT)}`, { ...place, anchor: 'end' });
    } else {
      picture.text(x(to) + 8, base - 60, `suspected wrongly for ${seconds(to - from)}`, place);
    }
  }
  for (const [share, label] of [
    [0, '0'],
    [1, '1'],
  ] as const) {
    const at = y(panel, share);
    const ends = [
      [LEFT, at],
      [RIGHT, at],
    ] as const;
    picture.line(ends, share === 0 ? { color: GREY } : { color: THRESHOLD, dash: '6 4' });
    picture.text(LEFT - 8, at + 4, label, { size: 12, anchor: 'end', color: share === 0 ? GREY : THRESHOLD });
  }
  for (const piece of visible(points)) {
    picture.line(
      piece.map(([at, share]) => [x(at), y(panel, share)] as const),
      { color: LINE },
    );
  }
  picture.text(LEFT + 8, base - PANEL_HEIGHT + 8, name, { bold: true });
}

picture.text(18, (TOP + bottom) / 2, 'suspicion / threshold', { size: 12, anchor: 'middle', color: GREY, turn: -90 });
for (const [panel, subject] of subjects.entries()) drawPanel(panel, subject, play(subject));
mark(sent[LOST]!.arrival, 'this heartbeat is lost');
mark(DIES_AT, 'the process dies');

for (const { arrival, lost } of sent.slice(LEARNED)) {
  const at = x(arrival);
  const ends = [
    [at, bottom + 18],
    [at, bottom + 5],
  ] as const;
  if (lost) picture.text(at, bottom + 17, '×', { size: 16, anchor: 'middle', color: THRESHOLD, bold: true });
  else picture.line(ends, { arrow: true, color: GREY });
}
picture.text(RIGHT, bottom + 18, 'heartbeats, 20 to 220 ms after they are sent', {
  size: 12,
  anchor: 'end',
  color: GREY,
});
for (let at = FROM_MS; at <= TO_MS; at += INTERVAL_MS) {
  picture.text(x(at), bottom + 40, String((at - FROM_MS) / 1000), { size: 12, anchor: 'middle', color: GREY });
}
picture.text((LEFT + RIGHT) / 2, bottom + 62, 'seconds; heartbeats are sent at each', {
  size: 12,
  anchor: 'middle',
  color: GREY,
});
picture.save('suspicion.svg');
