import { checkNumber } from '../../core/index.js';
import type { LinearizabilityResult } from './check.js';
import type { History } from './history.js';
import { describeOperation, escaped, shortened, type Describe } from './labels.js';
import type { Shown } from './layout.js';
import { drawTimeline, type Drawing } from './svg.js';

/** Options of {@link renderTimeline}. */
export interface TimelineOptions<Input, Output> {
  /** The heading. @defaultValue what the result says */
  readonly title?: string;
  /** What stands in a bar. @defaultValue the fields of input and output: `put "a" 1`, `read → 2` */
  readonly describe?: Describe<Input, Output>;
  /**
   * How many operations are drawn at most: of a violation two thirds before it and one third after it, otherwise the first.
   *
   * @defaultValue 40, which one can still follow
   */
  readonly maxOperations?: number;
}

/** Characters of a label in a bar, and of a state. */
const LABEL_LENGTH = 30;
const STATE_LENGTH = 300;

/** How much of the order is written out below the picture. */
const LISTED = 15;

/**
 * A page to look at: what was checked, and a picture of it with a lane for each process, a bar from call to return for
 * each operation, and a number for its place in the order that was found. Of a violation only the partition that it is in
 * is drawn, with the offending operation in red. The page needs nothing else: no scripts, no other files. The picture is
 * an `<svg>` element that also stands for itself.
 *
 * @returns HTML
 * @throws `InvalidOptionError`
 */
export function renderTimeline<Input, Output>(
  history: History<Input, Output>,
  result: LinearizabilityResult,
  options: TimelineOptions<Input, Output> = {},
): string {
  const maxOperations = checkNumber('maxOperations', options.maxOperations ?? 40, { min: 1 });
  const describe = options.describe ?? describeOperation;
  const title = options.title ?? titleOf(result);
  const all = inOrderOfCalls(history, result);
  const culprit = result.verdict === 'violation' ? result.culprit : null;
  const window = windowOf(all, culprit, maxOperations);
  const numbers = numbersOf(result);
  const shown = all.slice(window.from, window.to).map((index): Shown => ({
    index,
    operation: history[index]!,
    label: shortened(describe(history[index]!), LABEL_LENGTH),
    number: numbers.get(index) ?? null,
  }));
  return page(title, [
    `<p>${summaryOf(history, result, describe)}</p>`,
    legend(culprit !== null),
    picture(drawTimeline(shown, culprit, title)),
    `<p class="note">${noteOf(window, all.length)}</p>`,
    ...(result.verdict === 'violation' ? [listing(history, result.prefix, describe)] : []),
  ]);
}

function titleOf(result: LinearizabilityResult): string {
  if (result.verdict === 'ok') return 'Linearizable';
  if (result.verdict === 'unknown') return 'Not decided: the budget ran out';
  return `Not linearizable${result.partition === '' ? '' : `: ${result.partition}`}`;
}

function inOrderOfCalls(history: History<unknown, unknown>, result: LinearizabilityResult): number[] {
  const indexes = result.verdict === 'violation' ? [...result.operations] : [...history.keys()];
  return indexes.sort((a, b) => history[a]!.calledAt - history[b]!.calledAt || a - b);
}

interface Window {
  readonly from: number;
  readonly to: number;
}

function windowOf(all: readonly number[], culprit: number | null, size: number): Window {
  if (culprit === null) return { from: 0, to: Math.min(size, all.length) };
  const centre = all.indexOf(culprit);
  const before = Math.floor((2 * (size - 1)) / 3);
  const from = Math.max(0, Math.min(centre - before, all.length - size));
  return { from, to: Math.min(all.length, from + size) };
}

/** The places in the order that was found, from 1; each partition has an order of its own. */
function numbersOf(result: LinearizabilityResult): Map<number, number> {
  if (result.verdict === 'unknown') return new Map();
  const orders = result.verdict === 'ok' ? [...result.orders.values()] : [result.prefix];
  return new Map(orders.flatMap((order) => order.map((index, i): [number, number] => [index, i + 1])));
}

function summaryOf<Input, Output>(
  history: History<Input, Output>,
  result: LinearizabilityResult,
  describe: Describe<Input, Output>,
): string {
  if (result.verdict === 'ok') {
    const partitions =
      result.orders.size === 1 ? '' : ` in ${result.orders.size} partitions, each with an order of its own`;
    return `${history.length} operations${partitions}. The numbers are an order that explains what was returned.`;
  }
  if (result.verdict === 'unknown') {
    const named = result.undecided.slice(0, 5).map((name) => `<code>${escaped(JSON.stringify(name))}</code>`);
    return `After ${result.steps} steps there was neither an order nor the certainty that there is none in ${named.join(', ')}${result.undecided.length > 5 ? ' and others' : ''}.`;
  }
  const { culprit, prefix, state } = result;
  const { process } = history[culprit]!;
  return (
    `Operation <a href="#culprit">#${culprit}</a>, <code>${escaped(shortened(describe(history[culprit]!), STATE_LENGTH))}</code> ` +
    `of process ${escaped(String(process))}, cannot be placed: no order holds it together with everything that returned ` +
    `before it. The longest order without it has ${prefix.length} operations, numbered here, and leaves the state ` +
    `<code>${escaped(shortened(state, STATE_LENGTH))}</code>.`
  );
}

function noteOf({ from, to }: Window, total: number): string {
  const left = [from > 0 ? `${from} earlier` : '', to < total ? `${total - to} later` : ''].filter(
    (text) => text !== '',
  );
  const cut = left.length === 0 ? '' : ` ${left.join(' and ')} operations are not drawn.`;
  return `Time runs to the right; only the order of calls and returns is to scale.${cut}`;
}

function listing<Input, Output>(
  history: History<Input, Output>,
  prefix: readonly number[],
  describe: Describe<Input, Output>,
): string {
  const first = Math.max(0, prefix.length - LISTED);
  const items = prefix.slice(first).map((index) => {
    const operation = history[index]!;
    const text = escaped(shortened(describe(operation), STATE_LENGTH));
    return `<li><code>${text}</code> <span class="note">#${index}, process ${escaped(String(operation.process))}</span></li>`;
  });
  const heading = first === 0 ? 'The longest order' : 'The end of the longest order';
  return `<h2>${heading}</h2><ol start="${first + 1}">${items.join('')}</ol>`;
}

function picture({ timeline, names }: Drawing): string {
  return `<div class="picture"><div class="names" aria-hidden="true">${names}</div><div class="lanes">${timeline}</div></div>`;
}

function legend(withCulprit: boolean): string {
  const item = (name: string, text: string): string => `<span class="key ${name}"></span>${text}`;
  return `<p class="legend">${[
    item('placed', 'placed, with its number'),
    ...(withCulprit ? [item('culprit', 'cannot be placed')] : []),
    item('left', 'not placed'),
    item('open', 'outcome unknown: may happen later or never'),
    item('failed', 'failed: had no effect'),
  ].join('')}</p>`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff; margin: 24px auto; max-width: 1600px; padding: 0 24px; }
h1 { font-size: 22px; margin: 0 0 8px; } h2 { font-size: 16px; margin: 20px 0 4px; } p { margin: 6px 0; max-width: 110ch; }
code { background: #f6f8fa; border-radius: 4px; padding: 1px 4px; font-size: 13px; overflow-wrap: anywhere; }
.picture { overflow-x: auto; border: 1px solid #d0d7de; border-radius: 6px; margin: 12px 0 4px; }
.picture svg { display: block; } .picture { display: flex; } .picture div { flex: none; }
.names { position: sticky; left: 0; box-shadow: 4px 0 4px -3px #d0d7de; } .lanes { margin-left: -88px; } .names { z-index: 1; }
.note { color: #6e7781; font-size: 13px; } .legend { max-width: none; font-size: 13px; color: #424a53; }
.key { display: inline-block; width: 22px; height: 12px; border: 1.5px solid; border-radius: 3px; margin: 0 6px -1px 16px; }
.key:first-child { margin-left: 0; } .placed { background: #ddf4ff; border-color: #0969da; }
.culprit { background: #ffd8d3; border-color: #cf222e; } .left { background: #f6f8fa; border-color: #8c959f; }
.open { background: #fff; border-color: #8c959f; border-style: dashed; } .failed { border-color: #d0d7de; }
`;

function page(title: string, parts: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escaped(title)}</h1>`,
    ...parts,
    '</body></html>',
    '',
  ].join('\n');
}
