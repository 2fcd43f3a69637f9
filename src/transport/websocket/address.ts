import { InvalidOptionError } from '../../core/index.js';

/**
 * Returns the address of a WebSocket in its one text form.
 *
 * @throws InvalidOptionError naming `option`
 */
export function checkUrl(option: string, address: unknown): string {
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : null;
  if (url !== null && /^wss?:$/.test(url.protocol) && url.hash === '' && url.username === '') return url.href;
  throw new InvalidOptionError(option, address, 'a URL of the form ws://host:port/path or wss://host:port/path');
}
