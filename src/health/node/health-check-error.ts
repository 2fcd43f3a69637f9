import { QuorateError } from '../../core/index.js';

/** A check has found a node unwell. Code `health-check-failed`; the message says what was expected, and what came. */
export class HealthCheckError extends QuorateError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('health-check-failed', message, options);
  }
}
