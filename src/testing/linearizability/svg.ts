import { escaped, shortened } from './labels.js';
import { layOut, type Bar, type Lane, type Layout, type Shown, type Tick } from './layout.js';

const NAMES_WIDTH = 92;
const ROW_HEIGHT = 30;
const BAR_HEIGHT = 22;
const TOP = 40;
const BOTTOM = 36;
const TICK_EVERY = 110;
const NAME_LENGTH = 11;

interface Colours {
  readonly fill: string;
  readonly stroke: string;
  readonly text: string;
}

const PLACED: Colours = { fill: '#ddf4ff', stroke: '#0969da', text: '#0a3069' };
const CULPRIT: Colours = { fill: '#ffd8d3', stroke: '#cf222e', text: '#82071e' };
const LEFT_OUT: Colours = { fill: '#f6f8fa', stroke: '#8c959f', text: '#424a53' };
const FAILED: Colours = { fill: '#ffffff', stroke: '#d0d7de', text: '#8c959f' };

/** A timeline, and its names once more: they stay where they are while the timeline is scrolled. */
export interface Drawing {
  readonly timeline: string;
  readonly names: string;
}

/** Bars from call to return in a lane for each process, as a picture that stands for itself. */
export function drawTimeline(shown: readonly Shown[], culprit: number | null, title: string): Drawing {
  const layout = layOut(shown, NAMES_WIDTH);
  const bottom = TOP + layout.rows * ROW_HEIGHT;
  const names = layout.lanes.map((lane, i) => drawLane(lane, i, NAMES_WIDTH - 4));
  const parts = [
    `<title>${escaped(title)}</title>`,
    ...layout.lanes.map((lane, i) => drawLane(lane, i, layout.right)),
    drawAxis(layout.ticks, bottom),
    ...layout.bars.map((bar) => drawTail(bar, layout.right)),
    drawLimit(layout, culprit, bottom),
    ...layout.bars.map((bar) => drawBar(bar, bar.index === culprit)),
  ];
  const height = bottom + BOTTOM;
  return { timeline: svg(layout.right, height, parts), names: svg(NAMES_WIDTH - 4, height, names) };
}

function svg(width: number, height: number, parts: readonly string[]): string {
  const size = `width="${px(width)}" height="${height}" viewBox="0 0 ${px(width)} ${height}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="system-ui, sans-serif" font-size="12">`;
  return [head, '<rect width="100%" height="100%" fill="#ffffff"/>', ...parts, '</svg>'].join('\n');
}

function drawLane({ process, firstRow, rows }: Lane, i: number, right: number): string {
  const [y, height] = [TOP + firstRow * ROW_HEIGHT, rows * ROW_HEIGHT];
  const fill = i % 2 === 0 ? '#f6f8fa' : '#ffffff';
  const lane = `<rect x="0" y="${y}" width="${px(right)}" height="${height}" fill="${fill}"/>`;
  const name = escaped(shortened(process, NAME_LENGTH));
  return `${lane}<text x="10" y="${y + height / 2 + 4}" font-weight="600" fill="#1f2328">${name}</text>`;
}

function drawAxis(ticks: readonly Tick[], bottom: number): string {
  const parts: string[] = [];
  let next = 0;
  for (const { at, x } of ticks) {
    if (x < next) continue;
    next = x + TICK_EVERY;
    parts.push(
      `<line x1="${px(x)}" y1="${TOP}" x2="${px(x)}" y2="${bottom + 5}" stroke="#d0d7de" stroke-width="0.7"/>`,
      `<text x="${px(x)}" y="${bottom + 19}" font-size="11" text-anchor="middle" fill="#6e7781">${timeText(at)}</text>`,
    );
  }
  return parts.join('');
}

/** Nobody saw the end of it: it may still happen. */
function drawTail({ operation, right, row }: Bar, end: number): string {
  if (operation.outcome !== 'unknown') return '';
  const y = middleOf(row);
  const line = `<line x1="${px(right)}" y1="${y}" x2="${px(end - 8)}" y2="${y}" stroke="#8c959f" stroke-dasharray="3 4"/>`;
  const head = `<path d="M${px(end - 9)},${y - 4} l8,4 l-8,4 z" fill="#8c959f"/>`;
  return line + head;
}

/** Whatever ends left of this line must be placed before the offending operation, or with it. */
function drawLimit({ bars }: Layout, culprit: number | null, bottom: number): string {
  const bar = bars.find(({ index }) => index === culprit);
  if (bar === undefined) return '';
  const x = px(bar.right);
  const text = `<text x="${x}" y="${TOP - 16}" text-anchor="end" font-weight="600" fill="${CULPRIT.stroke}">cannot be placed</text>`;
  const line = `<line x1="${x}" y1="${TOP - 10}" x2="${x}" y2="${bottom}" stroke="${CULPRIT.stroke}" stroke-dasharray="5 3"/>`;
  return text + line;
}

function drawBar(bar: Bar, isCulprit: boolean): string {
  const { left, right, label, number, operation, index } = bar;
  const { fill, stroke, text } = coloursOf(bar, isCulprit);
  const y = middleOf(bar.row) - BAR_HEIGHT / 2;
  const dashes = operation.outcome === 'unknown' ? ' stroke-dasharray="4 3"' : '';
  const weight = isCulprit ? 2.4 : 1.2;
  const strike = operation.outcome === 'failed' ? ' text-decoration="line-through"' : '';
  const badge = number === null ? '' : `<tspan font-weight="700">${number}</tspan> `;
  return [
    `<g${isCulprit ? ' id="culprit"' : ''}><title>${escaped(hint(bar, index))}</title>`,
    `<rect x="${px(left)}" y="${y}" width="${px(right - left)}" height="${BAR_HEIGHT}" rx="4" fill="${fill}"`,
    ` stroke="${stroke}" stroke-width="${weight}"${dashes}/>`,
    `<text x="${px(left + 7)}" y="${y + 15}" fill="${text}"${strike}>${badge}${escaped(label)}</text></g>`,
  ].join('');
}

function coloursOf({ number, operation }: Bar, isCulprit: boolean): Colours {
  if (isCulprit) return CULPRIT;
  if (operation.outcome === 'failed') return FAILED;
  return number === null ? LEFT_OUT : PLACED;
}

function hint({ operation, label }: Bar, index: number): string {
  const { process, outcome, calledAt, returnedAt } = operation;
  const end =
    returnedAt === null ? 'no return' : `${outcome === 'unknown' ? 'given up' : outcome} at ${timeText(returnedAt)}`;
  return `#${index}, process ${process}: ${label}; called at ${timeText(calledAt)}, ${end}`;
}

function middleOf(row: number): number {
  return TOP + row * ROW_HEIGHT + ROW_HEIGHT / 2;
}

function timeText(at: number): string {
  return String(Math.round(at * 1000) / 1000);
}

function px(x: number): number {
  return Math.round(x * 10) / 10;
}
