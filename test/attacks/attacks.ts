import type { TransportName } from './attacked-transport.js';
import { frameAttacks } from './frame-attacks.js';
import type { Attack } from './tactics.js';
import { tlsAttacks } from './tls-attacks.js';
import { webSocketAttacks } from './websocket-attacks.js';

const OWN: Readonly<Record<TransportName, Readonly<Record<string, Attack>>>> = {
  tcp: {},
  tls: tlsAttacks,
  websocket: webSocketAttacks,
};

/** All that is done to a server over that transport, each by its name. */
export function attacksOn(transport: TransportName): Readonly<Record<string, Attack>> {
  return { ...frameAttacks, ...OWN[transport] };
}
