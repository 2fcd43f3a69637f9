import { describe } from 'vitest';
import { transportCases, type TransportSupports } from '../../src/testing/index.js';
import { memorySupports } from '../testing/conformance/memory-supports.js';
import { runCases } from '../testing/conformance/run-cases.js';
import { Authority } from './certificates.js';
import { LOOPBACK, type StreamKind, tcp, tls } from './stream-bench.js';
import { platformWebSockets, ws, wss } from './websocket-kinds.js';

const supports: TransportSupports = {
  ...memorySupports,
  addresses: true,
  copies: true,
  checksValues: true,
  queuedMessages: 64,
};
const limits = { maxFrameBytes: 2 << 20, maxQueuedBytes: 4 << 20, reconnectMinMs: 5 };

function conformance(name: string, kind: StreamKind, secret?: string): void {
  const common = { cluster: 'test', listen: LOOPBACK, ...limits, ...(secret === undefined ? {} : { secret }) };
  describe(name, () => {
    runCases(transportCases({ network: () => ({ open: (id) => kind.open({ id, ...common }) }) }, supports));
  });
}

const authority = await Authority.create('an authority');
const secret = 'a secret of twenty-seven bytes';

conformance('TCP with TLS', tls(authority));
conformance('TCP with a secret', tcp, secret);
conformance('WebSocket', ws());
conformance('WebSocket with TLS and a secret', wss(authority), secret);
for (const [name, constructor] of platformWebSockets) {
  conformance(`WebSocket, dialed by one ${name}`, ws(constructor));
}
