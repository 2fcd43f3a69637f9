import { QuorateError } from '../../core/index.js';
import type { Balancer } from '../balancer.js';
import { withAllInside } from './layer.js';

/** Balancers make no sense in this order. Code `layer-order`: the message says why, and what to do instead. */
export class LayerOrderError extends QuorateError {
  constructor(outer: string, inner: string, reason: string) {
    super('layer-order', `${outer} around ${inner} makes no sense: ${reason}`);
  }
}

/** A class, also one that has no public constructor or is abstract. */
type Class = abstract new (...values: never[]) => Balancer<never>;

/**
 * Refuses a balancer of some kind within a layer.
 *
 * @throws LayerOrderError
 */
export function refuseInside(outer: Class, balancer: Balancer<never>, refused: Class, reason: string): void {
  for (const inside of withAllInside(balancer))
    if (inside instanceof refused) throw new LayerOrderError(outer.name, inside.constructor.name, reason);
}
