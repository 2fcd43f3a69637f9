import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { NodeId } from 'quorate/core';
import type { Progress } from './progress.js';

/** Who leads, as the client knows it. */
interface Leadership {
  readonly leader: NodeId | null;
  readonly term: number;
}

/** Tells on standard error how the run goes. */
export interface Narrator {
  /** Tells what has just happened. */
  say(text: string): void;
  /** Shows from now on how far the run is. */
  follow(progress: Progress, leadership: Leadership): void;
  /** Shows the last state and ends. Harmless when called twice. */
  stop(): void;
}

/** A bar that moves where somebody watches, otherwise a plain line every two seconds. */
export function createNarrator(stream: NodeJS.WriteStream = process.stderr): Narrator {
  return stream.isTTY ? new BarNarrator(stream) : new LineNarrator(stream);
}

/** How often to look, and over how many looks the speed is taken. */
const TICK_MS = 100;
const SPEED_TICKS = 10;
const LINE_MS = 2000;

/** Looks at the progress again and again. */
class Follower {
  readonly #progress: Progress;
  readonly #leadership: Leadership;
  readonly #timer: NodeJS.Timeout;
  #samples: { readonly at: number; readonly writes: number }[] = [];

  constructor(progress: Progress, leadership: Leadership, tick: () => void) {
    this.#progress = progress;
    this.#leadership = leadership;
    this.#timer = setInterval(() => {
      this.#sample();
      tick();
    }, TICK_MS);
  }

  get writes(): number {
    return this.#progress.acknowledged;
  }

  get total(): number {
    return this.#progress.total;
  }

  /** What the bar shows besides. */
  get payload(): { readonly speed: string; readonly leader: string; readonly term: number } {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    const ms = first === undefined ? 0 : last!.at - first.at;
    const speed = ms === 0 ? 0 : ((last!.writes - first!.writes) / ms) * 1000;
    const { leader, term } = this.#leadership;
    return { speed: Math.round(speed).toLocaleString('en'), leader: leader ?? 'none', term };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    this.#samples.push({ at: performance.now(), writes: this.writes });
    if (this.#samples.length > SPEED_TICKS) this.#samples.shift();
  }
}

class BarNarrator implements Narrator {
  readonly #bars: MultiBar;
  #bar: SingleBar | null = null;
  #follower: Follower | null = null;

  constructor(stream: NodeJS.WriteStream) {
    this.#bars = new MultiBar(
      {
        stream,
        format: '{bar} {percentage} % | {value}/{total} | {speed} ops/s | leader {leader}, term {term}',
        barsize: 16, // so that the line fits into 80 columns
        hideCursor: true,
        gracefulExit: false, // the demo itself sees to Ctrl-C
        stopOnComplete: false,
      },
      Presets.shades_classic,
    );
  }

  say(text: string): void {
    // Only a bar redraws what was said above it.
    if (this.#bar === null) process.stderr.write(`${stamp(text)}\n`);
    else this.#bars.log(`${stamp(text)}\n`);
  }

  follow(progress: Progress, leadership: Leadership): void {
    const follower = new Follower(progress, leadership, () => this.#bar?.update(follower.writes, follower.payload));
    this.#follower = follower;
    this.#bar = this.#bars.create(follower.total, 0, follower.payload);
  }

  stop(): void {
    if (this.#follower === null) return;
    this.#follower.stop();
    this.#bar?.update(this.#follower.writes, this.#follower.payload);
    this.#bars.stop();
    this.#follower = null;
    this.#bar = null;
  }
}

class LineNarrator implements Narrator {
  readonly #stream: NodeJS.WriteStream;
  #follower: Follower | null = null;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  say(text: string): void {
    this.#stream.write(`${stamp(text)}\n`);
  }

  follow(progress: Progress, leadership: Leadership): void {
    let ticks = 0;
    const follower = new Follower(progress, leadership, () => {
      if (++ticks % (LINE_MS / TICK_MS) === 0) this.#sayState(follower);
    });
    this.#follower = follower;
  }

  stop(): void {
    this.#follower?.stop();
    this.#follower = null;
  }

  #sayState({ writes, total, payload: { speed, leader, term } }: Follower): void {
    this.say(`${writes} of ${total} writes, ${speed} ops/s, leader ${leader}, term ${term}`);
  }
}

/** Puts the seconds since the demo started in front. */
function stamp(text: string): string {
  return `${(performance.now() / 1000).toFixed(1).padStart(5)} s  ${text}`;
}
