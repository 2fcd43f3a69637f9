import { checkNumber, QuorateError } from '../../core/index.js';
import type { ReadWriteSystem } from '../pairs.js';
import type { QuorumSystem } from '../system.js';
import { resilience } from './availability.js';

/** What a strategy is judged by. */
export type Measure = 'load' | 'network' | 'latencyMs';

/** No strategy is as it was asked to be. Code `no-strategy`. The message names the limit, and the best that there is. */
export class NoStrategyError extends QuorateError {
  /** The limit that cannot be kept, or null when each can, but not all of them at once. */
  readonly limit: Measure | 'resilience' | null;

  constructor(limit: Measure | 'resilience' | null, message: string) {
    super('no-strategy', message);
    this.limit = limit;
  }
}

/** @throws InvalidOptionError; NoStrategyError when not even all members are a quorum that survives so many failures */
export function requireResilience(system: QuorumSystem | ReadWriteSystem, failures: number): number {
  checkNumber('resilience', failures, { min: 0 });
  const most = failures === 0 ? 0 : resilience(system);
  if (failures <= most) return failures;
  throw new NoStrategyError('resilience', `resilience is ${failures}; it must be at most ${most} in this system`);
}
