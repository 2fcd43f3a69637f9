import { InvalidOptionError } from '../../core/index.js';

/** Where something listens. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Reads `10.0.0.1:80`, `name:80` or `[::1]:80`. @throws InvalidOptionError */
export function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port >= 1 && port <= 65_535))
    throw new InvalidOptionError(
      'node',
      text,
      'host:port, such as 10.0.0.1:80 or [::1]:80; or give the option address',
    );
  return { host, port };
}
