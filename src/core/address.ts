import { InvalidOptionError } from './errors.js';

/** Where something listens, or is dialed. */
export interface HostPort {
  /** A host name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

const FORM = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:[\]/]+)):(\d{1,5})$/;

/**
 * Parses `host:port`, with an IPv6 host in brackets.
 *
 * @throws InvalidOptionError naming `option`
 */
export function parseAddress(option: string, address: unknown): HostPort {
  const match = typeof address === 'string' ? FORM.exec(address) : null;
  const port = Number(match?.[3] ?? 0);
  if (match === null || port < 1 || port > 65_535) {
    throw new InvalidOptionError(
      option,
      address,
      'host:port with a port from 1 to 65535, and an IPv6 host in brackets',
    );
  }
  return { host: (match[1] ?? match[2])!, port };
}

/** The text form of an address: `host:port`, with an IPv6 host in brackets. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
