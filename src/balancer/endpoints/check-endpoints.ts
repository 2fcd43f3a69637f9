import { QuorateError } from '../../core/index.js';
import type { Endpoint } from '../../health/index.js';

/** A list of nodes was not taken; the one before it stays. Code `endpoints-refused`; the message says what is wrong with it. */
export class EndpointsRefusedError extends QuorateError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('endpoints-refused', `a list of endpoints was refused: ${message}`, options);
  }
}

const NAME = /^[\x21-\x7e]{1,512}$/;

/**
 * What comes from outside, as endpoints without what else is in it.
 *
 * @throws EndpointsRefusedError when any of it is wrong: half a list would look as if the other half were gone
 */
export function checkEndpoints(list: unknown, maxNodes: number): readonly Endpoint[] {
  if (!Array.isArray(list)) throw new EndpointsRefusedError(`it is ${typeof list}, and no array`);
  if (list.length > maxNodes)
    throw new EndpointsRefusedError(`it has ${list.length} nodes; at most ${maxNodes} are taken (maxNodes)`);
  return Array.from(list, checkEndpoint); // which does not pass over holes, as map does
}

function checkEndpoint(value: unknown, index: number): Endpoint {
  const fields = typeof value === 'string' ? { node: value } : value;
  const { node, weight, priority, zone } = (fields ?? {}) as { readonly [Field in keyof Endpoint]?: unknown };
  if (typeof node !== 'string' || !NAME.test(node))
    throw new EndpointsRefusedError(
      `number ${index} has no name of 1 to 512 printable ASCII characters without spaces`,
    );
  if (weight !== undefined && !(isNumber(weight) && weight >= 0))
    throw new EndpointsRefusedError(`the weight of ${node} is no number from 0`);
  if (priority !== undefined && !(isNumber(priority) && priority >= 0 && priority % 1 === 0))
    throw new EndpointsRefusedError(`the priority of ${node} is no whole number from 0`);
  if (zone !== undefined && !(typeof zone === 'string' && NAME.test(zone)))
    throw new EndpointsRefusedError(`the zone of ${node} is no name`);
  return {
    node,
    ...(weight === undefined ? {} : { weight }),
    ...(priority === undefined ? {} : { priority }),
    ...(zone === undefined ? {} : { zone }),
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
