import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { PortTransport } from '../../examples/custom-transport/port-transport.js';
import { transportCases, type TransportNetwork } from '../../src/testing/index.js';
import { runCases } from '../testing/conformance/run-cases.js';

/** All in one thread: a port does not know where its other end is. */
function network(): TransportNetwork {
  const open: PortTransport[] = [];
  return {
    open(id) {
      const transport = new PortTransport(id);
      for (const other of open) {
        if (other.id === id) continue;
        const { port1, port2 } = new MessageChannel();
        other.connect(id, port1);
        transport.connect(other.id, port2);
      }
      const close = transport.close.bind(transport);
      transport.close = () => (open.splice(0, open.length, ...open.filter((one) => one !== transport)), close());
      open.push(transport);
      return transport;
    },
  };
}

describe('a transport over message ports', () => {
  runCases(
    transportCases(
      { network },
      {
        ordered: true,
        loss: false,
        duplicates: false,
        notices: true,
        addresses: false,
        copies: true,
        checksValues: false, // ports carry more than messages may hold
        queuedMessages: 1024,
        reopens: true,
      },
    ),
  );
});

describe('the example of a transport of one’s own', () => {
  it('stores values on three servers, reads them back, and ends by itself', () => {
    const main = resolve('examples/custom-transport/main.ts');
    const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
    const output = execFileSync(process.execPath, ['--import', 'tsx', main], { env, encoding: 'utf8' });
    expect(output).toBe('stored 20 values on a, b, c, each in a thread of its own\nread back 20 of 20\n');
  });
});
