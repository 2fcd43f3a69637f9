import { InvalidOptionError } from '../core/index.js';
import { checkTime, DeadlineDetector } from './failure-detector.js';

/** What detectors have in common that remember the last heartbeat only. */
export abstract class LastHeartbeat extends DeadlineDetector {
  /** Since when the next heartbeat is awaited; `-Infinity` at first. @internal */
  protected from = -Infinity;
  /** When the last heartbeat came; `-Infinity` before the first, and once another time to wait from was set. @internal */
  protected arrival = -Infinity;
  /** The highest sequence number; -1 at first. @internal */
  protected highest = -1;

  heartbeat(at: number, sequence: number = this.highest + 1): void {
    if (!(sequence > this.highest)) return;
    this.expectFrom(at);
    this.arrival = at;
    this.highest = sequence;
  }

  expectFrom(at: number): void {
    this.from = checkTime(at, this.from);
    this.arrival = -Infinity;
  }

  state(): readonly number[] {
    return [this.from, this.arrival, this.highest];
  }

  restore(state: readonly number[]): void {
    if (state.length !== 3) throw new InvalidOptionError('state', state, '3 numbers');
    [this.from, this.arrival, this.highest] = state as [number, number, number];
  }
}
