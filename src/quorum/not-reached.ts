import { QuorateError, type NodeId } from '../core/index.js';
import type { Gathered } from './gather.js';
import { formatSystem, type QuorumSystem } from './system.js';

/**
 * No quorum said yes, and none can any more, or not in time. Code `quorum-not-reached`. Has what members said until then.
 * The outcome is `failed` only when nobody said yes and nobody is unknown or pending: otherwise some of them have done
 * what they were asked for, or may still do it.
 */
export class QuorumNotReachedError extends QuorateError implements Gathered<unknown> {
  declare readonly yes: ReadonlyMap<NodeId, unknown>;
  declare readonly no: ReadonlyMap<NodeId, unknown>;
  declare readonly unknown: ReadonlyMap<NodeId, unknown>;
  declare readonly pending: readonly NodeId[];
  declare readonly settled: Promise<Gathered<unknown>>;

  /** @param cause - the TimeoutError, when the time was up */
  constructor(system: QuorumSystem, gathered: Gathered<unknown>, cause?: unknown) {
    const { yes, no, unknown, pending } = gathered;
    const said = `${yes.size} said yes, ${no.size} no, ${unknown.size} unknown`;
    const outcome = yes.size + unknown.size + pending.length > 0 ? 'unknown' : 'failed';
    super('quorum-not-reached', `no quorum of ${formatSystem(system)}: ${said}`, { cause, outcome });
    Object.assign(this, gathered);
  }
}
