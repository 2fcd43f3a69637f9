import { checkNumber } from '../core/index.js';
import { checkDuration } from './durations.js';
import { ExpectedArrival, type ExpectedArrivalOptions } from './expected-arrival.js';
import { Window } from './windowed-detector.js';

/** Options of {@link TwoWindow}. */
export interface TwoWindowOptions extends ExpectedArrivalOptions {
  /** How long after its expected arrival a heartbeat is missed, in milliseconds. @defaultValue 1500, as for `ChenNfdE` */
  readonly marginMs?: number;
  /** How many arrivals the quick estimate is made of, from 1 to 64. @defaultValue 1, as in the paper: the last one */
  readonly shortWindowSize?: number;
  /** How many arrivals the steady estimate is made of; at least those of the quick one. @defaultValue 1000, as in the paper */
  readonly windowSize?: number;
}

/**
 * 2W-FD of Tomsic, Sens, Garcia, Arantes & Sopena 2015 ("2W-FD: A Failure Detector Algorithm with QoS"): Chen's estimate
 * over a short and over a long window, of which the later counts. When messages suddenly take longer the short one follows at
 * once; when they are quick by chance the long one keeps the detector patient. So it makes fewer mistakes than
 * `ChenNfdE` when delays come in bursts, and takes a little longer to detect.
 *
 * For the same heartbeats as `ChenNfdE`, and for wide areas. O(short window) an update, which is constant.
 */
export class TwoWindow extends ExpectedArrival {
  /** @internal */
  protected readonly marginMs: number;
  /** @internal */
  protected readonly shortWindowSize: number;

  /** @throws InvalidOptionError */
  constructor(options: TwoWindowOptions = {}) {
    const { marginMs = 1500, shortWindowSize = 1, windowSize = 1000 } = options;
    const short = checkNumber('shortWindowSize', shortWindowSize, { min: 1, max: 64 });
    super(options, checkNumber('windowSize', windowSize, { min: short }), 0);
    this.shortWindowSize = short;
    this.marginMs = checkDuration('marginMs', marginMs);
  }

  /** @internal */
  protected override origin(): number {
    const count = Math.min(this.shortWindowSize, this.at(Window.Count));
    let sum = 0;
    for (let before = 0; before < count; before++) sum += this.sample(before);
    return Math.max(sum / count, this.mean());
  }

  /** @internal */
  protected margin(): number {
    return this.marginMs;
  }
}
