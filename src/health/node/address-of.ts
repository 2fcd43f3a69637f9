import { parseAddress, type HostPort } from '../../core/index.js';

/** Where a node listens that is named by it: `10.0.0.1:80` or `[::1]:80`. @throws InvalidOptionError */
export function addressOf(node: string): HostPort {
  return parseAddress('node', node);
}
