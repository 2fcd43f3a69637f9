import { checkNumber } from '../core/index.js';
import { Detector } from './detector.js';

/** The numbers of a window; those of subclasses follow, then the samples. Bundlers know no other enums' values here. */
export const enum Window {
  /** How many samples there are: `Slot.Own`. */
  Count = 3,
  /** Where the next one goes. */
  Place,
  /** What sums are relative to. */
  Shift,
  Sum,
  Squares,
  /** The sums over this lap around the window. */
  LapSum,
  LapSquares,
  /** Where the numbers of subclasses begin. */
  Own,
}

/**
 * What detectors have in common that learn from the last heartbeats: samples, such as the intervals between these, with
 * mean and standard deviation in constant time.
 *
 * Sums are of distances from a shift near the mean, so that squares do not cancel out. What is added to a sum and taken
 * away again leaves a rounding error behind; therefore a second pair of sums only adds, from the beginning of each lap around
 * the window, and replaces the first at its end, when both are of the same samples. So errors are those of one lap, however
 * many samples there were.
 */
export abstract class WindowedDetector extends Detector {
  /** @internal */
  protected readonly samples: number;
  /** @internal */
  protected readonly size: number;

  constructor(size: number, own: number) {
    super(Window.Own - Window.Count + own + checkNumber('windowSize', size, { min: 1, max: 0x10_0000 }));
    this.samples = Window.Own + own;
    this.size = size;
  }

  /** Adds a sample, and drops the oldest of a full window. @internal */
  protected add(sample: number): void {
    const { memory, start, size } = this;
    const count = memory[start + Window.Count]!;
    if (count === 0) memory[start + Window.Shift] = sample;
    const shift = memory[start + Window.Shift]!;
    const place = memory[start + Window.Place]!;
    const slot = start + this.samples + place;
    const added = sample - shift;
    const dropped = count < size ? 0 : memory[slot]! - shift;
    memory[slot] = sample;
    memory[start + Window.Sum]! += added - dropped;
    memory[start + Window.Squares]! += added * added - dropped * dropped;
    memory[start + Window.LapSum]! += added;
    memory[start + Window.LapSquares]! += added * added;
    if (count < size) memory[start + Window.Count] = count + 1;
    memory[start + Window.Place] = place + 1;
    if (place + 1 === size) this.completeLap();
  }

  /** Takes over the sums of the lap, with their mean as the shift. @internal */
  protected completeLap(): void {
    const sum = this.at(Window.LapSum);
    const offset = sum / this.size;
    this.put(Window.Shift, this.at(Window.Shift) + offset);
    this.put(Window.Squares, this.at(Window.LapSquares) - offset * sum);
    this.put(Window.Sum, 0);
    this.put(Window.LapSum, 0);
    this.put(Window.LapSquares, 0);
    this.put(Window.Place, 0);
  }

  /** The mean of the samples; NaN when there are none. @internal */
  protected mean(): number {
    return this.at(Window.Shift) + this.at(Window.Sum) / this.at(Window.Count);
  }

  /** The standard deviation of the samples, as a population; NaN when there are none. @internal */
  protected deviation(): number {
    const offset = this.at(Window.Sum) / this.at(Window.Count);
    return Math.sqrt(Math.max(0, this.at(Window.Squares) / this.at(Window.Count) - offset * offset));
  }

  /** The sample that came so many before the last one, 0 for the last. @internal */
  protected sample(before: number): number {
    const place = this.at(Window.Place) - 1 - before;
    return this.at(this.samples + (place < 0 ? place + this.size : place));
  }
}
