import {
  checkNumber,
  formatAddress,
  InvalidOptionError,
  parseAddress,
  QuorateError,
  type HostPort,
} from '../../core/index.js';

/** Returns an address in its one text form. @throws InvalidOptionError naming `option` */
export function checkAddress(option: string, address: unknown): string {
  const { host, port } = parseAddress(option, address);
  return formatAddress(host, port);
}

/**
 * Checks where to listen.
 *
 * @param allowed - what the option may be, for whoever gave something else
 * @throws InvalidOptionError
 */
export function checkListen(listen: unknown, allowed: string): HostPort {
  if (typeof listen !== 'object' || listen === null) throw new InvalidOptionError('listen', listen, allowed);
  const { host, port } = listen as Partial<HostPort>;
  if (typeof host !== 'string' || host === '') {
    throw new InvalidOptionError('listen.host', host, 'a host name or an IP address, without brackets');
  }
  return { host, port: checkNumber('listen.port', port, { min: 0, max: 65_535 }) };
}

/** Why nothing can listen there, from the error of the system. Code `address-in-use` or `address-unavailable`. */
export function listenError(cause: unknown, { host, port }: HostPort): QuorateError {
  const { code, message } = cause as { readonly code?: string; readonly message: string };
  const where = formatAddress(host, port);
  if (code === 'EADDRINUSE') {
    const remedy = 'stop the program that listens there, or choose another port (0 takes a free one)';
    return new QuorateError('address-in-use', `${where} is in use; ${remedy}`, { cause });
  }
  const remedy = 'choose an address of this machine, and a port that it may use';
  return new QuorateError('address-unavailable', `cannot listen on ${where}: ${message}; ${remedy}`, { cause });
}
