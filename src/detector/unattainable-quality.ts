import { QuorateError } from '../core/index.js';

/** A requirement by which `configureNfdS` or `configureNfdE` may fail. */
export type QualityRequirement =
  'detectionTimeMs' | 'detectionBeyondDelayMs' | 'mistakeRecurrenceMs' | 'mistakeDurationMs';

/** No detector meets the requirements over this link. Code `unattainable-quality`. The message names both values. */
export class UnattainableQualityError extends QuorateError {
  /** The requirement that cannot be met. */
  readonly requirement: QualityRequirement;
  /**
   * The best that it may ask for while the others and the shortest interval stay as they are, to 0.1 %; null when it is not
   * known. With that another one may turn out to be unattainable.
   */
  readonly best: number | null;

  constructor(requirement: QualityRequirement, wanted: number, best: number | null) {
    const bound = requirement === 'mistakeRecurrenceMs' ? 'at most' : 'at least';
    const remedy = best === null ? 'no message arrives so soon' : `over this link it must be ${bound} ${best}`;
    super('unattainable-quality', `${requirement} is ${wanted}; ${remedy}`);
    this.requirement = requirement;
    this.best = best;
  }
}
