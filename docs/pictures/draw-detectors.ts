/**
 * Draws `detector-quality.svg`: how often detectors are wrong for how soon they detect.
 * Run: npm run bench -- detector-quality
 */
import { Picture } from './svg.js';

/** What one detector does over one network. */
interface Curve {
  readonly name: string;
  /** By ascending detection time; null where the detector cannot be. */
  readonly points: readonly ({ readonly detectionTimeMs: number; readonly mistakesPerHour: number } | null)[];
}

/** One network. */
interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

/** Colors that differ in lightness, too, and dashes for who sees neither; on white, whatever is around it. */
const LOOKS: Readonly<Record<string, { readonly color: string; readonly dash?: string }>> = {
  FixedTimeout: { color: '#1f2328' },
  MissedChecks: { color: '#8c959f', dash: '2 3' },
  ChenNfdS: { color: '#0a3069', dash: '7 3' },
  ChenNfdE: { color: '#218bff' },
  TwoWindow: { color: '#1a7f37' },
  LogisticPhi: { color: '#cf222e' },
  NormalPhi: { color: '#fb8f44', dash: '7 3' },
  ExponentialPhi: { color: '#8250df', dash: '2 3' },
  Bertier: { color: '#bf8700' },
};

const WIDTH = 960;
const PANEL = { width: 390, height: 400, top: 52, lefts: [60, 540] };
const LEGEND = { top: 512, columns: 5, width: 180 };
const TIMES = [200, 300, 400, 500, 700, 1000, 1500, 2000];
/** Mistakes an hour: powers of ten; below the least there is a row for none. */
const DECADES = [-2, 5] as const;
const NONE = DECADES[0] - 0.7;

/** @param to - the name beside this file, or another URL */
export function drawDetectors(panels: readonly Panel[], to: string): void {
  const picture = new Picture(WIDTH, 560, 'How often failure detectors are wrong, for how soon they detect a crash');
  for (const [i, panel] of panels.entries()) drawPanel(picture, PANEL.lefts[i]!, panel);
  for (const [i, { name }] of panels[0]!.curves.entries()) {
    const x = PANEL.lefts[0]! + LEGEND.width * (i % LEGEND.columns);
    const y = LEGEND.top + 24 * Math.floor(i / LEGEND.columns);
    const line = [0, 13, 26].map((along) => [x + along, y] as const);
    drawCurve(picture, name, panels[0]!.curves[i]!.points.length > 1 ? line : line.slice(1, 2));
    picture.text(x + 34, y + 4, name);
  }
  picture.save(to);
}

function drawPanel(picture: Picture, left: number, { title, curves }: Panel): void {
  const [right, bottom] = [left + PANEL.width, PANEL.top + PANEL.height];
  const xOf = (ms: number): number => round(left + (PANEL.width * Math.log(ms / 200)) / Math.log(10));
  const yOf = (decade: number): number => round(bottom - (PANEL.height * (decade - NONE)) / (DECADES[1] - NONE));
  picture.text(left, 26, title, { bold: true });
  picture.text(left, 43, 'mistakes an hour', { size: 11, color: '#57606a' });
  for (let decade: number = DECADES[0]; decade <= DECADES[1]; decade++) {
    grid(picture, [left, yOf(decade)], [right, yOf(decade)]);
    picture.text(left - 6, yOf(decade) + 4, (10 ** decade).toLocaleString('en'), { size: 11, anchor: 'end' });
  }
  grid(picture, [left, yOf(NONE)], [right, yOf(NONE)]);
  picture.text(left - 6, yOf(NONE) + 4, 'none', { size: 11, anchor: 'end' });
  for (const ms of TIMES) {
    grid(picture, [xOf(ms), PANEL.top], [xOf(ms), bottom]);
    picture.text(xOf(ms), bottom + 17, (ms / 1000).toString(), { size: 11, anchor: 'middle' });
  }
  picture.text(right, bottom + 34, 'mean detection time, seconds', { size: 11, anchor: 'end', color: '#57606a' });
  for (const { name, points } of curves) {
    let places: [number, number][] = [];
    for (const point of [...points, null]) {
      if (point === null) {
        drawCurve(picture, name, places);
        places = [];
      } else {
        const { detectionTimeMs, mistakesPerHour } = point;
        const decade = mistakesPerHour > 0 ? Math.log10(mistakesPerHour) : NONE;
        places.push([xOf(detectionTimeMs), yOf(Math.max(decade, NONE))]);
      }
    }
  }
}

function grid(picture: Picture, from: readonly [number, number], to: readonly [number, number]): void {
  picture.line([from, to], { color: '#d8dee4' });
}

/** A line with a dot at each place. */
function drawCurve(picture: Picture, name: string, places: readonly (readonly [number, number])[]): void {
  const look = LOOKS[name]!;
  if (places.length > 1) picture.line(places, look);
  for (const [x, y] of places) picture.box(round(x - 2), round(y - 2), 4, 4, look.color, look.color);
}

/** To a tenth of a pixel, so that the last bits of logarithms, which differ between platforms, do not show. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
