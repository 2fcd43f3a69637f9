import { InvalidOptionError, QuorateError } from '../../../core/index.js';

/** What happens to a session whose node cannot be given a request. */
export type WhenUnavailable = 'another' | 'refuse';

/** A session's node cannot be given a request, and no other is wanted. Code `session-unavailable`, outcome `failed`: nothing was sent. */
export class SessionUnavailableError extends QuorateError {
  /** The node of the session. */
  readonly node: string;

  constructor(node: string) {
    super('session-unavailable', `${node}, which has the session, cannot be given a request`);
    this.node = node;
  }
}

/** @throws InvalidOptionError */
export function checkWhenUnavailable(value: WhenUnavailable): WhenUnavailable {
  if (value === 'another' || value === 'refuse') return value;
  throw new InvalidOptionError('whenUnavailable', value, "'another' or 'refuse'");
}
