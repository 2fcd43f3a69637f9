import { describe } from 'vitest';
import { messagePackCodec } from '../../../src/codec/index.js';
import { transportCases, type TransportSupports } from '../../../src/testing/index.js';
import { MemoryNetwork } from '../../../src/transport/memory.js';
import { openTcpTransport } from '../../../src/transport/tcp.js';
import { memorySupports } from './memory-supports.js';
import { runCases } from './run-cases.js';

const encodingSupports: TransportSupports = { ...memorySupports, copies: true, checksValues: true };

function memoryNetwork(codec: boolean): { open: MemoryNetwork['transport'] } {
  const network = new MemoryNetwork({ maxQueuedMessages: 300, ...(codec ? { codec: messagePackCodec() } : {}) });
  return { open: (id) => network.transport(id) };
}

describe('the memory transport', () => {
  runCases(transportCases({ network: () => memoryNetwork(false) }, memorySupports));
});

describe('the memory transport with a codec', () => {
  runCases(transportCases({ network: () => memoryNetwork(true) }, encodingSupports));
});

describe('the TCP transport', () => {
  const limits = { maxFrameBytes: 2 << 20, maxQueuedBytes: 4 << 20, reconnectMinMs: 5 };
  const listen = { host: '127.0.0.1', port: 0 };
  const setup = {
    network: () => ({ open: (id: string) => openTcpTransport({ id, cluster: 'test', listen, ...limits }) }),
  };
  runCases(transportCases(setup, { ...encodingSupports, addresses: true, queuedMessages: 64 }));
});
