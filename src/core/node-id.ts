import { InvalidOptionError } from './errors.js';

/**
 * The name of one member of a cluster: a short printable string that the user chooses and that stays the same across
 * restarts. It is not an address (see `setAddress` of {@link Transport}), and it does not tell two runs of one member
 * apart (that is what a gpid does).
 */
export type NodeId = string;

/** The longest {@link NodeId} that is accepted, in characters. */
export const MAX_NODE_ID_LENGTH = 128;

/** As long as {@link MAX_NODE_ID_LENGTH} allows. */
const PRINTABLE = /^[\x21-\x7e]{1,128}$/;

/**
 * Tells whether a value from outside is a valid {@link NodeId}: 1 to 128 printable ASCII characters, no spaces, and none of
 * the names that every object has, such as `constructor`.
 */
export function isNodeId(value: unknown): value is NodeId {
  // Ids are keys of plain objects, which seem to have the names of the prototype already.
  return typeof value === 'string' && PRINTABLE.test(value) && !(value in Object.prototype);
}

/**
 * Returns `value` when it is a valid {@link NodeId}.
 *
 * @param name - the option that the value came from, for the error message
 * @throws {@link InvalidOptionError} naming the option, the value and the remedy
 */
export function checkNodeId(name: string, value: unknown): NodeId {
  if (isNodeId(value)) return value;
  const allowed = '1 to 128 printable ASCII characters without spaces, and no name that every object has';
  throw new InvalidOptionError(name, value, allowed);
}
