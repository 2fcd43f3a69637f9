import type { Run } from './run.js';
import { brief, serverTable } from './table.js';

/** Shows how a run goes, until it is stopped. */
export interface Display {
  /** Tells people what is being done. */
  say(text: string): void;
  /** Shows this run from now on. */
  watch(strategy: string, run: Run, total: number): void;
  /** Shows the last state, and leaves the terminal as it was. Harmless when called twice. */
  stop(): void;
}

/** Nothing where JSON is asked for, a table that moves where somebody watches, plain lines otherwise. */
export function createDisplay(
  json: boolean,
  portOf: (server: string) => number | undefined,
  stream: NodeJS.WriteStream = process.stdout,
): Display {
  if (json) return { say: () => {}, watch: () => {}, stop: () => {} };
  return stream.isTTY ? new LiveDisplay(portOf, stream) : new LineDisplay(stream);
}

const REDRAW_MS = 100;
const LINE_MS = 2000;
const BAR_WIDTH = 30;

const [HIDE_CURSOR, SHOW_CURSOR] = ['\u001b[?25l', '\u001b[?25h'];
/** Lines that are too long are cut while that is off, so that each takes one line of the screen. */
const [WRAP_OFF, WRAP_ON] = ['\u001b[?7l', '\u001b[?7h'];
const [ERASE_LINE, ERASE_BELOW] = ['\u001b[K', '\u001b[J'];

/** A table that is drawn again and again; that of the strategy before stays above it. */
class LiveDisplay implements Display {
  readonly #portOf: (server: string) => number | undefined;
  readonly #stream: NodeJS.WriteStream;
  readonly #restore = (): void => void this.#stream.write(WRAP_ON + SHOW_CURSOR);
  #text: (() => string) | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** How many lines of the screen the table has. */
  #height = 0;

  constructor(portOf: (server: string) => number | undefined, stream: NodeJS.WriteStream) {
    this.#portOf = portOf;
    this.#stream = stream;
  }

  say(text: string): void {
    this.stop();
    this.#stream.write(`${text}\n`);
  }

  watch(strategy: string, run: Run, total: number): void {
    this.stop();
    this.#text = () => `\n${strategy.padEnd(20)}${progress(run, total)}\n${serverTable(run.servers, this.#portOf)}`;
    this.#height = 0;
    process.once('exit', this.#restore); // whatever happens
    this.#stream.write(HIDE_CURSOR);
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  stop(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#draw();
    this.#restore();
    process.off('exit', this.#restore);
  }

  /** Draws the table over the one before: in one write, so that nothing flickers. */
  #draw(): void {
    const lines = this.#text!().split('\n');
    const up = this.#height === 0 ? '' : `\u001b[${this.#height}A`;
    this.#height = lines.length;
    const drawn = lines.map((line) => `${line}${ERASE_LINE}\n`).join('');
    this.#stream.write(`${up}\r${WRAP_OFF}${drawn}${ERASE_BELOW}${WRAP_ON}`);
  }
}

/** A line now and then. */
class LineDisplay implements Display {
  readonly #stream: NodeJS.WriteStream;
  #timer: NodeJS.Timeout | null = null;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  say(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  watch(strategy: string, run: Run, total: number): void {
    this.stop();
    this.#timer = setInterval(() => {
      this.say(`${strategy}: ${run.ended} of ${total} ended; ${run.servers.map(brief).join('; ')}`);
    }, LINE_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

function progress({ sent, ended }: Run, total: number): string {
  const filled = Math.floor((BAR_WIDTH * ended) / total);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${sent} sent, ${ended} ended of ${total}`;
}
