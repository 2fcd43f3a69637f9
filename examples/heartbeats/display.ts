import type { ExampleEvent } from './events.js';
import { describe, jsonLine } from './report.js';
import { shareOf, stateOf, table, TABLE_WIDTH, type Row } from './table.js';

/** Tells how it goes. */
export interface Display {
  /** Tells people what is being done. */
  say(text: string): void;
  /** Tells what has happened. */
  tell(event: ExampleEvent): void;
  /** Shows the last state, and leaves the terminal as it was. Harmless when called twice. */
  stop(): void;
}

/** JSON lines where they are asked for, a table that moves where somebody watches, plain lines otherwise. */
export function createDisplay(
  json: boolean,
  rows: () => readonly Row[],
  stream: NodeJS.WriteStream = process.stdout,
): Display {
  if (json) return new JsonDisplay(stream);
  return stream.isTTY ? new LiveDisplay(rows, stream) : new LineDisplay(rows, stream);
}

const REDRAW_MS = 100;
const LINE_MS = 2000;
const [NARROWEST_BAR, WIDEST_BAR] = [8, 40];

class JsonDisplay implements Display {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  say(): void {}

  tell(event: ExampleEvent): void {
    this.#stream.write(jsonLine(event));
  }

  stop(): void {}
}

const [HIDE_CURSOR, SHOW_CURSOR] = ['\u001b[?25l', '\u001b[?25h'];
/** Lines that are too long are cut while that is off, so that each takes one line of the screen. */
const [WRAP_OFF, WRAP_ON] = ['\u001b[?7l', '\u001b[?7h'];
const [ERASE_LINE, ERASE_BELOW] = ['\u001b[K', '\u001b[J'];

/** What is said scrolls by above a table, which is drawn again and again. */
class LiveDisplay implements Display {
  readonly #rows: () => readonly Row[];
  readonly #stream: NodeJS.WriteStream;
  readonly #timer: NodeJS.Timeout;
  readonly #restore = (): void => void this.#stream.write(WRAP_ON + SHOW_CURSOR);
  /** How many lines of the screen the table has. */
  #height = 0;
  #stopped = false;

  constructor(rows: () => readonly Row[], stream: NodeJS.WriteStream) {
    this.#rows = rows;
    this.#stream = stream;
    process.once('exit', this.#restore); // whatever happens
    stream.write(HIDE_CURSOR);
    this.#timer = setInterval(() => this.#draw(''), REDRAW_MS);
  }

  say(text: string): void {
    this.#draw(`${stamp(text)}${ERASE_LINE}\n`);
  }

  tell(event: ExampleEvent): void {
    this.say(describe(event));
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#draw('');
    this.#restore();
    process.off('exit', this.#restore);
  }

  /** Draws the table over the one before, and a text above it: in one write, so that nothing flickers. */
  #draw(above: string): void {
    const { columns } = this.#stream;
    const barWidth = Math.min(Math.max(columns - TABLE_WIDTH, NARROWEST_BAR), WIDEST_BAR);
    const lines = ['', ...table(this.#rows(), { barWidth, colors: this.#stream.hasColors() }).split('\n')];
    const up = this.#height === 0 ? '' : `\u001b[${this.#height}A`;
    this.#height = lines.length;
    const drawn = lines.map((line) => `${line}${ERASE_LINE}\n`).join('');
    this.#stream.write(`${up}\r${above}${WRAP_OFF}${drawn}${ERASE_BELOW}${WRAP_ON}`);
  }
}

/** A line now and then. */
class LineDisplay implements Display {
  readonly #stream: NodeJS.WriteStream;
  readonly #timer: NodeJS.Timeout;

  constructor(rows: () => readonly Row[], stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#timer = setInterval(() => this.say(rows().map(brief).join(', ')), LINE_MS);
  }

  say(text: string): void {
    this.#stream.write(`${stamp(text)}\n`);
  }

  tell(event: ExampleEvent): void {
    this.say(describe(event));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function brief({ id, peer, restarts }: Row): string {
  if (peer === undefined) return `${id} starting`;
  const state = `${id} ${stateOf(peer, restarts)}`;
  return peer.condition === 'stopped' ? state : `${state} ${Math.round(100 * shareOf(peer))} %`;
}

/** Puts the seconds since the program started in front. */
function stamp(text: string): string {
  return `${(performance.now() / 1000).toFixed(1).padStart(5)} s  ${text}`;
}
